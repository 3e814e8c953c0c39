/** The words for rule coverage, the same in all reports. Pure. */
import type { CoverageCounts } from '../coverage/coverage-counts.ts';
import type { CoverageState, Ledger, RuleCoverage } from '../model/model.ts';
import type { Style } from '../text/color.ts';
import { grouped } from '../text/visible.ts';
import { closedTitle } from './closed-rows.ts';

/** How a state shows, on a terminal and in the HTML report. */
export const STATE_MARK: Readonly<Record<CoverageState, readonly [mark: string, style: Style]>> = {
  hit: ['✓', 'green'],
  unhit: ['✗', 'red'],
  shadowed: ['≡', 'yellow'],
  untestable: ['-', 'dim'],
};

/** How a state reads. */
export const STATE_WORD: Readonly<Record<CoverageState, string>> = {
  hit: 'covered',
  unhit: 'not covered',
  shadowed: 'shadowed',
  untestable: 'untestable',
};

/** `24 of 27 testable rules covered (88.8 %), 3 not covered, 2 shadowed`. */
export function countsText(counts: CoverageCounts): string {
  const others = (['unhit', 'shadowed', 'untestable'] as const)
    .filter((state) => counts[state] > 0)
    .map((state) => `${grouped(counts[state])} ${STATE_WORD[state]}`);
  return [coveredText(counts), ...others].join(', ');
}

function coveredText({ hit, testable, percent }: CoverageCounts): string {
  if (percent === undefined) return 'no testable rule';
  const rules = testable === 1 ? 'rule' : 'rules';
  return `${grouped(hit)} of ${grouped(testable)} testable ${rules} covered (${percent} %)`;
}

/**
 * Why a rule is in its state: the probes that cover it, the rules that decide in its place, or the reason.
 * @param nameOf the name of a probe by its id
 * @returns foreign text
 */
export function explanationOf(rule: RuleCoverage, nameOf: (id: string) => string): string {
  switch (rule.state) {
    case 'hit':
      return [...new Set(rule.probes.map(nameOf))].join('; ');
    case 'unhit':
      return 'no probe covers it';
    case 'shadowed':
      return shadowedText(rule.shadowedBy ?? []);
    case 'untestable':
      return `not testable here: ${rule.reason ?? 'the reason is unknown'}`;
  }
}

function shadowedText(shadowedBy: readonly string[]): string {
  if (shadowedBy.length === 0) return 'has no effect: no possible name matches it';
  const verb = shadowedBy.length === 1 ? 'decides' : 'decide';
  return `never decides: ${shadowedBy.join('; ')} ${verb} instead`;
}

/** The names of all probes of a run by their ids; of attempts of a closed class, the class. */
export function probeNames(ledger: Ledger): (id: string) => string {
  const named = ledger.suites.flatMap(({ entries, closed = [] }) => [
    ...entries.map(({ probe: { id, name } }) => [id, name] as const),
    ...closed.flatMap((result) => result.entries.map(({ probe: { id } }) => [id, closedTitle(result)] as const)),
  ]);
  const names = new Map(named);
  return (id) => names.get(id) ?? id;
}
