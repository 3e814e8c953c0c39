/**
 * The job summary, in GitHub's Markdown: the headline, a row per probe with what is wrong first, and the evidence for
 * what is not green. Pure.
 */
import { profileCoverages, fileCoverages, unknownCoverages } from '../coverage/coverage-counts.ts';
import type { Entry, Ledger, VerdictKind } from '../model/model.ts';
import { code, fenced, plain } from '../text/markdown.ts';
import { byteLength, counted, grouped, head, relativeTo, visibleLines } from '../text/visible.ts';
import { notableEntries, tallyOf } from '../verdict/closed-class.ts';
import { closedText, closedTitle, openClassesText, unknownClassesText } from './closed-rows.ts';
import { countsText } from './coverage-wording.ts';
import {
  closedCountsText,
  closedOf,
  countsOf,
  entriesOf,
  exitCode,
  faultsOf,
  isNotGreen,
  isNotStarted,
  meaningOf,
  notStartedText,
  runOutcome,
  shortfallsOf,
  suiteOf,
  type RunOutcome,
} from './summary.ts';
import { actionText, factsOf, faultText, observationText, placeText, underText } from './describe-entry.ts';

/** Most bytes by default: GitHub drops a summary of over 1 MiB as a whole. */
const BUDGET = 900 * 1024;
/** Most records of a probe, and most bytes of one block of its evidence. */
const RECORDS = 10;
const BLOCK_BYTES = 4096;
/** Longest name, place or rule, and longest reason in a table. */
const WIDTH = 200;
const REASON_WIDTH = 300;
/** Longest text of a closed class. */
const ROW_WIDTH = 600;
/** What a shortened summary leaves for its notice and table head. */
const NOTICE_BYTES = 1000;

interface MarkdownOptions {
  /** Folder that file names are relative to. */
  readonly root?: string;
  /** Most bytes that the summary may take, 900 KiB by default. */
  readonly budget?: number;
}

const HEADLINE: Readonly<Record<RunOutcome, string>> = {
  green: '🟢 Green',
  red: '🔴 Red',
  undecided: '🟡 Undecided',
  error: '🔴 Error',
};

/** In the order of the rows: what is wrong comes first. */
const MARK: Readonly<Record<VerdictKind, string>> = {
  fail: '❌',
  inconclusive: '❔',
  vacuous: '⚠️',
  skipped: '⏭️',
  pass: '✅',
};
const ROW_ORDER: readonly string[] = Object.keys(MARK);
const COUNT_ORDER = ['pass', 'fail', 'vacuous', 'inconclusive', 'skipped'] as const;

/** The ledger as a job summary. If it does not fit, the least important parts are left out, and the summary says so. */
export function markdown(ledger: Ledger, { root, budget = BUDGET }: MarkdownOptions = {}): string {
  const entries = [...entriesOf(ledger), ...closedOf(ledger).flatMap(notableEntries)].toSorted(
    (a, b) => rank(a) - rank(b),
  );
  const notGreen = entries.filter(({ probe, verdict }) => isNotGreen(verdict) || probe.closed !== undefined);
  const top = [
    ...opening(ledger, Math.floor(budget / 4)),
    ...closedParts(ledger),
    ...coverageParts(ledger, Math.floor(budget / 8), root),
  ].join('\n\n');

  const rows = fitting(entries, budget, (entry) => row(entry, root));
  const details = fitting(notGreen, budget, (entry) => detail(entry, root));
  const whole = `${[top, table(rows), ...details].join('\n\n')}\n`;
  const isComplete = rows.length === entries.length && details.length === notGreen.length;
  if (isComplete && byteLength(whole) <= budget) return whole;

  return shortened(ledger, { top, notGreen, budget, root });
}

interface Shortened {
  /** What comes before the rows. */
  readonly top: string;
  readonly notGreen: readonly Entry[];
  /** Bytes for all. */
  readonly budget: number;
  readonly root: string | undefined;
}

