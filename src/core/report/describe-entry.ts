/**
 * The words for what a probe tried and what came of it, the same in all reports. Pure.
 *
 * Every function returns one visible line.
 */
import { commandText, describeAction, quoted } from '../model/describe-action.ts';
import { labelText, sameLabel } from '../model/labels.ts';
import type {
  Action,
  AuditRecord,
  Captured,
  Entry,
  Evidence,
  Expectation,
  Fault,
  Observation,
  ProcessProof,
  ResultingLabel,
  Ruling,
  Suite,
  TextMatch,
  Witness,
} from '../model/model.ts';
import { counted, oneLine, relativeTo, visible } from '../text/visible.ts';

/** Longest line that a description makes. */
const LINE = 1000;

/** Most records and notes of one probe that are listed; a command can cause thousands. */
const MOST_LISTED = 8;

/** A labelled line of evidence, for example `tried`, `open /etc/shadow for write`. */
export type Fact = readonly [label: string, value: string];

/** What a probe does: `run top -b -n1`, `open /etc/shadow for write`. */
export function actionText(action: Action, user?: string): string {
  const text = unboundedActionText(action);
  return oneLine(user === undefined ? text : `${text} (as ${user})`, LINE);
}

function unboundedActionText(action: Action): string {
  switch (action.kind) {
    case 'run':
      return `run ${commandText(action)}`;
    case 'shell':
      return `shell ${action.script.trim()}`;
    case 'http':
      return `http ${action.url}`;
    case 'operation':
      return describeAction(action);
  }
}

/** What the spec expects: `denied with EACCES, exit nonzero`. */
export function expectationText(expect: Expectation): string {
  const parts = [
    expect.errno === undefined ? expect.access : `${expect.access} with ${expect.errno}`,
    expect.by === undefined ? undefined : `by ${expect.by}`,
    expect.exit === undefined ? undefined : `exit ${expect.exit}`,
    expect.status === undefined ? undefined : `HTTP ${expect.status}`,
    matchOf('stdout', expect.stdout),
    matchOf('stderr', expect.stderr),
    matchOf('body', expect.body),
    matchOf('label', expect.label),
    expect.mode === undefined ? undefined : `mode ${expect.mode}`,
    expect.secure === undefined ? undefined : environmentText(expect.secure),
    auditText(expect.audit),
  ];
  return oneLine(present(parts).join(', '), LINE);
}

function matchOf(name: string, match: TextMatch | undefined): string | undefined {
  return match === undefined ? undefined : `${name} ${matchText(match)}`;
}

function matchText(match: TextMatch): string {
  const parts = [
    match.equals === undefined ? undefined : `equals "${match.equals}"`,
    match.contains === undefined ? undefined : `contains "${match.contains}"`,
    match.matches === undefined ? undefined : `matches /${match.matches}/`,
    match.not === undefined ? undefined : `not (${matchText(match.not)})`,
  ];
  return present(parts).join(' and ');
}

function auditText(audit: Expectation['audit']): string | undefined {
  if (audit === undefined) return undefined;
  if (audit === 'none') return 'no audit record';
  const fields = Object.entries(audit).map(([key, match]) => `${key} ${matchText(match)}`);
  return `a record where ${fields.join(', ')}`;
}

/** What the kernel's AT_SECURE means to a program (getauxval(3)). */
function environmentText(secure: boolean): string {
  return secure ? 'environment scrubbed' : 'environment not scrubbed';
}

function present(parts: readonly (string | undefined)[]): readonly string[] {
  return parts.filter((part) => part !== undefined);
}

