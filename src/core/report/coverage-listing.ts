/** The profile on a terminal, with a mark at each rule and the probes that cover it. Pure. */
import { countRules, fileCoverages, unknownCoverages } from '../coverage/coverage-counts.ts';
import type { CoverageState, KnownCoverage, Ledger, RuleCoverage } from '../model/model.ts';
import { painter, type Painter } from '../text/color.ts';
import { oneLine, relativeTo } from '../text/visible.ts';
import { includedOf, linesOf, stateOfLine, type CoverageLine } from './coverage-lines.ts';
import { countsText, explanationOf, probeNames, STATE_MARK } from './coverage-wording.ts';
import type { TerminalOptions } from './terminal-report.ts';

/** Longest line of a profile, file name or reason. */
const WIDTH = 400;
const TITLE_WIDTH = 100;
const NUMBER_WIDTH = 5;
const EXPLANATION_INDENT = ' '.repeat(12);

/** What all lines of a listing need. */
interface Listing {
  readonly paint: Painter;
  readonly root?: string;
  /** The name of a probe by its id. */
  readonly nameOf: (id: string) => string;
}

/** Every profile file that the run read, line by line, and after each the rules of the files that it includes. */
export function coverageListing(ledger: Ledger, { color, ...options }: TerminalOptions): readonly string[] {
  const listing: Listing = { ...options, paint: painter(color), nameOf: probeNames(ledger) };
  return [
    ...fileCoverages(ledger).flatMap((coverage) => fileLines(coverage, listing)),
    ...unknownCoverages(ledger).flatMap(({ title, reason }) => [
      '',
      `  the coverage of ${oneLine(title, TITLE_WIDTH)} is not known: ${oneLine(reason, WIDTH)}`,
    ]),
  ];
}

function fileLines(coverage: KnownCoverage, listing: Listing): readonly string[] {
  return [
    '',
    `▸ ${fileName(coverage.file, listing)}`,
    ...linesOf(coverage).flatMap((line) => sourceLines(line, listing)),
    ...[...includedOf(coverage)].flatMap(([file, rules]) => includedLines(file, rules, listing)),
  ];
}

function sourceLines({ line, text, rules }: CoverageLine, listing: Listing): readonly string[] {
  const { paint } = listing;
  const mark = rules.length === 0 ? ' ' : markOf(stateOfLine(rules), paint);
  return [
    `  ${mark} ${lineNumber(line, paint)}  ${shown(text)}`,
    ...rules.flatMap((rule) => explanationLines(rule, rules.length > 1, listing)),
  ];
}

function includedLines(file: string, rules: readonly RuleCoverage[], listing: Listing): readonly string[] {
  const { paint } = listing;
  return [
    '',
    `  ${fileName(file, listing)}, included: ${countsText(countRules(rules))}`,
    ...rules.flatMap((rule) => [
      `  ${markOf(rule.state, paint)} ${lineNumber(rule.line, paint)}  ${shown(rule.text)}`,
      ...explanationLines(rule, false, listing),
    ]),
  ];
}

/** @param ofSeveral the line holds other rules as well: then the rule's mark and text tell which one is meant. */
function explanationLines(rule: RuleCoverage, ofSeveral: boolean, { paint, nameOf }: Listing): readonly string[] {
  const explanation = explanationOf(rule, nameOf);
  // a rule alone in its line that no probe covers: its mark says enough
  if (rule.state === 'unhit' && !ofSeveral) return [];
  if (!ofSeveral) return [paint(`${EXPLANATION_INDENT}${oneLine(explanation, WIDTH)}`, 'dim')];

  const mark = markOf(rule.state, (text) => text);
  const text = oneLine(`${rule.text}: ${explanation}`, WIDTH);
  return [paint(`${EXPLANATION_INDENT}${mark} ${text}`, 'dim')];
}

function fileName(file: string, { paint, root }: Listing): string {
  return paint(oneLine(relativeTo(root, file), WIDTH), 'bold');
}

function lineNumber(line: number, paint: Painter): string {
  return paint(`${line}`.padStart(NUMBER_WIDTH), 'dim');
}

function markOf(state: CoverageState, paint: Painter): string {
  const [mark, style] = Object.hasOwn(STATE_MARK, state) ? STATE_MARK[state] : STATE_MARK.unhit;
  return paint(mark, style);
}

function shown(text: string): string {
  return oneLine(text.replaceAll('\t', '    '), WIDTH);
}
