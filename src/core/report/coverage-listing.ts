/** The profile on a terminal, with a mark at each rule and the probes behind it. Pure. */
import type { CoverageState, Ledger, RuleCoverage } from '../model/model.ts';
import {
  afterText,
  countRules,
  countsText,
  fileCoverages,
  includedOf,
  listingOf,
  probeNames,
} from './coverage-summary.ts';
import { painter, type Painter, type Style } from '../text/color.ts';
import type { TerminalOptions } from './terminal-report.ts';
import { oneLine, relativeTo } from '../text/visible.ts';

const WIDTH = 400;

/** How a state shows, on a terminal and in the HTML report. */
export const STATE_MARK: Readonly<Record<CoverageState, readonly [mark: string, style: Style]>> = {
  hit: ['✓', 'green'],
  unhit: ['✗', 'red'],
  shadowed: ['≡', 'yellow'],
  untestable: ['-', 'dim'],
};

/** Every profile file that the run read, line by line; the rules of included files behind it. */
export function coverageListing(ledger: Ledger, { color, root }: TerminalOptions): readonly string[] {
  const paint = painter(color);
  const nameOf = probeNames(ledger);
  const lines: string[] = [];
  for (const coverage of fileCoverages(ledger)) {
    lines.push('', `▸ ${paint(oneLine(relativeTo(root, coverage.file), WIDTH), 'bold')}`);
    for (const { line, text, rules } of listingOf(coverage)) {
      const [first] = rules;
      const gutter = `${first === undefined ? ' ' : marked(worst(rules), paint)} ${paint(String(line).padStart(5), 'dim')}`;
      lines.push(
        `  ${gutter}  ${shown(text)}`,
        ...rules.flatMap((rule) => behind(rule, rules.length > 1, paint, nameOf)),
      );
    }
    for (const [file, rules] of includedOf(coverage)) {
      lines.push(
        '',
        `  ${paint(oneLine(relativeTo(root, file), WIDTH), 'bold')}, included: ${countsText(countRules(rules))}`,
      );
      for (const rule of rules)
        lines.push(
          `  ${marked(rule.state, paint)} ${paint(String(rule.line).padStart(5), 'dim')}  ${shown(rule.text)}`,
          ...behind(rule, false, paint, nameOf),
        );
    }
  }
  for (const { title, coverage } of ledger.suites)
    if (coverage !== undefined && 'unknown' in coverage)
      lines.push('', `  the coverage of ${oneLine(title, 100)} is not known: ${oneLine(coverage.unknown, WIDTH)}`);
  return lines;
}

const ORDER: readonly CoverageState[] = ['unhit', 'hit', 'untestable', 'shadowed'];

/** The state that a line shows for all its rules: what is left to do comes first. */
export function worst(rules: readonly RuleCoverage[]): CoverageState {
  return ORDER.find((state) => rules.some((rule) => rule.state === state)) ?? 'unhit';
}

function marked(state: CoverageState, paint: Painter): string {
  const [mark, style] = Object.hasOwn(STATE_MARK, state) ? STATE_MARK[state] : STATE_MARK.unhit;
  return paint(mark, style);
}

function shown(text: string): string {
  return oneLine(text.replaceAll('\t', '    '), WIDTH);
}

/** With its own text where a line holds several rules. The mark says enough of one that no probe hits. */
function behind(
  rule: RuleCoverage,
  several: boolean,
  paint: Painter,
  nameOf: (id: string) => string,
): readonly string[] {
  if (rule.state === 'unhit' && !several) return [];
  const what = several ? `${rule.text}: ` : '';
  return [
    paint(
      `            ${several ? `${marked(rule.state, (text) => text)} ` : ''}${oneLine(what + afterText(rule, nameOf), WIDTH)}`,
      'dim',
    ),
  ];
}