function shortened(ledger: Ledger, { top, notGreen, budget, root }: Shortened): string {
  const left = budget - byteLength(top) - NOTICE_BYTES;
  // at most half for the rows, so that there is always room for the details of the first failures
  const rows = fitting(notGreen, left / 2, (entry) => row(entry, root));
  const details = fitting(notGreen, left - bytesOf(rows), (entry) => detail(entry, root));

  const total = entriesOf(ledger).length + closedOf(ledger).flatMap(notableEntries).length;
  const notice = [
    '> Shortened to fit a job summary:',
    `${grouped(rows.length)} of ${grouped(total)} probes are listed, those that are not green first,`,
    `${grouped(details.length)} of ${grouped(notGreen.length)} with details.`,
    'All of them are in report.json and junit.xml.',
  ].join(' ');
  return `${[top, notice, ...(rows.length > 0 ? [table(rows)] : []), ...details].join('\n\n')}\n`;
}

function rank({ verdict }: Entry): number {
  return ROW_ORDER.indexOf(verdict.kind);
}

/** The texts of as many of the items, from the first, as fit the bytes. */
function fitting<T>(items: readonly T[], bytes: number, textOf: (item: T) => string): readonly string[] {
  const texts: string[] = [];
  let left = bytes;
  for (const item of items) {
    const text = textOf(item);
    left -= bytesOf([text]);
    if (left < 0) break;
    texts.push(text);
  }
  return texts;
}

/** Bytes of the texts, each with the blank line after it. */
function bytesOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + byteLength(text) + 2, 0);
}

/** A list, and how many of its items were left out. */
function list(items: readonly string[], bytes: number): string {
  const kept = fitting(items, bytes, (item) => `- ${item}`);
  const rest = items.length - kept.length;
  return [...kept, ...(rest > 0 ? [`- and ${grouped(rest)} more`] : [])].join('\n');
}

/** The headline, the counts, what no probe states, the suites and the host. */
function opening(ledger: Ledger, budget: number): readonly string[] {
  const counts = countsOf(ledger);
  const kinds = COUNT_ORDER.filter((kind) => counts[kind] > 0);
  const closedTotal = closedCountsText(counts);
  const suites = ledger.suites.map((suite) => `${code(suite.title)}: ${plain(underText(suite))}`);
  const parts = [
    `## ${HEADLINE[runOutcome(exitCode(ledger))]}: ${meaningOf(ledger)}`,
    [
      `**${counted(counts.total, 'probe')}**`,
      ...kinds.map(
        (kind) => `${MARK[kind]} ${grouped(counts[kind])} ${kind}${kind === 'pass' ? notStartedText(counts) : ''}`,
      ),
      ...(closedTotal === undefined ? [] : [closedTotal]),
    ].join(' · '),
    list(problems(ledger), budget / 2),
    list(suites, budget / 4),
    hostTable(ledger),
  ];
  return parts.filter((part) => part !== '');
}

/** What no probe states: faults with what to do about them, and what is missing. */
function problems(ledger: Ledger): readonly string[] {
  const faults = faultsOf(ledger).map((fault) => `${code(faultText(fault))}: ${plain(fault.hint)}`);
  const shortfalls = shortfallsOf(ledger).map((shortfall) => {
    const suite = suiteOf(ledger, shortfall);
    const title = suite === undefined ? '' : `${code(suite.title)}: `;
    return `${title}${plain(shortfall.message)}`;
  });
  return [...faults, ...shortfalls];
}

function hostTable({ host }: Ledger): string {
  const facts = Object.entries(host ?? {}).filter(([, value]) => value !== undefined);
  if (facts.length === 0) return '';
  const rows = facts.map(([key, value]) => `| ${plain(key)} | ${code(value as string)} |`);
  return ['| host | |', '|---|---|', ...rows].join('\n');
}

/** A row per closed class, with what is wrong first, and the classes of which a spec says nothing. */
function closedParts(ledger: Ledger): readonly string[] {
  const rows = ledger.suites
    .flatMap(({ title, closed = [] }) => closed.map((result) => ({ title, result, kind: tallyOf(result).kind })))
    .toSorted((a, b) => ROW_ORDER.indexOf(a.kind) - ROW_ORDER.indexOf(b.kind))
    .map(({ title, result, kind }) => {
      const cells = [MARK[kind], code(title, WIDTH), plain(closedTitle(result)), plain(closedText(result), ROW_WIDTH)];
      return `| ${cells.join(' | ')} |`;
    });
  const remarks = ledger.suites.flatMap((suite) =>
    [unknownClassesText(suite), openClassesText(suite)].flatMap((text) =>
      text === undefined ? [] : [`${code(suite.title, WIDTH)}: ${plain(text, ROW_WIDTH)}`],
    ),
  );
  if (rows.length === 0) return [];
  return [
    ['| | suite | closed class | members |', '|---|---|---|---|', ...rows].join('\n'),
    ...(remarks.length === 0 ? [] : [remarks.map((line) => `- ${line}`).join('\n')]),
  ];
}

