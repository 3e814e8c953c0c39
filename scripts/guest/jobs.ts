/** Which groups of guest tests `npm test` runs, and where. A group is a file of test/guest, by its name. */
import type { LabSuite } from '#adapters/lab/index.ts';

/** Groups of tests for one guest. */
export interface Job {
  readonly suite: LabSuite;
  readonly groups: readonly string[];
}

/**
 * Trixie in full, bookworm briefly, whose records look different. The longest come first, so that all guests end at
 * about the same time; each begins with the name that its lines have.
 */
export const JOBS: readonly Job[] = [
  { suite: 'trixie', groups: ['errors', 'action', 'restore'] },
  { suite: 'trixie', groups: ['mutate', 'init'] },
  { suite: 'bookworm', groups: ['gate', 'classes'] }, // by then its guest has been built
  { suite: 'trixie', groups: ['sources', 'labels', 'trust'] },
  { suite: 'trixie', groups: ['truth', 'coverage', 'commands'] },
  { suite: 'trixie', groups: ['switch', 'chains', 'asked'] },
  { suite: 'trixie', groups: ['operations', 'peers', 'modes'] },
  { suite: 'trixie', groups: ['container', 'profile', 'classes'] },
  { suite: 'trixie', groups: ['weaken', 'gate', 'hostile'] },
  { suite: 'trixie', groups: ['closed', 'closed-file', 'hints'] },
  { suite: 'trixie', groups: ['additions'] },
  { suite: 'trixie', groups: ['records', 'matcher', 'diff', 'diff-property', 'gate-revisions'] },
];

/** Too long for every run: `npm run test:mutation`, `npm run test:thousands`. */
export const RUN_BY_THEMSELVES: readonly string[] = ['mutation', 'thousands'];
