/** Steps of the lab: announced, timed, and turned into the user's error when they fail. */
import { HarnessError, type ErrorCode } from '#core/model/errors.ts';
import { exec, type ExecOptions, type ExecResult } from './exec.ts';

/** Takes one line for the user. */
export type Progress = (line: string) => void;

/**
 * Runs a program that has to succeed.
 * @param code the error's code when it does not
 * @param what the step, for the message
 */
export async function runOrFail(
  code: ErrorCode,
  what: string,
  argv: readonly string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const result = await exec(argv, options);
  if (result.exit === 0) return result;
  throw failed(code, `${what} failed: ${argv.slice(0, 3).join(' ')}`, result);
}

/** The user's error for a program that did not succeed: how it ended, and its last output. */
export function failed(code: ErrorCode, message: string, result: ExecResult): HarnessError {
  const how = result.startError ?? (result.timedOut ? 'timed out' : (result.signal ?? `exit ${String(result.exit)}`));
  const tail = `${result.stdout.toString()}\n${result.stderr}`
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-15);
  return new HarnessError(code, `${message}: ${how}.`, { details: tail });
}

/** The argv that runs a program as root: as it is when we are root, else through sudo, which must not ask. */
export function rootArgv(argv: readonly string[]): readonly string[] {
  return process.getuid?.() === 0 ? argv : ['sudo', '-n', ...argv];
}

/**
 * The environment for programs of the system, which start others of the system. With the user's PATH they may find the
 * user's own Python or a wrapper around it, which, started once for each package, takes longer than all the rest.
 */
export function systemEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: '/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin' };
}

/** Announces a step, runs it, and reports how long it took. */
export async function step<T>(progress: Progress, what: string, work: () => Promise<T>): Promise<T> {
  progress(`lab: ${what} …`);
  const begin = performance.now();
  const result = await work();
  progress(`lab: ${what}: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  return result;
}
