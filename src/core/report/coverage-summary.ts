/** Rule coverage as figures: per profile, with the suites joined that test the same file. Pure. */
import { EXIT, type ExitCode } from '../model/errors.ts';
import type { Coverage, CoverageState, KnownCoverage, Ledger, RuleCoverage } from '../model/model.ts';
import { grouped } from '../text/visible.ts';

/** How many rules are in each state. `testable` are those that are hit or unhit. */
export interface CoverageCounts extends Readonly<Record<CoverageState, number>> {
  readonly testable: number;
  /** Of the testable ones, those hit, rounded down to a tenth: 100 is all of them. Undefined when none is testable. */
  readonly percent?: number;
}

/** A profile with all that the suites of a run did with its rules. */
export interface ProfileCoverage {
  readonly profile: string;
  readonly file: string;
  /** Rules of the profile's own file; those of included files apart. */
  readonly own: CoverageCounts;
  readonly included: CoverageCounts;
}

/** Of two suites' words on one rule the one that says more: what one can test is testable. */
const RANK: readonly CoverageState[] = ['hit', 'unhit', 'untestable', 'shadowed'];

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
  return [...files.values()].map((one) => ({ ...one, rules: [...one.rules.values()] }));
}

/** Every profile whose rules the run knows, in order. */
export function profileCoverages(ledger: Ledger): readonly ProfileCoverage[] {
  return fileCoverages(ledger).flatMap(({ file, rules }) =>
    [...new Set(rules.map(({ profile }) => profile))].map((profile) => {
      const its = rules.filter((rule) => rule.profile === profile);
      return {
        profile,
        file,
        own: countRules(its.filter(({ included }) => !included)),
        included: countRules(its.filter(({ included }) => included)),
      };
    }),
  );
}

/** The rules of a file at the lines where they begin: one row a line of its text. */
export function listingOf({ file, source, rules }: KnownCoverage): readonly {
  readonly line: number;
  readonly text: string;
  readonly rules: readonly RuleCoverage[];
}[] {
  const byLine = groups(
    rules.filter((rule) => rule.file === file),
    ({ line }) => line,
  );
  return source
    .replace(/\n$/, '')
    .split('\n')
    .map((text, index) => ({ line: index + 1, text: text.replace(/\r$/, ''), rules: byLine.get(index + 1) ?? [] }));
}

/** The rules that come from included files, by file. */
export function includedOf({ file, rules }: KnownCoverage): ReadonlyMap<string, readonly RuleCoverage[]> {
  return groups(
    rules.filter((rule) => rule.file !== file),
    (rule) => rule.file,
  );
}

/** Map.groupBy, which Node 20 lacks. */
function groups<K>(
  rules: readonly RuleCoverage[],
  key: (rule: RuleCoverage) => K,
): ReadonlyMap<K, readonly RuleCoverage[]> {
  const found = new Map<K, RuleCoverage[]>();
  for (const rule of rules) found.set(key(rule), [...(found.get(key(rule)) ?? []), rule]);
  return found;
}

/** What stands behind a rule: the probes that hit it, the rule that decides in its place, the reason. Foreign text. */
export function afterText({ state, probes, shadowedBy, reason }: RuleCoverage, nameOf: (id: string) => string): string {
  switch (state) {
    case 'hit':
      return probes.map(nameOf).join('; ');
    case 'unhit':
      return 'no probe hits it';
    case 'shadowed':
      return (shadowedBy ?? []).length === 0
        ? 'never decides: no name that can be asked for matches it'
        : `never decides: ${(shadowedBy ?? []).join('; ')} ${(shadowedBy ?? []).length > 1 ? 'do' : 'does'}`;
    case 'untestable':
      return `not testable here: ${reason ?? 'the reason is unknown'}`;
  }
}

/** The names of all probes of a run by their ids. */
export function probeNames(ledger: Ledger): (id: string) => string {
  const names = new Map(ledger.suites.flatMap(({ entries }) => entries.map(({ probe }) => [probe.id, probe.name])));
  return (id) => names.get(id) ?? id;
}

/** Whether it says which rules were hit. */
export function isKnown(coverage: Coverage | undefined): coverage is KnownCoverage {
  return coverage !== undefined && 'rules' in coverage;
}

function joined(one: RuleCoverage | undefined, other: RuleCoverage): RuleCoverage {
  if (one === undefined) return other;
  const best = RANK.indexOf(other.state) < RANK.indexOf(one.state) ? other : one;
  return { ...best, probes: [...new Set([...one.probes, ...other.probes])] };
}

/** Counts rules by state. */
export function countRules(rules: readonly RuleCoverage[]): CoverageCounts {
  const counts = { hit: 0, unhit: 0, shadowed: 0, untestable: 0 };
  for (const { state } of rules) counts[Object.hasOwn(counts, state) ? state : 'unhit'] += 1;
  const testable = counts.hit + counts.unhit;
  return {
    ...counts,
    testable,
    ...(testable === 0 ? {} : { percent: Math.floor((counts.hit * 1000) / testable) / 10 }),
  };
}

/** `24 of 27 testable rules hit (88.8 %), 3 unhit, 2 shadowed`. */
export function countsText({ hit, unhit, shadowed, untestable, testable, percent }: CoverageCounts): string {
  const more = (
    [
      [unhit, 'unhit'],
      [shadowed, 'shadowed'],
      [untestable, 'untestable'],
    ] as const
  )
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${grouped(count)} ${word}`);
  const first =
    percent === undefined
      ? 'no testable rule'
      : `${grouped(hit)} of ${grouped(testable)} testable ${testable === 1 ? 'rule' : 'rules'} hit (${percent} %)`;
  return [first, ...more].join(', ');
}

/** What keeps a run from the coverage that was asked for: a reason for each profile that lacks it, or whose rules are not known. */
export function coverageGaps(
  ledger: Ledger,
): { readonly suite?: number; readonly exit: ExitCode; readonly message: string }[] {
  const { minCoverage } = ledger.options;
  if (minCoverage === undefined) return [];
  const short = profileCoverages(ledger)
    .filter(({ own }) => own.hit * 100 < minCoverage * own.testable)
    .map(({ profile, own }) => ({
      exit: EXIT.failed,
      message: `Too few rules of profile ${JSON.stringify(profile)} are covered: ${countsText(own)}; ${minCoverage} % were asked for.`,
    }));
  const unknown = ledger.suites.flatMap(({ coverage }, suite) =>
    isKnown(coverage)
      ? []
      : [
          {
            suite,
            exit: EXIT.undecided,
            message: `Its coverage is not known, but ${minCoverage} % were asked for: ${coverage?.unknown ?? 'the suite was not prepared.'}`,
          },
        ],
  );
  return [...short, ...unknown];
}
