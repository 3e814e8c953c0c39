/** Which groups of guest tests `npm test` runs, and where. A group is a file of test/guest, by its name. */
import type { LabSuite } from '#adapters/lab/index.ts';

/** Groups of tests for one guest. */
export interface Job {
  readonly suite: LabSuite;
  readonly groups: readonly string[];
}

/** Trixie in full, bookworm briefly, whose records look different. The longest come first. */
export const JOBS: readonly Job[] = [
  { suite: 'bookworm', groups: ['gate', 'classes'] }, // first: its guest may have to be built
  { suite: 'trixie', groups: ['mutate', 'init'] },
  { suite: 'trixie', groups: ['operations', 'peers', 'modes'] },
  { suite: 'trixie', groups: ['switch', 'chains', 'asked'] },
  { suite: 'trixie', groups: ['hints', 'gate-revisions'] },
  { suite: 'trixie', groups: ['truth', 'coverage', 'commands'] },
  { suite: 'trixie', groups: ['records', 'matcher', 'diff', 'diff-property'] },
  { suite: 'trixie', groups: ['container', 'profile', 'classes'] },
  { suite: 'trixie', groups: ['weaken', 'gate', 'hostile'] },
  { suite: 'trixie', groups: ['errors', 'action', 'restore'] },
  { suite: 'trixie', groups: ['sources', 'labels', 'trust', 'closed'] },
];

/** Too long for every run: `npm run test:mutation`, `npm run test:thousands`. */
export const RUN_BY_THEMSELVES: readonly string[] = ['mutation', 'thousands'];
