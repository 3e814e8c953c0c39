/** The job summary, in GitHub's Markdown: the headline, a row per probe with what is wrong first, the evidence for what is not green. */
import type { Entry, Ledger, VerdictKind } from '../model/model.ts';
import { actionText, factsOf, faultText, observationText, placeText, underText } from './wording.ts';
import { countsText, fileCoverages, profileCoverages } from './coverage-summary.ts';
import { code, fenced, plain } from '../text/markdown.ts';
import {
  countsOf,
  entriesOf,
  exitCode,
  faultsOf,
  meaningOf,
  runOutcome,
  shortfallsOf,
  type RunOutcome,
} from './summary.ts';
import { byteLength, grouped, head, relativeTo, visibleLines } from '../text/visible.ts';

/** GitHub drops a summary of over 1 MiB as a whole. */
const BUDGET = 900 * 1024;
const RECORDS = 10;
const BLOCK_BYTES = 4096;

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
const MARK: Readonly<Record<VerdictKind, string>> = {
  fail: '❌',
  inconclusive: '❔',
  vacuous: '⚠️',
  skipped: '⏭️',
  pass: '✅',
};
/** What is wrong comes first. */
const ORDER: readonly string[] = Object.keys(MARK);

/** The ledger as a job summary. What does not fit is left out from the least to the most telling, and the summary says so. */
export function markdown(ledger: Ledger, options: MarkdownOptions = {}): string {
  const { root } = options;
  const budget = options.budget ?? BUDGET;
  const entries = entriesOf(ledger).toSorted((a, b) => ORDER.indexOf(a.verdict.kind) - ORDER.indexOf(b.verdict.kind));
  const bad = entries.filter(({ verdict }) => verdict.kind !== 'pass' && verdict.kind !== 'skipped');
  const top = [opening(ledger, Math.floor(budget / 4)), ...coverageOf(ledger, Math.floor(budget / 8), root)].join(
    '\n\n',
  );
  const rowOf = (entry: Entry): string => row(entry, root);
  const detailOf = (entry: Entry): string => detail(entry, root);
  const all = fitting(entries, rowOf, budget);
  const details = fitting(bad, detailOf, budget);
  const whole = `${[top, table(all), ...details].join('\n\n')}\n`;
  if (all.length === entries.length && details.length === bad.length && byteLength(whole) <= budget) return whole;

  // Half of what is left for the rows, so that the details of the first failures always find room.
  const left = budget - byteLength(top) - 1000;
  const rows = fitting(bad, rowOf, left / 2);
  const told = fitting(bad, detailOf, left - rows.reduce((sum, one) => sum + byteLength(one) + 2, 0));
  const notice = `> Shortened to fit a job summary: ${grouped(rows.length)} of ${grouped(entries.length)} probes are listed, those that are not green first, ${grouped(told.length)} of ${grouped(bad.length)} with details. All of them are in report.json and junit.xml.`;
  return `${[top, notice, ...(rows.length > 0 ? [table(rows)] : []), ...told].join('\n\n')}\n`;
}

/** The texts of as many of the items, from the first, as fit the bytes. */
function fitting<T>(items: readonly T[], text: (item: T) => string, bytes: number): readonly string[] {
  const texts: string[] = [];
  let left = bytes;
  for (const item of items) {
    const next = text(item);
    left -= byteLength(next) + 2;
    if (left < 0) break;
    texts.push(next);
  }
  return texts;
}

function opening(ledger: Ledger, budget: number): string {
  const exit = exitCode(ledger);
  const counts = countsOf(ledger);
  const parts = (['pass', 'fail', 'vacuous', 'inconclusive', 'skipped'] as const)
    .filter((kind) => counts[kind] > 0)
    .map((kind) => `${MARK[kind]} ${grouped(counts[kind])} ${kind}`);
  const lines = [
    `## ${HEADLINE[runOutcome(exit)]}: ${meaningOf(ledger)}`,
    [`**${grouped(counts.total)} probes**`, ...parts].join(' · '),
  ];
  const wrong = [
    ...faultsOf(ledger).map((fault) => `- ${code(faultText(fault))}: ${plain(fault.hint)}`),
    ...shortfallsOf(ledger).map(
      ({ suite, message }) =>
        `- ${suite === undefined ? '' : `${code(ledger.suites[suite]?.title ?? '')}: `}${plain(message)}`,
    ),
  ];
  if (wrong.length > 0) lines.push(listed(wrong, budget / 2));
  lines.push(
    listed(
      ledger.suites.map((suite) => `- ${code(suite.title)}: ${plain(underText(suite))}`),
      budget / 4,
    ),
  );
  const host = Object.entries(ledger.host ?? {}).filter(([, value]) => value !== undefined);
  if (host.length > 0)
    lines.push(
      ['| host | |', '|---|---|', ...host.map(([key, value]) => `| ${plain(key)} | ${code(value as string)} |`)].join(
        '\n',
      ),
    );
  return lines.filter((line) => line !== '').join('\n\n');
}

