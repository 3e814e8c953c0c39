/**
 * The HTML report: one file that needs nothing else, no script and no network, and in which foreign text is only text.
 * Pure.
 *
 * It shows the profile line by line with the probes that cover each rule, and every probe with its evidence.
 */
import type { ClosedResult, Entry, Ledger, Suite, VerdictKind } from '../model/model.ts';
import { block, inline, tag } from '../text/html.ts';
import { counted, grouped } from '../text/visible.ts';
import { notableEntries, tallyOf } from '../verdict/closed-class.ts';
import {
  closedEffortText,
  closedText,
  closedTitle,
  openClassesText,
  otherMemberLines,
  unknownClassesText,
} from './closed-rows.ts';
import { caseOutput } from './evidence.ts';
import { coverageHtml } from './html-coverage.ts';
import { STYLE } from './html-style.ts';
import {
  closedCountsText,
  countsOf,
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
import {
  actionText,
  durationText,
  factsOf,
  faultText,
  labelProofText,
  layersText,
  observationText,
  underText,
} from './describe-entry.ts';

interface HtmlOptions {
  /** Folder that file names are relative to. */
  readonly root?: string;
}

/** Longest title, and longest text of a probe. */
const TITLE_WIDTH = 200;
const PROBE_WIDTH = 300;
/** Longest text of a closed class. */
const ROW_WIDTH = 600;

/** Nothing is loaded from anywhere, whatever the text is. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const META = [
  '<meta charset="utf-8">',
  '<meta name="viewport" content="width=device-width, initial-scale=1">',
  `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
  '<meta name="referrer" content="no-referrer">',
].join('');

const TONE: Readonly<Record<RunOutcome, string>> = { green: 'good', red: 'bad', undecided: 'warn', error: 'bad' };

const VERDICT: Readonly<Record<VerdictKind, readonly [mark: string, tone: string]>> = {
  pass: ['✓', 'good'],
  fail: ['✗', 'bad'],
  vacuous: ['∅', 'warn'],
  inconclusive: ['?', 'warn'],
  skipped: ['–', 'dim'],
};

/** The ledger as one HTML file. */
export function html(ledger: Ledger, { root }: HtmlOptions = {}): string {
  const anchors = anchorsOf(ledger);
  const coverageOptions = { anchorOf: (id: string) => anchors.get(id), ...(root === undefined ? {} : { root }) };
  const sections = [
    headingHtml(ledger),
    problemsHtml(ledger),
    coverageHtml(ledger, coverageOptions),
    ...ledger.suites.map((suite) => suiteHtml(suite, root, anchors)),
    hostHtml(ledger),
  ];
  return [
    '<!doctype html>',
    `<html lang="en"><head>${META}${tag('title', {}, titleOf(ledger))}${tag('style', {}, STYLE)}</head>`,
    '<body>',
    ...sections.filter((section) => section !== ''),
    '</body></html>',
    '',
  ].join('\n');
}

/** The id of each probe's element, by the probe's id. */
function anchorsOf(ledger: Ledger): ReadonlyMap<string, string> {
  const anchors = ledger.suites.flatMap(({ entries, closed = [] }, suite) =>
    [...entries, ...closed.flatMap((result) => result.entries)].map(
      ({ probe }, index) => [probe.id, `probe-${suite}-${index}`] as const,
    ),
  );
  return new Map(anchors);
}

function titleOf(ledger: Ledger): string {
  const titles = ledger.suites.map(({ title }) => title).join(', ');
  return inline(`${runOutcome(exitCode(ledger))}: ${titles || 'apparmor-probe'}`, TITLE_WIDTH);
}

function headingHtml(ledger: Ledger): string {
  const { tool, run, startedAt, durationMs } = ledger;
  const outcome = runOutcome(exitCode(ledger));
  const badge = tag('span', { class: `badge ${TONE[outcome]}` }, outcome.toUpperCase());
  return [
    tag('h1', {}, badge, ' ', inline(meaningOf(ledger))),
    tag('p', {}, countsText(ledger)),
    dim(`${tool}, run ${run}, ${startedAt}, ${durationText(durationMs)}`),
  ].join('\n');
}

function countsText(ledger: Ledger): string {
  const counts = countsOf(ledger);
  const kinds = (Object.keys(VERDICT) as VerdictKind[]).filter((kind) => counts[kind] > 0);
  const parts = kinds.map((kind) => {
    const [mark, tone] = VERDICT[kind];
    return tag(
      'span',
      { class: tone },
      `${mark} ${grouped(counts[kind])} ${kind}${kind === 'pass' ? notStartedText(counts) : ''}`,
    );
  });
  const closed = closedCountsText(counts);
  return [tag('strong', {}, counted(counts.total, 'probe')), ...parts, ...(closed === undefined ? [] : [closed])].join(
    ' · ',
  );
}

/** What no probe states: faults with what to do about them, and what is missing. */
function problemsHtml(ledger: Ledger): string {
  const faults = faultsOf(ledger).map((fault) =>
    tag('li', {}, tag('code', {}, inline(faultText(fault))), ' ', inline(fault.hint)),
  );
  const shortfalls = shortfallsOf(ledger).map((shortfall) => {
    const suite = suiteOf(ledger, shortfall);
    const title = suite === undefined ? '' : `${inline(suite.title, TITLE_WIDTH)}: `;
    return tag('li', {}, title, inline(shortfall.message));
  });
  const items = [...faults, ...shortfalls];
  return items.length === 0 ? '' : tag('ul', { class: 'bad' }, ...items);
}

function suiteHtml(suite: Suite, root: string | undefined, anchors: ReadonlyMap<string, string>): string {
  const proof = labelProofText(suite);
  return [
    tag('h2', {}, inline(suite.title, TITLE_WIDTH)),
    dim(underText(suite)),
    dim(layersText(suite)),
    ...(proof === undefined ? [] : [dim(proof)]),
    ...suite.entries.map((entry) => entryHtml(entry, root, anchors.get(entry.probe.id) ?? '')),
    ...(suite.closed ?? []).map((result) => closedHtml(result, root, anchors)),
    ...[openClassesText(suite), unknownClassesText(suite)].flatMap((text) => (text === undefined ? [] : [dim(text)])),
  ].join('\n');
}

/** Folded: its members one by one. What is not as it must be stands unfolded before them. */
function closedHtml(result: ClosedResult, root: string | undefined, anchors: ReadonlyMap<string, string>): string {
  const { kind } = tallyOf(result);
  const [mark, tone] = VERDICT[kind];
  const isWrong = kind === 'fail' || kind === 'inconclusive';
  const htmlOf = (entry: Entry): string => entryHtml(entry, root, anchors.get(entry.probe.id) ?? '');
  const notable = new Set(notableEntries(result));
  const summary = [
    tag('span', { class: tone }, mark),
    tag('strong', {}, inline(closedTitle(result))),
    inline(closedText(result), ROW_WIDTH),
    tag('code', { class: 'dim' }, inline(closedEffortText(result))),
  ];
  return tag(
    'details',
    isWrong ? { open: '' } : {},
    tag('summary', {}, summary.join(' ')),
    ...[...notable].map(htmlOf),
    tag(
      'details',
      {},
      tag('summary', { class: 'dim' }, `all ${grouped(tallyOf(result).total)} members`),
      ...result.entries.filter((entry) => !notable.has(entry)).map(htmlOf),
      ...otherMemberLines(result).map((line) => dim(line)),
    ),
  );
}

function dim(text: string): string {
  return tag('p', { class: 'dim' }, inline(text));
}

/** Folded for a pass, unfolded for what is wrong. */
function entryHtml(entry: Entry, root: string | undefined, anchor: string): string {
  const facts = factsOf(entry, root).flatMap(([name, value]) => [
    tag('dt', {}, inline(name)),
    tag('dd', {}, inline(value)),
  ]);
  const open: Readonly<Record<string, string>> = isNotGreen(entry.verdict) ? { open: '' } : {};
  return tag(
    'details',
    { id: anchor, ...open },
    tag('summary', {}, summaryHtml(entry)),
    tag('dl', {}, ...facts),
    tag(
      'details',
      {},
      tag('summary', { class: 'dim' }, 'raw records and outputs'),
      tag('pre', {}, block(caseOutput(entry, root))),
    ),
  );
}

function summaryHtml({ probe, verdict, observation }: Entry): string {
  const [mark, tone] = Object.hasOwn(VERDICT, verdict.kind) ? VERDICT[verdict.kind] : VERDICT.inconclusive;
  const action = actionText(probe.action, probe.user);
  const happened = observation === undefined ? '' : ` → ${observationText(observation)}`;
  return [
    tag('span', { class: tone }, mark),
    tag('strong', {}, inline(probe.name, PROBE_WIDTH)),
    tag('code', { class: 'dim' }, inline(`${action}${happened}`, PROBE_WIDTH)),
    ...(isNotStarted(verdict) ? [tag('span', { class: 'warn' }, 'could not be started')] : []),
  ].join(' ');
}

function hostHtml({ host }: Ledger): string {
  const rows = Object.entries(host ?? {}).map(([key, value]) =>
    tag('tr', {}, tag('th', {}, inline(key)), tag('td', {}, tag('code', {}, inline(String(value))))),
  );
  return rows.length === 0 ? '' : tag('h2', {}, 'Host') + tag('table', {}, ...rows);
}
