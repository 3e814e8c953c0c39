/** What an attempt amounts to: it succeeded, it failed, or it proves nothing. Pure. */
import type { Observation, Probe } from '../model/model.ts';

export type ProbeOutcome = Succeeded | Failed | Unclear;

interface Succeeded {
  readonly kind: 'succeeded';
}

interface Failed {
  readonly kind: 'failed';
  /** A part of a sentence: `EACCES`, `exit status 1`. */
  readonly how: string;
}

/** No usable answer. */
interface Unclear {
  readonly kind: 'unclear';
  readonly code: 'no-answer' | 'timeout' | 'not-asked' | 'not-runnable';
  /** A clause that begins with its subject: `it did not end within 5000 ms and was killed`. */
  readonly why: string;
}

/** Exec errors that are not about permission: the program is missing, or is not a program. */
const NOT_A_DENIAL: ReadonlySet<string> = new Set([
  'ENOENT',
  'ENOTDIR',
  'ENOEXEC',
  'ELOOP',
  'ENAMETOOLONG',
  'ENOMEM',
  'E2BIG',
  'EAGAIN',
  'ETXTBSY',
]);

/**
 * What the agent answers when it could not ask the kernel, or when the kernel does not ask AppArmor for this
 * (src/agent/attempt.c, ops_cap.c). And ETXTBSY, a file that is being executed or written: the kernel finds that before
 * it asks AppArmor (do_dentry_open).
 */
const NOT_ASKED: ReadonlySet<string> = new Set(['ECANCELED', 'EOPNOTSUPP', 'ENOSYS', 'ETIMEDOUT', 'ETXTBSY']);

/** What a shell exits with when it finds no command of that name. */
const COMMAND_NOT_FOUND = 127;

/** @returns how the attempt ended, whatever was expected of it. */
export function probeOutcome(probe: Probe, observation: Observation): ProbeOutcome {
  const { stage, errno, signal, status, exit, problem } = observation;

  if (stage === 'lost') return unclear('no-answer', problem ?? 'no answer came back');
  if (stage === 'timeout') return unclear('timeout', `it did not end within ${probe.timeoutMs} ms and was killed`);
  if (errno !== undefined) return outcomeOfErrno(probe, observation, errno);
  if (signal !== undefined) return failed(`killed by ${signal}`);
  if (status !== undefined) return status < 400 ? { kind: 'succeeded' } : failed(`HTTP status ${status}`);
  if (exit === undefined || exit === 0) return { kind: 'succeeded' };

  if (probe.action.kind === 'shell' && exit === COMMAND_NOT_FOUND)
    return unclear('not-runnable', 'the shell exited with status 127: it did not find a command');
  return exitOutcome(observation);
}

/** @returns the failure that an exit status alone shows. */
export function exitOutcome({ exit }: Observation): ProbeOutcome {
  return failed(`exit status ${exit}`);
}

/** @returns the same, but a status that the spec declares for an allowed access is a success. */
export function outcomeAsDeclared(probe: Probe, observation: Observation): ProbeOutcome {
  return isAsDeclared(probe, observation) ? { kind: 'succeeded' } : probeOutcome(probe, observation);
}

/** @returns how it ended, as part of a sentence. */
export function outcomeText(outcome: ProbeOutcome): string {
  switch (outcome.kind) {
    case 'succeeded':
      return 'it succeeded';
    case 'failed':
      return outcome.how;
    case 'unclear':
      return outcome.why;
  }
}

/** Whether the probe is a command that the agent starts, and not one operation or a request. */
export function isCommand({ action }: Probe): boolean {
  return action.kind === 'run' || action.kind === 'shell';
}

function outcomeOfErrno(probe: Probe, observation: Observation, errno: string): ProbeOutcome {
  const { stage, signal, remark } = observation;

  const missing = signal === undefined ? missingProfile(probe, errno) : undefined;
  if (missing !== undefined) return unclear('not-asked', missing);
  if (probe.action.kind === 'operation' && signal === undefined && NOT_ASKED.has(errno))
    return unclear('not-asked', `it could not be tried: ${remark?.replace(/^not tried: /, '') ?? errno}`);
  if (isCommand(probe) && NOT_A_DENIAL.has(errno))
    return unclear('not-runnable', `the command could not be started: ${errno}`);
  return failed(stage === 'exec' ? `the program could not be started: ${errno}` : errno);
}

/**
 * A change to a profile that is not there is refused before any rule is asked (security/apparmor/domain.c): ENOENT, and
 * for a hat of a profile without hats ECHILD.
 */
function missingProfile({ action }: Probe, errno: string): string | undefined {
  if (action.kind !== 'operation' || action.class !== 'change_profile') return undefined;
  if (errno !== 'ENOENT' && errno !== 'ECHILD') return undefined;
  const [name = '', program] = action.args;
  if (action.name === 'change_hat') return `the profile has no hat ${JSON.stringify(name)}, so no rule was asked`;
  const orNoProgram = program?.startsWith('/') === true ? `, or there is no ${program}` : '';
  return `no profile ${JSON.stringify(name)} is loaded${orNoProgram}, so no rule was asked`;
}

function isAsDeclared({ expect }: Probe, { stage, errno, exit, status }: Observation): boolean {
  if (expect.access === 'denied' || stage !== 'done' || errno !== undefined) return false;
  const isDeclaredExit = typeof expect.exit === 'number' && exit === expect.exit;
  const isDeclaredStatus = expect.status !== undefined && status === expect.status;
  return isDeclaredExit || isDeclaredStatus;
}

function failed(how: string): Failed {
  return { kind: 'failed', how };
}

function unclear(code: Unclear['code'], why: string): Unclear {
  return { kind: 'unclear', code, why };
}
