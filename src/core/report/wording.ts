/** The words for what a probe tried and what came of it. One place, so that all reports say the same. All output is one visible line. */
import { labelText, sameLabel } from '../model/labels.ts';
import type {
  Action,
  AuditRecord,
  Captured,
  ResultingLabel,
  Entry,
  Expectation,
  Fault,
  Observation,
  ProcessProof,
  Ruling,
  Suite,
  TextMatch,
} from '../model/model.ts';
import { commandText, describeAction, quoted } from '../model/describe-action.ts';
import { grouped, oneLine, relativeTo, visible } from '../text/visible.ts';

/** Longest line that a description makes. */
const LINE = 1000;

/** Most records and notes of one probe that are told one by one; a command can cause thousands. */
const MANY = 8;

/** A labelled line of evidence, for example `tried`, `open /etc/shadow for write`. */
export type Fact = readonly [label: string, value: string];

/** What a probe does: `run top -b -n1`, `open /etc/shadow for write`. */
export function actionText(action: Action, user?: string): string {
  const what =
    action.kind === 'run'
      ? `run ${commandText(action)}`
      : action.kind === 'shell'
        ? `shell ${action.script.trim()}`
        : action.kind === 'http'
          ? `http ${action.url}`
          : describeAction(action);
  return oneLine(user === undefined ? what : `${what} (as ${user})`, LINE);
}

function matchText(match: TextMatch): string {
  const parts: string[] = [];
  if (match.equals !== undefined) parts.push(`equals "${match.equals}"`);
  if (match.contains !== undefined) parts.push(`contains "${match.contains}"`);
  if (match.matches !== undefined) parts.push(`matches /${match.matches}/`);
  if (match.not !== undefined) parts.push(`not (${matchText(match.not)})`);
  return parts.join(' and ');
}

/** What the spec expects: `denied with EACCES, exit nonzero`. */
export function expectationText(expect: Expectation): string {
  const parts = [expect.errno === undefined ? expect.access : `${expect.access} with ${expect.errno}`];
  if (expect.exit !== undefined) parts.push(`exit ${expect.exit}`);
  if (expect.status !== undefined) parts.push(`HTTP ${expect.status}`);
  for (const key of ['stdout', 'stderr', 'body'] as const) {
    const match = expect[key];
    if (match !== undefined) parts.push(`${key} ${matchText(match)}`);
  }
  if (expect.label !== undefined) parts.push(`label ${matchText(expect.label)}`);
  if (expect.mode !== undefined) parts.push(`mode ${expect.mode}`);
  if (expect.secure !== undefined) parts.push(expect.secure ? 'environment scrubbed' : 'environment not scrubbed');
  if (expect.audit === 'none') parts.push('no audit record');
  else if (expect.audit !== undefined)
    parts.push(
      `a record where ${Object.entries(expect.audit)
        .map(([key, match]) => `${key} ${matchText(match)}`)
        .join(', ')}`,
    );
  return oneLine(parts.join(', '), LINE);
}

