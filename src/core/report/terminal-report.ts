/**
 * The run on a terminal: two lines for a pass, all that is known of the rest. Pure.
 *
 * Whether there is colour is the caller's decision.
 */
import { hasRules, profileCoverages, type ProfileCoverage } from '../coverage/coverage-counts.ts';
import type { Captured, ClosedResult, Entry, Fault, Ledger, Suite, VerdictKind } from '../model/model.ts';
import { painter, type Painter, type Style } from '../text/color.ts';
import { counted, grouped, head, oneLine, relativeTo, visibleLines } from '../text/visible.ts';
import { notableEntries, tallyOf } from '../verdict/closed-class.ts';
import { closedEffortText, closedText, closedTitle, openClassesText, unknownClassesText } from './closed-rows.ts';
import { countsText } from './coverage-wording.ts';
import {
  closedCountsText,
  countsOf,
  exitCode,
  isNotStarted,
  meaningOf,
  notStartedText,
  runOutcome,
  shortfallsOf,
  suiteOf,
  type RunOutcome,
} from './summary.ts';
import {
  actionText,
  durationText,
  factsOf,
  faultText,
  labelProofText,
  layersText,
  observationText,
  placeText,
  recordText,
  sizeText,
  underText,
  type Fact,
} from './describe-entry.ts';

export interface TerminalOptions {
  readonly color: boolean;
  /** Folder that file names are relative to. */
  readonly root?: string;
}

/** Longest name or fact; terminals wrap what is wider than they are. */
const WIDTH = 400;
const TITLE_WIDTH = 100;
const OUTPUT_WIDTH = 200;
const LABEL_WIDTH = 9;

/** The most that is shown of one probe or fault. */
const MOST = {
  members: 20,
  records: 5,
  notes: 5,
  notesOfPass: 3,
  outputLines: 8,
  outputBytes: 4096,
  faultLines: 20,
} as const;

const MARK: Readonly<Record<VerdictKind, readonly [mark: string, style: Style]>> = {
  pass: ['✓', 'green'],
  fail: ['✗', 'red'],
  vacuous: ['∅', 'yellow'],
  inconclusive: ['?', 'yellow'],
  skipped: ['-', 'dim'],
};

const OUTCOME_STYLE: Readonly<Record<RunOutcome, Style>> = {
  green: 'green',
  red: 'red',
  undecided: 'yellow',
  error: 'red',
};

/** Facts that an entry shows in other places, or more fully. */
const SHOWN_APART = ['probe', 'verdict', 'note', 'hint'];

/** The suite's heading: what is tested, on what, and proof from the kernel that it is confined. */
export function suiteLines(suite: Suite, { color, root }: TerminalOptions): readonly string[] {
  const paint = painter(color);
  const title = paint(oneLine(suite.title, WIDTH), 'bold');
  const file = paint(oneLine(relativeTo(root, suite.file), WIDTH), 'dim');
  const proof = labelProofText(suite);
  return [
    '',
    `▸ ${title}  ${file}`,
    paint(`  ${underText(suite)}`, 'dim'),
    paint(`  ${layersText(suite)}`, 'dim'),
    ...(proof === undefined ? [] : [paint(`  ${proof}`, 'dim')]),
  ];
}

/** One probe: what was tried, what happened, what the kernel logged, what the control did, and what follows. */
export function entryLines(entry: Entry, options: TerminalOptions): readonly string[] {
  const paint = painter(options.color);
  const { kind } = entry.verdict;
  if (kind === 'pass') return passLines(entry, paint);
  if (kind === 'skipped') return [skippedLine(entry, paint)];
  return evidenceLines(entry, paint, options.root);
}

/** A closed class in one line, and its members that are not as they must be, as if they were probes of their own. */
export function closedLines(result: ClosedResult, options: TerminalOptions): readonly string[] {
  const paint = painter(options.color);
  const { kind } = tallyOf(result);
  const [mark, style] = MARK[kind];
  const title = paint(closedTitle(result), 'bold');
  const effort = paint(`(${closedEffortText(result)})`, 'dim');
  const notable = notableEntries(result);
  const rest = notable.length - MOST.members;
  return [
    `  ${paint(mark, style)} ${title}: ${oneLine(closedText(result), WIDTH * 2)} ${effort}`,
    ...notable.slice(0, MOST.members).flatMap((entry) => evidenceLines(entry, paint, options.root)),
    ...(rest > 0 ? [`      and ${counted(rest, 'more member')}: report.json has them`] : []),
  ];
}

