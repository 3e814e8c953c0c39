/**
 * Which of the denials during a command made it fail. Programs are refused much that they can do without, so a denial
 * alone shows nothing: it has to fit how the command failed. Pure.
 */
import { describeAction } from '../model/describe-action.ts';
import type { AuditRecord, Observation, Probe, Witness } from '../model/model.ts';
import { isByTheWay, isLibrary } from './by-the-way.ts';
import { isDenial, recordKey, type Facts } from './facts.ts';
import { failureLines, tellsPermission, type FailureLines } from './failure-lines.ts';
import { exactnessOf, type Exactness } from './named-objects.ts';

/** What made a command fail. */
export interface DecisiveDenial {
  readonly record: AuditRecord;
  /** It kept a program from starting: it was not executed, or its libraries or its script were refused. */
  readonly isStart: boolean;
}

/** A command that was denied, and what it said. */
interface Failure extends FailureLines {
  readonly probe: Probe;
  readonly observation: Observation;
  /** The command line. */
  readonly command: string;
  /** Names that its own processes may have, as the kernel cuts them. */
  readonly programs: ReadonlySet<string>;
}

/** The kernel keeps 15 bytes of a program's name (TASK_COMM_LEN). */
const COMM = 15;
/** A message about a path: a record of a child that is about another one does not fit it. */
const NAMES_A_PATH = /(^|[\s'"`:(])\//;
/** What a shell exits with when it cannot execute what it found, and when it, or a loader, finds nothing. */
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

/** @returns the denial that fits how the command failed; undefined when none does. */
export function decisiveDenial(facts: Facts): DecisiveDenial | undefined {
  const denials = facts.witnesses.filter((witness) => isDenial(witness) && !isBackground(facts, witness));
  if (denials.length === 0) return undefined;

  const failure = failureOf(facts);
  return (
    refusedExec(failure, denials) ??
    death(failure, denials) ??
    refusedLibrary(failure, denials) ??
    best(failure, denials)
  );
}

/** @returns the denial to look at first: the decisive one, else the last that programs do not commonly survive. */
export function likelyDenial(facts: Facts): Pick<DecisiveDenial, 'record'> | undefined {
  const denials = facts.witnesses.filter(isDenial);
  return decisiveDenial(facts) ?? denials.findLast(({ record }) => !isByTheWay(record)) ?? denials.at(-1);
}

/**
 * @returns the last denial of something that a command names, in its output as refused or on its command line: it was
 * denied that, even where it ended as if it had succeeded.
 */
export function namedDenial(facts: Facts): AuditRecord | undefined {
  const failure = failureOf(facts);
  const own = facts.witnesses.filter(
    (witness) => isDenial(witness) && !isBackground(facts, witness) && isOwn(failure, witness),
  );
  return own.findLast(({ record }) => isNamed(failure, record))?.record;
}

function isNamed({ command, lines }: Failure, record: AuditRecord): boolean {
  const isSaid = lines.some((line) => tellsPermission(line) && exactnessOf(line, record) >= 2);
  const inCommand = exactnessOf(command, record);
  const isPathless = record.fields['name'] === undefined;
  return isSaid || inCommand === 3 || (inCommand === 2 && (isExec(record) || isPathless) && !isByTheWay(record));
}

/** What another process is refused at other times too, it is refused whatever the command does. */
function isBackground({ background }: Facts, { record, by }: Witness): boolean {
  return by === 'window' && background?.has(recordKey(record)) === true;
}

function failureOf({ probe, observation, control, witnesses }: Facts): Failure {
  const command = describeAction(probe.action);
  const own = witnesses.filter(({ by }) => by === 'pid').map(({ record }) => record.fields['comm'] ?? '');
  const shell = probe.action.kind === 'shell' ? ['sh'] : [];
  const words = (command.match(/[\w./+-]+/g) ?? []).map((word) =>
    word.slice(word.lastIndexOf('/') + 1, COMM + word.length),
  );
  const programs = new Set(
    [...own, ...shell, ...words.map((word) => word.slice(0, COMM))].filter((name) => name !== ''),
  );
  return { probe, observation, command, programs, ...failureLines(observation, control) };
}

/** The command itself was not executed. */
function refusedExec({ observation, programs }: Failure, denials: readonly Witness[]): DecisiveDenial | undefined {
  if (observation.stage !== 'exec') return undefined;
  const execs = denials.filter(({ record }) => record.fields['operation'] === 'exec');
  const own = execs.filter(({ by }) => by !== 'window');
  const named = execs.filter(({ record }) => programs.has(baseName(record.fields['name'] ?? '').slice(0, COMM)));
  const witness = own.at(-1) ?? named.at(-1) ?? denials.findLast(({ by }) => by === 'comm');
  return witness && { record: witness.record, isStart: true };
}

/** A profile in kill mode ends the process with its record. */
function death({ observation }: Failure, denials: readonly Witness[]): DecisiveDenial | undefined {
  if (observation.signal !== 'SIGKILL') return undefined;
  const witness = denials.findLast(({ record, by }) => record.type === 'KILLED' && by !== 'window');
  return witness && { record: witness.record, isStart: false };
}

/** A program was executed, but its loader could not map its libraries. */
function refusedLibrary(failure: Failure, denials: readonly Witness[]): DecisiveDenial | undefined {
  const { telling, observation } = failure;
  const isSilent = telling === undefined && observation.exit === NOT_FOUND;
  if (telling?.kind !== 'loader' && !isSilent) return undefined;

  const libraries = denials.filter((witness) => isLibrary(witness.record) && isOwn(failure, witness));
  const named = libraries.filter(({ record }) => telling !== undefined && exactnessOf(telling.text, record) >= 2);
  const witness = named.at(-1) ?? libraries.at(-1);
  return witness && { record: witness.record, isStart: true };
}

/** The denial that fits best; of those that fit alike the execution of a program, then the latest. */
function best(failure: Failure, denials: readonly Witness[]): DecisiveDenial | undefined {
  const last = denials.findLast((witness) => isOwn(failure, witness) && !isByTheWay(witness.record));
  const fitting = denials
    .map((witness, index) => ({ record: witness.record, index, fit: fitOf(failure, witness, last) }))
    .filter(({ fit }) => fit > 0)
    .sort((a, b) => b.fit - a.fit || Number(isExec(b.record)) - Number(isExec(a.record)) || b.index - a.index);
  const [first] = fitting;
  if (first === undefined) return undefined;

  const { record } = firstLike(first, fitting);
  return { record, isStart: isExec(record) || isOwnScript(failure, record) };
}

/** A denial and its place among the others. */
interface Candidate {
  readonly record: AuditRecord;
  readonly index: number;
}

/** Without a path, the first of several like it: a program that is refused a socket asks for other families too. */
function firstLike(candidate: Candidate, others: readonly Candidate[]): Candidate {
  const { fields } = candidate.record;
  if (fields['name'] !== undefined) return candidate;
  const alike = others.filter(
    ({ record: other }) =>
      other.fields['name'] === undefined &&
      other.fields['operation'] === fields['operation'] &&
      other.fields['sock_type'] === fields['sock_type'],
  );
  return alike.reduce((one, other) => (other.index < one.index ? other : one), candidate);
}

/**
 * How well a denial fits the failure; 0 when it does not. What the last telling line names comes first, then what other
 * lines name, then what the command line names, then what came last.
 */
function fitOf(failure: Failure, witness: Witness, last: Witness | undefined): number {
  const { record } = witness;
  const { telling, lines } = failure;
  const inTelling = telling === undefined ? 0 : exactnessOf(telling.text, record);

  if (telling?.kind === 'elsewhere') return inTelling === 3 && isOwn(failure, witness) ? 60 : 0;
  const isSaid = telling?.kind === 'permission';
  if (!isOwn(failure, witness)) return isSaid && inTelling === 3 ? 50 : 0;
  if (isSaid && inTelling >= 2) return 60 + inTelling;
  if (lines.some((line) => exactnessOf(line, record) >= 2)) return 40;
  return fitOfUnsaid(failure, witness, last);
}

/** Of a denial that no line of the output names. */
function fitOfUnsaid({ command, telling }: Failure, witness: Witness, last: Witness | undefined): number {
  const { record, by } = witness;
  const inCommand = exactnessOf(command, record);
  const isSaid = telling !== undefined;
  const isPassing = isByTheWay(record);

  if (isPassing && !isSaid) return isAskedFor(record, inCommand) ? 20 : 0;
  if (inCommand >= 2) return 30;
  if (isExec(record)) return 25;
  if (!isPassing && inCommand === 1) return 15;
  if (isSaid) return witness === last && (by !== 'window' || !NAMES_A_PATH.test(telling.text)) ? 10 : 0;
  return record.fields['name'] === undefined && by !== 'window' && witness === last ? 5 : 0;
}

/** Whether a command that says nothing is for what programs otherwise ask for by the way. */
function isAskedFor({ fields }: AuditRecord, inCommand: Exactness): boolean {
  if (fields['operation'] === 'ptrace') return inCommand >= 2;
  return inCommand === 3 && fields['name']?.startsWith('/dev/') === false;
}

/** Whether a record is of the command or of a program that it names, and not of whoever else was active. */
function isOwn({ programs, probe }: Failure, { record, by }: Witness): boolean {
  if (by !== 'window') return true;
  const comm = record.fields['comm'] ?? '';
  return programs.has(comm) || (probe.direct && comm.startsWith('runc:'));
}

function isExec({ fields }: AuditRecord): boolean {
  return fields['operation'] === 'exec';
}

/** Whether a shell or interpreter could not read the script that it was started for. */
function isOwnScript({ probe: { action }, observation, telling }: Failure, { fields }: AuditRecord): boolean {
  if (fields['operation'] !== 'open') return false;
  if (telling !== undefined && observation.exit === NOT_EXECUTABLE) return true;
  if (
    telling !== undefined &&
    /\b(sh|bash|dash): (0: )?cannot open |open perl script|bad interpreter/.test(telling.text)
  )
    return true;
  if (action.kind !== 'run') return false;

  const { name = '' } = fields;
  const [program = '', ...args] = action.argv;
  const isProgram = name === program || (/\/s?bin\//.test(name) && baseName(name) === baseName(program));
  return isProgram && !args.some((arg) => baseName(arg) === baseName(name));
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
