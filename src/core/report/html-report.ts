/**
 * The HTML report: one file that needs nothing else, no script and no network, and lets no text in it be more than text.
 * The profile stands in it line by line with the probes behind each rule, and every probe with its evidence.
 */
import type { Entry, Ledger, Suite, VerdictKind } from '../model/model.ts';
import { actionText, durationText, factsOf, faultText, observationText, underText } from './wording.ts';
import { caseOutput } from './evidence.ts';
import { coverageHtml } from './html-coverage.ts';
import { STYLE } from './html-style.ts';
import { block, inline, tag } from '../text/html.ts';
import { countsOf, exitCode, faultsOf, meaningOf, runOutcome, shortfallsOf, type RunOutcome } from './summary.ts';
import { grouped } from '../text/visible.ts';

interface HtmlOptions {
  /** Folder that file names are relative to. */
  readonly root?: string;
}

/** Nothing is loaded from anywhere, whatever the text says. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
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
  const anchors = new Map(
    ledger.suites.flatMap(({ entries }, suite) =>
      entries.map(({ probe }, index) => [probe.id, `probe-${suite}-${index}`]),
    ),
  );
  const outcome = runOutcome(exitCode(ledger));
  const head = [
    tag(
      'title',
      {},
      inline(`${outcome}: ${ledger.suites.map(({ title }) => title).join(', ') || 'apparmor-probe'}`, 200),
    ),
    tag('style', {}, STYLE),
  ];
  const body = [
    tag(
      'h1',
      {},
      tag('span', { class: `badge ${TONE[outcome]}` }, outcome.toUpperCase()),
      ' ',
      inline(meaningOf(ledger)),
    ),
    tag('p', {}, countsText(ledger)),
    tag(
      'p',
      { class: 'dim' },
      inline(`${ledger.tool}, run ${ledger.run}, ${ledger.startedAt}, ${durationText(ledger.durationMs)}`),
    ),
    wrong(ledger),
    coverageHtml(ledger, root, (id) => anchors.get(id)),
    ...ledger.suites.map((suite) => suiteHtml(suite, root, anchors)),
    hostHtml(ledger),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta name="referrer" content="no-referrer">${head.join('')}</head>
<body>
${body.filter((part) => part !== '').join('\n')}
</body></html>
`;
}

function countsText(ledger: Ledger): string {
  const counts = countsOf(ledger);
  const parts = (Object.keys(VERDICT) as VerdictKind[])
    .filter((kind) => counts[kind] > 0)
    .map((kind) => tag('span', { class: VERDICT[kind][1] }, `${VERDICT[kind][0]} ${grouped(counts[kind])} ${kind}`));
  return [tag('strong', {}, `${grouped(counts.total)} ${counts.total === 1 ? 'probe' : 'probes'}`), ...parts].join(
    ' · ',
  );
}

/** What no probe states: faults with their cure, and what is missing. */
function wrong(ledger: Ledger): string {
  const items = [
    ...faultsOf(ledger).map((fault) =>
      tag('li', {}, tag('code', {}, inline(faultText(fault))), ' ', inline(fault.hint)),
    ),
    ...shortfallsOf(ledger).map(({ suite, message }) =>
      tag('li', {}, suite === undefined ? '' : `${inline(ledger.suites[suite]?.title ?? '', 200)}: `, inline(message)),
    ),
  ];
  return items.length === 0 ? '' : tag('ul', { class: 'bad' }, ...items);
}

function suiteHtml(suite: Suite, root: string | undefined, anchors: ReadonlyMap<string, string>): string {
  const label = suite.confinement?.labels[0];
  return [
    tag('h2', {}, inline(suite.title, 200)),
    tag('p', { class: 'dim' }, inline(underText(suite))),
    tag('p', { class: 'dim' }, inline(`beside the profile: ${suite.layers.join('; ')}`)),
    label === undefined
      ? ''
      : tag(
          'p',
          { class: 'dim' },
          inline(`the kernel says ${label.process} (pid ${label.pid}) runs under ${label.label}`),
        ),
    ...suite.entries.map((entry) => entryHtml(entry, root, anchors.get(entry.probe.id) ?? '')),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** Closed for a pass, open for what is wrong. */
function entryHtml(entry: Entry, root: string | undefined, anchor: string): string {
  const { probe, verdict, observation } = entry;
  const [mark, tone] = Object.hasOwn(VERDICT, verdict.kind) ? VERDICT[verdict.kind] : VERDICT.inconclusive;
  const happened = observation === undefined ? '' : ` → ${observationText(observation)}`;
  const facts = factsOf(entry, root).map(([name, value]) => tag('dt', {}, inline(name)) + tag('dd', {}, inline(value)));
  const open: Record<string, string> = verdict.kind === 'pass' || verdict.kind === 'skipped' ? {} : { open: '' };
  return tag(
    'details',
    { id: anchor, ...open },
    tag(
      'summary',
      {},
      tag('span', { class: tone }, mark),
      ' ',
      tag('strong', {}, inline(probe.name, 300)),
      ' ',
      tag('code', { class: 'dim' }, inline(actionText(probe.action, probe.user) + happened, 300)),
    ),
    tag('dl', {}, ...facts),
    tag(
      'details',
      {},
      tag('summary', { class: 'dim' }, 'raw records and outputs'),
      tag('pre', {}, block(caseOutput(entry, root))),
    ),
  );
}

function hostHtml({ host }: Ledger): string {
  const rows = Object.entries(host ?? {}).map(([key, value]) =>
    tag('tr', {}, tag('th', {}, inline(key)), tag('td', {}, tag('code', {}, inline(String(value))))),
  );
  return rows.length === 0 ? '' : tag('h2', {}, 'Host') + tag('table', {}, ...rows);
}
