/** The run on a terminal: two lines for a pass, the whole story for the rest. Pure: whether there is colour is the caller's to say. */
import type { Captured, Entry, Fault, Ledger, Suite, VerdictKind } from '../model/model.ts';
import {
  actionText,
  durationText,
  factsOf,
  faultText,
  observationText,
  placeText,
  recordText,
  sizeText,
  underText,
  type Fact,
} from './wording.ts';
import { countsText, profileCoverages } from './coverage-summary.ts';
import { painter, type Painter, type Style } from '../text/color.ts';
import { countsOf, exitCode, meaningOf, runOutcome, shortfallsOf, type RunOutcome } from './summary.ts';
import { grouped, head, oneLine, relativeTo, visibleLines } from '../text/visible.ts';

export interface TerminalOptions {
  readonly color: boolean;
  /** Folder that file names are relative to. */
  readonly root?: string;
}

/** Longest name or fact; terminals wrap what is wider than they are. */
const WIDTH = 400;
const OUTPUT_LINES = 8;
const OUTPUT_BYTES = 4096;
const RECORDS = 5;
const FAULT_LINES = 20;

const MARK: Readonly<Record<VerdictKind, readonly [mark: string, style: Style]>> = {
  pass: ['✓', 'green'],
  fail: ['✗', 'red'],
  vacuous: ['∅', 'yellow'],
  inconclusive: ['?', 'yellow'],
  skipped: ['-', 'dim'],
};
const OUTCOME: Readonly<Record<RunOutcome, Style>> = { green: 'green', red: 'red', undecided: 'yellow', error: 'red' };

/** The suite's heading: what is tested, on what, and the kernel's word that it is confined. */
export function suiteLines(suite: Suite, { color, root }: TerminalOptions): readonly string[] {
  const paint = painter(color);
  const lines = [
    '',
    `▸ ${paint(oneLine(suite.title, WIDTH), 'bold')}  ${paint(oneLine(relativeTo(root, suite.file), WIDTH), 'dim')}`,
    paint(`  ${underText(suite)}`, 'dim'),
    paint(`  beside the profile: ${oneLine(suite.layers.join('; '), WIDTH)}`, 'dim'),
  ];
  const label = suite.confinement?.labels[0];
  if (label !== undefined)
    lines.push(
      paint(
        `  the kernel says ${oneLine(`${label.process} (pid ${label.pid}) runs under ${label.label}`, WIDTH)}`,
        'dim',
      ),
    );
  return lines;
}

/** One probe: what was tried, what happened, what the kernel said, what the control did, and what follows. */
export function entryLines(entry: Entry, options: TerminalOptions): readonly string[] {
  const paint = painter(options.color);
  const { probe, verdict } = entry;
  const [mark, style] = Object.hasOwn(MARK, verdict.kind) ? MARK[verdict.kind] : MARK.inconclusive;
  const name = oneLine(probe.name, WIDTH);
  if (verdict.kind === 'pass')
    return [
      `  ${paint(mark, style)} ${name}`,
      paint(`      ${passText(entry)}`, 'dim'),
      ...verdict.notes.slice(0, 3).map((note) => paint(`      note: ${oneLine(note, WIDTH)}`, 'dim')),
    ];
  if (verdict.kind === 'skipped')
    return [paint(`  ${mark} ${name}: skipped, ${oneLine(verdict.reason, WIDTH)}`, 'dim')];
  const heading = `  ${paint(mark, style)} ${paint(verdict.kind.toUpperCase(), style, 'bold')} ${paint(name, 'bold')}  ${paint(placeText(entry, options.root), 'dim')}`;
  const facts = factsOf(entry, options.root).filter(
    ([label]) => label !== 'probe' && label !== 'verdict' && label !== 'note' && label !== 'hint',
  );
  const lines = facts.map((fact) => factLine(fact, paint));
  lines.push(factLine(['why', `${verdict.reason} [${verdict.code}]`], paint, style));
  for (const note of verdict.notes.slice(0, 5)) lines.push(factLine(['note', note], paint));
  if (verdict.hint !== undefined) lines.push(factLine(['hint', verdict.hint], paint, 'cyan'));
  for (const { record } of entry.witnesses.slice(0, RECORDS))
    lines.push(factLine(['record', record.raw], (text) => paint(text, 'dim')));
  for (const [label, output] of [
    ['stdout', entry.observation?.stdout],
    ['stderr', entry.observation?.stderr],
  ] as const) {
    if (output !== undefined && output.bytes > 0) lines.push(...outputLines(label, output, paint));
  }
  return [heading, ...lines, ''];
}