/** A row a profile, and the rules that no probe hits. */
function coverageOf(ledger: Ledger, budget: number, root?: string): readonly string[] {
  const profiles = profileCoverages(ledger);
  const unknown = ledger.suites.flatMap(({ title, coverage }) =>
    coverage !== undefined && 'unknown' in coverage
      ? [`- ${code(title, 200)}: rule coverage is not known. ${plain(coverage.unknown)}`]
      : [],
  );
  const rows = profiles.map(
    ({ profile, own, included }) =>
      `| ${code(profile, 200)} | ${own.percent === undefined ? '' : `**${own.percent} %**`} | ${[own.hit, own.unhit, own.shadowed, own.untestable].map(grouped).join(' | ')} | ${countsText(included)} |`,
  );
  const parts =
    rows.length === 0
      ? []
      : [
          [
            '| profile | rule coverage | hit | unhit | shadowed | untestable | included rules |',
            '|---|---|---|---|---|---|---|',
            ...fitting(rows, (row) => row, budget / 2),
          ].join('\n'),
        ];
  if (unknown.length > 0) parts.push(listed(unknown, budget / 4));
  const unhit = fileCoverages(ledger)
    .flatMap(({ rules }) => rules.filter(({ state, included }) => state === 'unhit' && !included))
    .map(({ file, line, text }) => `- ${code(`${relativeTo(root, file)}:${line}`, 200)} ${code(text, 200)}`);
  if (unhit.length > 0)
    parts.push(
      `<details><summary>${grouped(unhit.length)} ${unhit.length === 1 ? 'rule that no probe hits' : 'rules that no probe hits'}</summary>`,
      listed(unhit, budget / 4),
      '</details>',
    );
  return parts;
}

function listed(items: readonly string[], budget: number): string {
  const kept = fitting(items, (item) => item, budget);
  return [...kept, ...(kept.length < items.length ? [`- and ${grouped(items.length - kept.length)} more`] : [])].join(
    '\n',
  );
}

function table(rows: readonly string[]): string {
  return ['| | probe | tried | happened | verdict |', '|---|---|---|---|---|', ...rows].join('\n');
}

function markOf(entry: Entry): string {
  return Object.hasOwn(MARK, entry.verdict.kind) ? MARK[entry.verdict.kind] : MARK.inconclusive;
}

function row(entry: Entry, root?: string): string {
  const { probe, verdict, observation } = entry;
  const cells = [
    markOf(entry),
    `${plain(probe.name, 200)}<br>${code(placeText(entry, root), 200)}`,
    code(actionText(probe.action, probe.user), 200),
    observation === undefined ? '' : plain(observationText(observation), 200),
    verdict.kind === 'pass' ? 'pass' : `**${plain(verdict.kind)}** ${plain(verdict.reason, 300)}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

function detail(entry: Entry, root?: string): string {
  const facts = factsOf(entry, root)
    .filter(([label]) => label !== 'hint')
    .map(([label, value]) => `${label.padEnd(10)}${value}`)
    .join('\n');
  const parts = [`<details><summary>${markOf(entry)} ${plain(entry.probe.name, 200)}</summary>`, fenced(facts)];
  if (entry.verdict.hint !== undefined)
    parts.push('Hint:', fenced(visibleLines(head(entry.verdict.hint, BLOCK_BYTES))));
  const blocks: readonly (readonly [string, string])[] = [
    [
      'Audit records',
      entry.witnesses
        .slice(0, RECORDS)
        .map(({ record }) => record.raw)
        .join('\n'),
    ],
    ['Standard output', entry.observation?.stdout.text ?? ''],
    ['Standard error', entry.observation?.stderr.text ?? ''],
  ];
  for (const [title, text] of blocks) {
    if (text === '') continue;
    const kept = head(text, BLOCK_BYTES);
    parts.push(`${title}${kept.length < text.length ? ' (the beginning)' : ''}:`, fenced(visibleLines(kept)));
  }
  return [...parts, '</details>'].join('\n\n');
}