function markOf({ verdict: { kind } }: Entry): readonly [mark: string, style: Style] {
  return Object.hasOwn(MARK, kind) ? MARK[kind] : MARK.inconclusive;
}

function nameOf({ probe }: Entry): string {
  return oneLine(probe.name, WIDTH);
}

function skippedLine(entry: Entry, paint: Painter): string {
  const [mark] = markOf(entry);
  return paint(`  ${mark} ${nameOf(entry)}: skipped, ${oneLine(entry.verdict.reason, WIDTH)}`, 'dim');
}

function passLines(entry: Entry, paint: Painter): readonly string[] {
  const notes = entry.verdict.notes.slice(0, MOST.notesOfPass);
  return [
    `  ${paint(...markOf(entry))} ${nameOf(entry)}`,
    paint(`      ${passText(entry)}`, 'dim'),
    ...(isNotStarted(entry.verdict) ? [`      ${paint(oneLine(entry.verdict.reason, WIDTH), 'yellow')}`] : []),
    ...notes.map((note) => paint(`      note: ${oneLine(note, WIDTH)}`, 'dim')),
  ];
}

/** The evidence for a pass in one line. */
function passText(entry: Entry): string {
  const { probe, observation, control, evidence } = entry;
  const [spoken] = evidence?.witnesses ?? [];
  const happened = observation === undefined ? 'no observation' : observationText(observation);
  const parts = [
    `tried ${actionText(probe.action, probe.user)}: ${happened}`,
    kernelText(entry),
    ...(spoken === undefined ? [] : [`in a second attempt under noquiet: ${recordText(spoken.record)}`]),
    ...(control === undefined ? [] : [`control: ${observationText(control)}`]),
  ];
  return oneLine(parts.join(' · '), WIDTH);
}

/** What the kernel says of it: the denial that the verdict rests on, or the first record. */
function kernelText({ verdict, witnesses }: Entry): string {
  const [witness] = witnesses;
  if (witness === undefined) return 'no record';
  const more = witnesses.length > 1 ? ` and ${grouped(witnesses.length - 1)} more` : '';
  const isNamed = verdict.code === 'denied' || verdict.code === 'denied-twice';
  const shown = isNamed ? verdict.reason.replace(/\.$/, '') : `kernel: ${recordText(witness.record)}`;
  return `${shown}${more}`;
}

function evidenceLines(entry: Entry, paint: Painter, root: string | undefined): readonly string[] {
  const { verdict, witnesses, observation } = entry;
  const [, style] = markOf(entry);
  const shown = factsOf(entry, root).filter(([label]) => !SHOWN_APART.includes(label));
  const notes = verdict.notes.slice(0, MOST.notes);
  const records = witnesses.slice(0, MOST.records);
  return [
    headingLine(entry, paint, root),
    ...shown.map((fact) => factLine(fact, paint)),
    factLine(['why', `${verdict.reason} [${verdict.code}]`], paint, style),
    ...notes.map((note) => factLine(['note', note], paint)),
    ...(verdict.hint === undefined ? [] : [factLine(['hint', verdict.hint], paint, 'cyan')]),
    ...records.map(({ record }) => factLine(['record', record.raw], paint)),
    ...outputLines('stdout', observation?.stdout, paint),
    ...outputLines('stderr', observation?.stderr, paint),
    '',
  ];
}

function headingLine(entry: Entry, paint: Painter, root: string | undefined): string {
  const [mark, style] = markOf(entry);
  const kind = paint(entry.verdict.kind.toUpperCase(), style, 'bold');
  const name = paint(nameOf(entry), 'bold');
  const place = paint(placeText(entry, root), 'dim');
  return `  ${paint(mark, style)} ${kind} ${name}  ${place}`;
}

function factLine([label, value]: Fact, paint: Painter, style?: Style): string {
  const text = oneLine(value, WIDTH);
  return `      ${labelled(label, paint)} ${style === undefined ? text : paint(text, style)}`;
}

function labelled(label: string, paint: Painter): string {
  return paint(label.padEnd(LABEL_WIDTH), 'dim');
}

/** The size of an output and its first lines; nothing when there was none. */
function outputLines(label: string, output: Captured | undefined, paint: Painter): readonly string[] {
  if (output === undefined || output.bytes === 0) return [];

  const text = head(output.text, MOST.outputBytes);
  const lines = visibleLines(text).replace(/\n$/, '').split('\n');
  const isCut = lines.length > MOST.outputLines || text.length < output.text.length || output.truncated;
  const bar = `${' '.repeat(16)}${paint('│', 'dim')}`;
  return [
    `      ${labelled(label, paint)} ${sizeText(output)}${isCut ? ', the first lines:' : ''}`,
    ...lines.slice(0, MOST.outputLines).map((line) => `${bar} ${oneLine(line.replaceAll('\t', '    '), OUTPUT_WIDTH)}`),
  ];
}

