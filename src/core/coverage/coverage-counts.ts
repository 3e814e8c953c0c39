/** Rule coverage as figures: per profile, with the suites joined that test the same file. Pure. */
import type { Coverage, CoverageState, KnownCoverage, Ledger, RuleCoverage } from '../model/model.ts';
import { defined } from '../model/optional.ts';

/** How many rules are in each state. `testable` are those that are covered or could be. */
export interface CoverageCounts extends Readonly<Record<CoverageState, number>> {
  readonly testable: number;
  /** Of the testable ones, those covered, rounded down to a tenth: 100 is all. Undefined when none is testable. */
  readonly percent?: number;
}

/** What all suites of a run covered of a profile. */
export interface ProfileCoverage {
  readonly profile: string;
  readonly file: string;
  /** Rules of the profile's own file. */
  readonly own: CoverageCounts;
  /** Rules of the files that it includes. */
  readonly included: CoverageCounts;
}

/** Why the rule coverage of a suite is not known. */
interface UnknownCoverage {
  /** Title of the suite. */
  readonly title: string;
  readonly reason: string;
}

/** Where two suites differ about a rule, the state that comes first here counts: what one can test is testable. */
const PRECEDENCE: readonly CoverageState[] = ['hit', 'unhit', 'untestable', 'shadowed'];

/** Whether it shows which rules were covered. */
export function isKnown(coverage: Coverage | undefined): coverage is KnownCoverage {
  return coverage !== undefined && 'rules' in coverage;
}

/** The suites that were prepared, but whose rule coverage is not known, in order. */
export function unknownCoverages(ledger: Ledger): readonly UnknownCoverage[] {
  return ledger.suites.flatMap(({ title, coverage }) =>
    coverage === undefined || isKnown(coverage) ? [] : [{ title, reason: coverage.unknown }],
  );
}

/** Every profile file whose rules the run knows, in order; suites with the same file and text are joined. */
export function fileCoverages(ledger: Ledger): readonly KnownCoverage[] {
  const files = new Map<string, { file: string; source: string; rules: Map<string, RuleCoverage> }>();

  for (const { coverage } of ledger.suites) {
    if (!isKnown(coverage)) continue;
    const { file, source } = coverage;
    const key = `${file}\0${source}`;
    const { rules } = files.get(key) ?? { rules: new Map<string, RuleCoverage>() };
    for (const rule of coverage.rules) rules.set(rule.id, joined(rules.get(rule.id), rule));
    files.set(key, { file, source, rules });
  }

  return [...files.values()].map(({ file, source, rules }) => ({ file, source, rules: [...rules.values()] }));
}

function joined(before: RuleCoverage | undefined, next: RuleCoverage): RuleCoverage {
  if (before === undefined) return next;
  const best = PRECEDENCE.indexOf(next.state) < PRECEDENCE.indexOf(before.state) ? next : before;
  return { ...best, probes: [...new Set([...before.probes, ...next.probes])] };
}

/** Every profile whose rules the run knows, in order. */
export function profileCoverages(ledger: Ledger): readonly ProfileCoverage[] {
  return fileCoverages(ledger).flatMap(({ file, rules }) => {
    const profiles = [...new Set(rules.map(({ profile }) => profile))];
    return profiles.map((profile) => {
      const ofProfile = rules.filter((rule) => rule.profile === profile);
      return {
        profile,
        file,
        own: countRules(ofProfile.filter(({ included }) => !included)),
        included: countRules(ofProfile.filter(({ included }) => included)),
      };
    });
  });
}

/** Counts rules by state. A state that is not known counts as not covered. */
export function countRules(rules: readonly RuleCoverage[]): CoverageCounts {
  const counts = { hit: 0, unhit: 0, shadowed: 0, untestable: 0 };
  for (const { state } of rules) counts[Object.hasOwn(counts, state) ? state : 'unhit'] += 1;

  const testable = counts.hit + counts.unhit;
  const percent = testable === 0 ? undefined : Math.floor((counts.hit * 1000) / testable) / 10;
  return defined({ ...counts, testable, percent });
}

/** Whether there is any rule in any state. */
export function hasRules({ testable, shadowed, untestable }: CoverageCounts): boolean {
  return testable + shadowed + untestable > 0;
}