/** A row per profile, why coverage is not known, and the rules that no probe covers. */
function coverageParts(ledger: Ledger, budget: number, root?: string): readonly string[] {
  const unknown = unknownCoverages(ledger).map(
    ({ title, reason }) => `${code(title, WIDTH)}: rule coverage is not known. ${plain(reason)}`,
  );
  const parts = [
    coverageTable(ledger, budget / 2),
    list(unknown, budget / 4),
    ...notCoveredParts(ledger, budget / 4, root),
  ];
  return parts.filter((part) => part !== '');
}

function coverageTable(ledger: Ledger, budget: number): string {
  const rows = profileCoverages(ledger).map(({ profile, own, included }) => {
    const cells = [
      code(profile, WIDTH),
      own.percent === undefined ? '' : `**${own.percent} %**`,
      ...[own.hit, own.unhit, own.shadowed, own.untestable].map(grouped),
      countsText(included),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  if (rows.length === 0) return '';
  return [
    '| profile | rule coverage | covered | not covered | shadowed | untestable | included rules |',
    '|---|---|---|---|---|---|---|',
    ...fitting(rows, budget, (text) => text),
  ].join('\n');
}

function notCoveredParts(ledger: Ledger, budget: number, root?: string): readonly string[] {
  const rules = fileCoverages(ledger)
    .flatMap((coverage) => coverage.rules)
    .filter(({ state, included }) => state === 'unhit' && !included);
  if (rules.length === 0) return [];

  const items = rules.map(
    ({ file, line, text }) => `${code(`${relativeTo(root, file)}:${line}`, WIDTH)} ${code(text, WIDTH)}`,
  );
  const title = `${counted(rules.length, 'rule')} that no probe covers`;
  return [`<details><summary>${title}</summary>`, list(items, budget), '</details>'];
}

function table(rows: readonly string[]): string {
  return ['| | probe | tried | happened | verdict |', '|---|---|---|---|---|', ...rows].join('\n');
}

function markOf({ verdict: { kind } }: Entry): string {
  return Object.hasOwn(MARK, kind) ? MARK[kind] : MARK.inconclusive;
}

function row(entry: Entry, root?: string): string {
  const { probe, observation } = entry;
  const cells = [
    markOf(entry),
    `${plain(probe.name, WIDTH)}<br>${code(placeText(entry, root), WIDTH)}`,
    code(actionText(probe.action, probe.user), WIDTH),
    observation === undefined ? '' : plain(observationText(observation), WIDTH),
    verdictCell(entry),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** A pass needs no reason, unless the command could not be started. */
function verdictCell({ verdict }: Entry): string {
  if (verdict.kind === 'pass' && !isNotStarted(verdict)) return 'pass';
  const kind = verdict.kind === 'pass' ? 'pass' : `**${plain(verdict.kind)}**`;
  return `${kind} ${plain(verdict.reason, REASON_WIDTH)}`;
}

/** The evidence for one probe, folded. */
function detail(entry: Entry, root?: string): string {
  const { probe, verdict, witnesses, observation } = entry;
  const facts = factsOf(entry, root)
    .filter(([label]) => label !== 'hint')
    .map(([label, value]) => `${label.padEnd(10)}${value}`);
  const records = witnesses.slice(0, RECORDS).map(({ record }) => record.raw);
  return [
    `<details><summary>${markOf(entry)} ${plain(probe.name, WIDTH)}</summary>`,
    fenced(facts.join('\n')),
    ...(verdict.hint === undefined ? [] : ['Hint:', fenced(visibleLines(head(verdict.hint, BLOCK_BYTES)))]),
    ...blockParts('Audit records', records.join('\n')),
    ...blockParts('Standard output', observation?.stdout.text ?? ''),
    ...blockParts('Standard error', observation?.stderr.text ?? ''),
    '</details>',
  ].join('\n\n');
}

function blockParts(title: string, text: string): readonly string[] {
  if (text === '') return [];
  const kept = head(text, BLOCK_BYTES);
  const cut = kept.length < text.length ? ' (the beginning)' : '';
  return [`${title}${cut}:`, fenced(visibleLines(kept))];
}