/** Milliseconds for people. */
export function durationText(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return 'unknown time';
  if (ms < 1) return '<1 ms';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 60_000
    ? `${(ms / 1000).toFixed(1)} s`
    : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** What a probe showed: `failed with EACCES`, `exit 1`, `killed after 5.0 s`. */
export function observationText(seen: Observation): string {
  const parts: string[] = [];
  if (seen.stage === 'lost') parts.push(`no answer: ${seen.problem ?? 'the reason is unknown'}`);
  else if (seen.stage === 'timeout') parts.push('did not end in time and was killed');
  else if (seen.stage === 'exec') parts.push(`could not be started: ${seen.errno ?? 'no reason given'}`);
  else if (seen.errno !== undefined) parts.push(`failed with ${seen.errno}`);
  if (seen.signal !== undefined) parts.push(`ended by ${seen.signal}`);
  if (seen.exit !== undefined) parts.push(`exit ${seen.exit}`);
  if (seen.status !== undefined) parts.push(`HTTP ${seen.status}`);
  if (parts.length === 0) parts.push('succeeded');
  const remark = seen.remark === undefined ? '' : `; ${seen.remark}`;
  return oneLine(`${parts.join(', ')} (${durationText(seen.durationMs)})${remark}`, LINE);
}

/** Keys of a record that tell what was accessed, in the order shown after type, operation and name. */
const TELLING = [
  'denied_mask',
  'denied',
  'requested_mask',
  'capname',
  'family',
  'sock_type',
  'protocol',
  'signal',
  'peer',
  'target',
  'flags',
  'fstype',
  'srcname',
  'info',
  'error',
] as const;

/** One record in short: `DENIED open /etc/shadow denied_mask=w requested_mask=w`. */
export function recordText(record: AuditRecord): string {
  const field = (key: string): string | undefined =>
    Object.hasOwn(record.fields, key) ? record.fields[key] : undefined;
  const name = field('name');
  const parts = [record.type, field('operation') ?? '?'];
  if (name !== undefined) parts.push(quoted(name));
  for (const key of TELLING) {
    const value = field(key);
    if (value !== undefined) parts.push(`${key}=${quoted(value)}`);
  }
  return oneLine(parts.join(' '), LINE);
}

/** Who made the attempt: `pid 4711 under x (enforce)`. */
export function processText({ pid, label, expected }: ProcessProof): string {
  return oneLine(`pid ${pid} under ${label}${sameLabel(label, expected) ? '' : `, not ${expected}`}`, LINE);
}

/** What came of a change of label: `x//child (enforce), environment scrubbed`. */
export function carriedText({ label, mode, secure }: ResultingLabel): string {
  return oneLine(
    `${labelText(label, mode)}${secure === undefined ? '' : secure ? ', environment scrubbed' : ', environment not scrubbed'}`,
    LINE,
  );
}

/** What the kernel says of the loaded policy when it is asked. */
function rulingText({ path, permissions, allowed }: Ruling): string {
  return oneLine(
    `the kernel, asked, says that the policy ${allowed ? 'allows' : 'does not allow'} ${permissions} of ${quoted(path)}`,
    LINE,
  );
}

/** How much of an output there is: `12 bytes`, `64 of 9,000 bytes`. */
export function sizeText(output: Captured): string {
  return output.truncated
    ? `cut by the agent, ${grouped(output.bytes)} bytes in all`
    : `${grouped(output.bytes)} bytes`;
}

/** Where the probe stands in its spec, `specs/x.yml:14`. */
export function placeText(entry: Entry, root?: string): string {
  const { file, line } = entry.probe.at;
  return oneLine(`${relativeTo(root, file)}:${line}`, LINE);
}

/** All that is known of a probe in labelled lines, its outputs and raw records excepted. */
export function factsOf(entry: Entry, root?: string): readonly Fact[] {
  const { probe, verdict, observation, control, witnesses } = entry;
  const facts: Fact[] = [['probe', `${visible(probe.id)} at ${placeText(entry, root)}`]];
  if (probe.because !== undefined) facts.push(['because', oneLine(probe.because, LINE)]);
  facts.push(
    [
      'tried',
      `${probe.from === undefined ? '' : `by the peer ${visible(probe.from)}: `}${actionText(probe.action, probe.user)}`,
    ],
    ['expected', expectationText(probe.expect)],
  );
  if (observation !== undefined) facts.push(['happened', observationText(observation)]);
  if (observation?.process !== undefined) facts.push(['process', processText(observation.process)]);
  if (observation?.other !== undefined) facts.push(['other end', processText(observation.other)]);
  if (observation?.carried !== undefined) facts.push(['carries', carriedText(observation.carried)]);
  // what was denied first: it is what the verdict rests on
  const ordered = [...witnesses].sort(
    (a, b) => Number(b.record.type === 'DENIED') - Number(a.record.type === 'DENIED'),
  );
  for (const { record, by } of ordered.slice(0, MANY)) facts.push(['kernel', `${recordText(record)} (by ${by})`]);
  if (witnesses.length > MANY) facts.push(['kernel', `and ${grouped(witnesses.length - MANY)} more records`]);
  if (witnesses.length === 0 && observation !== undefined) facts.push(['kernel', 'no record']);
  if (entry.ruling !== undefined) facts.push(['policy', rulingText(entry.ruling)]);
  if (control !== undefined) facts.push(['control', observationText(control)]);
  facts.push(['verdict', oneLine(`${verdict.kind} [${verdict.code}] ${verdict.reason}`, LINE)]);
  for (const note of verdict.notes.slice(0, MANY)) facts.push(['note', oneLine(note, LINE)]);
  if (verdict.hint !== undefined) facts.push(['hint', oneLine(verdict.hint, LINE)]);
  return facts;
}

/** What a suite ran on and under: profile, mode, image. */
export function underText(suite: Suite): string {
  const { confinement } = suite;
  const profile =
    confinement === undefined ? 'no confinement proved' : `profile ${confinement.profile} (${confinement.mode})`;
  return oneLine(`${profile}, image ${suite.image}`, LINE);
}

/** A fault in one line, its hint apart. */
export function faultText(fault: Fault): string {
  return oneLine(`[${fault.code}] ${fault.message}`, LINE);
}