/** The evidence of a pass on one line: `tried open /etc/shadow for write: failed with EACCES · kernel DENIED w · control succeeded`. */
function passText({ probe, observation, control, witnesses }: Entry): string {
  const parts = [
    `tried ${actionText(probe.action, probe.user)}: ${observation === undefined ? 'no observation' : observationText(observation)}`,
  ];
  const first = witnesses[0];
  parts.push(
    first === undefined
      ? 'no record'
      : `kernel: ${recordText(first.record)}${witnesses.length > 1 ? ` and ${grouped(witnesses.length - 1)} more` : ''}`,
  );
  if (control !== undefined) parts.push(`control: ${observationText(control)}`);
  return oneLine(parts.join(' · '), WIDTH);
}

function factLine([label, value]: Fact, paint: Painter, style?: Style): string {
  const text = oneLine(value, WIDTH);
  return `      ${paint(label.padEnd(9), 'dim')} ${style === undefined ? text : paint(text, style)}`;
}

function outputLines(label: string, output: Captured, paint: Painter): readonly string[] {
  const text = head(output.text, OUTPUT_BYTES);
  const all = visibleLines(text).replace(/\n$/, '').split('\n');
  const shown = all
    .slice(0, OUTPUT_LINES)
    .map((line) => `${' '.repeat(16)}${paint('│', 'dim')} ${oneLine(line.replaceAll('\t', '    '), 200)}`);
  const cut = all.length > OUTPUT_LINES || text.length < output.text.length || output.truncated;
  return [`      ${paint(label.padEnd(9), 'dim')} ${sizeText(output)}${cut ? ', the first lines:' : ''}`, ...shown];
}

/** A fault, and what to do about it. */
export function faultLines(fault: Fault, { color }: TerminalOptions): readonly string[] {
  const paint = painter(color);
  const [first = '', ...more] = fault.message.split('\n');
  return [
    `  ${paint('!', 'red')} ${paint('FAULT', 'red', 'bold')} ${faultText({ ...fault, message: first })}`,
    ...more.slice(0, FAULT_LINES).map((line) => `      │ ${oneLine(line, WIDTH)}`),
    factLine(['hint', fault.hint], paint, 'cyan'),
  ];
}

/** The last words: counts, what is amiss with the run as a whole, the exit code and its meaning, where the reports are. */
export function closing(
  ledger: Ledger,
  options: TerminalOptions & { readonly reports?: readonly string[] },
): readonly string[] {
  const paint = painter(options.color);
  const counts = countsOf(ledger);
  const code = exitCode(ledger);
  const count = (number: number, word: string, style: Style): readonly string[] =>
    number === 0 ? [] : [paint(`${grouped(number)} ${word}`, style)];
  const parts = [
    ...count(counts.pass, 'passed', 'green'),
    ...count(counts.fail, 'failed', 'red'),
    ...count(counts.vacuous, 'vacuous', 'yellow'),
    ...count(counts.inconclusive, 'inconclusive', 'yellow'),
    ...count(counts.skipped, 'skipped', 'dim'),
    ...count(counts.faults, counts.faults === 1 ? 'fault' : 'faults', 'red'),
  ];
  const { planned, selected } = ledger.options;
  const chosen = planned === selected ? '' : `, ${grouped(selected)} of ${grouped(planned)} planned`;
  const lines = [
    '',
    `  ${grouped(counts.total)} ${counts.total === 1 ? 'probe' : 'probes'}${parts.length === 0 ? '' : `: ${parts.join(', ')}`} ${paint(`(${durationText(ledger.durationMs)}${chosen})`, 'dim')}`,
  ];
  for (const { profile, own, included } of profileCoverages(ledger)) {
    const beside = Object.values(included).some((count) => count > 0)
      ? `; of its includes ${countsText(included)}`
      : '';
    lines.push(`  coverage of ${oneLine(profile, 100)}: ${countsText(own)}${paint(beside, 'dim')}`);
  }
  for (const { suite, message } of shortfallsOf(ledger)) {
    lines.push(
      `  ${paint('!', 'yellow')} ${suite === undefined ? '' : `${oneLine(ledger.suites[suite]?.title ?? '', 100)}: `}${oneLine(message, WIDTH)}`,
    );
  }
  lines.push(
    `  ${paint(runOutcome(code).toUpperCase(), OUTCOME[runOutcome(code)], 'bold')}: ${meaningOf(ledger)} ${paint(`(exit ${code})`, 'dim')}`,
  );
  for (const report of options.reports ?? []) lines.push(paint(`  report: ${oneLine(report, WIDTH)}`, 'dim'));
  return lines;
}