/** Milliseconds for people: `<1 ms`, `12 ms`, `1.5 s`, `2 min 3 s`. */
export function durationText(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return 'unknown time';
  if (ms < 1) return '<1 ms';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** What a probe showed: `failed with EACCES (<1 ms)`, `exit 1 (12 ms)`, `timed out and was killed (5.0 s)`. */
export function observationText(observation: Observation): string {
  const { signal, exit, status, durationMs, remark } = observation;
  const parts = present([
    stageText(observation),
    signal === undefined ? undefined : `ended by ${signal}`,
    exit === undefined ? undefined : `exit ${exit}`,
    status === undefined ? undefined : `HTTP ${status}`,
  ]);
  const outcome = parts.length === 0 ? 'succeeded' : parts.join(', ');
  const end = remark === undefined ? '' : `; ${remark}`;
  return oneLine(`${outcome} (${durationText(durationMs)})${end}`, LINE);
}

/** How far a probe came, unless it came to its end without an error. */
function stageText({ stage, problem, errno }: Observation): string | undefined {
  switch (stage) {
    case 'lost':
      return `no answer: ${problem ?? 'the reason is unknown'}`;
    case 'timeout':
      return 'timed out and was killed';
    case 'exec':
      return `could not be started: ${errno ?? 'the reason is unknown'}`;
    case 'done':
    default:
      return errno === undefined ? undefined : `failed with ${errno}`;
  }
}

/** Keys of a record that tell what was accessed, in the order shown after type, operation and name. */
const ACCESS_KEYS = [
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
export function recordText({ type, fields }: AuditRecord): string {
  const field = (key: string): string | undefined => (Object.hasOwn(fields, key) ? fields[key] : undefined);
  const name = field('name');
  const keys = ACCESS_KEYS.map((key) => {
    const value = field(key);
    return value === undefined ? undefined : `${key}=${quoted(value)}`;
  });
  const parts = [type, field('operation') ?? '?', name === undefined ? undefined : quoted(name), ...keys];
  return oneLine(present(parts).join(' '), LINE);
}

/** Who made the attempt: `pid 4711 under x (enforce)`. */
export function processText({ pid, label, expected }: ProcessProof): string {
  const correction = sameLabel(label, expected) ? '' : `, not ${expected}`;
  return oneLine(`pid ${pid} under ${label}${correction}`, LINE);
}

/** What came of a change of label: `x//child (enforce), environment scrubbed`. */
export function carriedText({ label, mode, secure }: ResultingLabel): string {
  const parts = [labelText(label, mode), secure === undefined ? undefined : environmentText(secure)];
  return oneLine(present(parts).join(', '), LINE);
}

/** The kernel's own answer about the loaded policy. */
function rulingText({ path, permissions, allowed }: Ruling): string {
  const verb = allowed ? 'allows' : 'does not allow';
  return oneLine(`asked directly, the kernel reports that the policy ${verb} ${permissions} on ${quoted(path)}`, LINE);
}

/** How much of an output there is: `12 bytes`, `9,000 bytes in total, cut by the agent`. */
export function sizeText({ bytes, truncated }: Captured): string {
  return truncated ? `${counted(bytes, 'byte')} in total, cut by the agent` : counted(bytes, 'byte');
}

/** Where the probe is in its spec, `specs/x.yml:14`. */
export function placeText(entry: Entry, root?: string): string {
  const { file, line } = entry.probe.at;
  return oneLine(`${relativeTo(root, file)}:${line}`, LINE);
}

/** All that is known of a probe in labelled lines, except for its outputs and raw records. */
export function factsOf(entry: Entry, root?: string): readonly Fact[] {
  return [...probeFacts(entry, root), ...observationFacts(entry), ...verdictFacts(entry)];
}

function probeFacts(entry: Entry, root?: string): readonly Fact[] {
  const { id, because, from, action, user, expect } = entry.probe;
  const by = from === undefined ? '' : `by the peer ${visible(from)}: `;
  return facts([
    ['probe', `${visible(id)} at ${placeText(entry, root)}`],
    ['because', because === undefined ? undefined : oneLine(because, LINE)],
    ['tried', `${by}${actionText(action, user)}`],
    ['expected', expectationText(expect)],
  ]);
}

function observationFacts({ observation, control, witnesses, evidence, ruling }: Entry): readonly Fact[] {
  const { process, other, carried } = observation ?? {};
  const noRecord = witnesses.length === 0 && observation !== undefined;
  return facts([
    ['happened', observation === undefined ? undefined : observationText(observation)],
    ['process', process === undefined ? undefined : processText(process)],
    ['other end', other === undefined ? undefined : processText(other)],
    ['label', carried === undefined ? undefined : carriedText(carried)],
    ...witnessFacts(witnesses),
    ['kernel', noRecord ? 'no record' : undefined],
    ...(evidence === undefined ? [] : evidenceFacts(evidence)),
    ['policy', ruling === undefined ? undefined : rulingText(ruling)],
    ['control', control === undefined ? undefined : observationText(control)],
  ]);
}

function witnessText({ record, by, before }: Witness): string {
  const place = before === undefined ? '' : `, of ${before}, not of the access itself`;
  return `${recordText(record)} (by ${by}${place})`;
}

/** Records of denials first: the verdict rests on them. */
function witnessFacts(witnesses: readonly Witness[]): readonly Fact[] {
  const isDenial = ({ record }: Witness): number => Number(record.type === 'DENIED');
  const listed = [...witnesses].sort((a, b) => isDenial(b) - isDenial(a)).slice(0, MOST_LISTED);
  const rest = witnesses.length - listed.length;
  return [
    ...listed.map((witness): Fact => ['kernel', witnessText(witness)]),
    ...(rest > 0 ? [['kernel', `and ${counted(rest, 'more record')}`] as const] : []),
  ];
}

/** What a second attempt under `noquiet` showed: no line of it may be taken for the first one's. */
function evidenceFacts({ observation, witnesses }: Evidence): readonly Fact[] {
  return [
    ['evidence', `a second attempt under noquiet, which decides nothing: ${observationText(observation)}`],
    ...witnesses.slice(0, MOST_LISTED).map(({ record }): Fact => ['evidence', recordText(record)]),
  ];
}

function verdictFacts({ verdict: { kind, code, reason, notes, hint } }: Entry): readonly Fact[] {
  return facts([
    ['verdict', oneLine(`${kind} [${code}] ${reason}`, LINE)],
    ...notes.slice(0, MOST_LISTED).map((note): Fact => ['note', oneLine(note, LINE)]),
    ['hint', hint === undefined ? undefined : oneLine(hint, LINE)],
  ]);
}

/** Those that have a value. */
function facts(lines: readonly (readonly [label: string, value: string | undefined])[]): readonly Fact[] {
  return lines.flatMap(([label, value]) => (value === undefined ? [] : [[label, value] as const]));
}

/** What a suite ran on and under: profile, mode, image. */
export function underText({ confinement, image }: Suite): string {
  const profile =
    confinement === undefined ? 'confinement not proved' : `profile ${confinement.profile} (${confinement.mode})`;
  return oneLine(`${profile}, image ${image}`, LINE);
}

/** What else could deny an access in the suite's container, beside the profile. */
export function layersText({ layers }: Suite): string {
  return oneLine(`other layers: ${layers.join('; ')}`, LINE);
}

/** Proof from the kernel that the container is confined; undefined when there is none. */
export function labelProofText({ confinement }: Suite): string | undefined {
  const proof = confinement?.labels[0];
  if (proof === undefined) return undefined;
  return oneLine(`the kernel reports that the ${proof.process} (pid ${proof.pid}) runs under ${proof.label}`, LINE);
}

/** A fault in one line, without its hint. */
export function faultText(fault: Fault): string {
  return oneLine(`[${fault.code}] ${fault.message}`, LINE);
}