/** A fault, and what to do about it. */
export function faultLines(fault: Fault, { color }: TerminalOptions): readonly string[] {
  const paint = painter(color);
  const [first = '', ...more] = fault.message.split('\n');
  return [
    `  ${paint('!', 'red')} ${paint('FAULT', 'red', 'bold')} ${faultText({ ...fault, message: first })}`,
    ...more.slice(0, MOST.faultLines).map((line) => `      │ ${oneLine(line, WIDTH)}`),
    factLine(['hint', fault.hint], paint, 'cyan'),
  ];
}

/** The end: counts, coverage, what the run as a whole lacks, the exit code and its meaning, where the reports are. */
export function closing(
  ledger: Ledger,
  options: TerminalOptions & { readonly reports?: readonly string[] },
): readonly string[] {
  const paint = painter(options.color);
  const reports = options.reports ?? [];
  return [
    '',
    totalsLine(ledger, paint),
    ...closedTotalLines(ledger, paint),
    ...profileCoverages(ledger).map((coverage) => coverageLine(coverage, paint)),
    ...shortfallLines(ledger, paint),
    outcomeLine(ledger, paint),
    ...reports.map((report) => paint(`  report: ${oneLine(report, WIDTH)}`, 'dim')),
  ];
}

function totalsLine(ledger: Ledger, paint: Painter): string {
  const counts = countsOf(ledger);
  const parts: readonly (readonly [count: number, word: string, style: Style])[] = [
    [counts.pass, `passed${notStartedText(counts)}`, 'green'],
    [counts.fail, 'failed', 'red'],
    [counts.vacuous, 'vacuous', 'yellow'],
    [counts.inconclusive, 'inconclusive', 'yellow'],
    [counts.skipped, 'skipped', 'dim'],
    [counts.faults, counts.faults === 1 ? 'fault' : 'faults', 'red'],
  ];
  const shown = parts
    .filter(([count]) => count > 0)
    .map(([count, word, style]) => paint(`${grouped(count)} ${word}`, style));

  const total = counted(counts.total, 'probe');
  const totals = shown.length === 0 ? total : `${total}: ${shown.join(', ')}`;
  return `  ${totals} ${paint(`(${durationText(ledger.durationMs)}${selectionText(ledger)})`, 'dim')}`;
}

/** What the closed classes add up to, and a warning for each suite whose spec says nothing of a class. */
function closedTotalLines(ledger: Ledger, paint: Painter): readonly string[] {
  const total = closedCountsText(countsOf(ledger));
  const ofSuites = ledger.suites.flatMap((suite) => {
    const title = oneLine(suite.title, TITLE_WIDTH);
    const unknown = unknownClassesText(suite);
    const open = openClassesText(suite);
    return [
      ...(open === undefined ? [] : [paint(`  ${title}: ${open}`, 'dim')]),
      ...(unknown === undefined ? [] : [`  ${paint('!', 'yellow')} ${title}: ${unknown}`]),
    ];
  });
  return [...(total === undefined ? [] : [`  ${total}`]), ...ofSuites];
}

function selectionText({ options: { planned, selected } }: Ledger): string {
  return planned === selected ? '' : `, ${grouped(selected)} of ${grouped(planned)} planned`;
}

function coverageLine({ profile, own, included }: ProfileCoverage, paint: Painter): string {
  const ofIncluded = hasRules(included) ? paint(`; of included rules ${countsText(included)}`, 'dim') : '';
  return `  coverage of ${oneLine(profile, TITLE_WIDTH)}: ${countsText(own)}${ofIncluded}`;
}

function shortfallLines(ledger: Ledger, paint: Painter): readonly string[] {
  return shortfallsOf(ledger).map((shortfall) => {
    const suite = suiteOf(ledger, shortfall);
    const title = suite === undefined ? '' : `${oneLine(suite.title, TITLE_WIDTH)}: `;
    return `  ${paint('!', 'yellow')} ${title}${oneLine(shortfall.message, WIDTH)}`;
  });
}

function outcomeLine(ledger: Ledger, paint: Painter): string {
  const code = exitCode(ledger);
  const outcome = runOutcome(code);
  const word = paint(outcome.toUpperCase(), OUTCOME_STYLE[outcome], 'bold');
  return `  ${word}: ${meaningOf(ledger)} ${paint(`(exit ${code})`, 'dim')}`;
}
