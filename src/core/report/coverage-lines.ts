/** A profile file line by line, with the coverage of the rules that begin there. Pure. */
import type { CoverageState, KnownCoverage, RuleCoverage } from '../model/model.ts';

/** A line of a profile file. */
export interface CoverageLine {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
  /** The rules that begin in this line. */
  readonly rules: readonly RuleCoverage[];
}

/** What a line with several rules shows: what is left to do comes first. */
const PRECEDENCE: readonly CoverageState[] = ['unhit', 'hit', 'untestable', 'shadowed'];

/** All lines of the profile's own file. */
export function linesOf({ file, source, rules }: KnownCoverage): readonly CoverageLine[] {
  const own = rules.filter((rule) => rule.file === file);
  const byLine = groupBy(own, ({ line }) => line);
  const texts = source.replace(/\n$/, '').split('\n');

  return texts.map((text, index) => ({
    line: index + 1,
    text: text.replace(/\r$/, ''),
    rules: byLine.get(index + 1) ?? [],
  }));
}

/** The rules that come from included files, by file. */
export function includedOf({ file, rules }: KnownCoverage): ReadonlyMap<string, readonly RuleCoverage[]> {
  return groupBy(
    rules.filter((rule) => rule.file !== file),
    (rule) => rule.file,
  );
}

/** The state that a line shows for all its rules. */
export function stateOfLine(rules: readonly RuleCoverage[]): CoverageState {
  return PRECEDENCE.find((state) => rules.some((rule) => rule.state === state)) ?? 'unhit';
}

/** Map.groupBy, which Node 20 lacks. */
function groupBy<K>(
  rules: readonly RuleCoverage[],
  keyOf: (rule: RuleCoverage) => K,
): ReadonlyMap<K, readonly RuleCoverage[]> {
  const groups = new Map<K, RuleCoverage[]>();
  for (const rule of rules) groups.set(keyOf(rule), [...(groups.get(keyOf(rule)) ?? []), rule]);
  return groups;
}
