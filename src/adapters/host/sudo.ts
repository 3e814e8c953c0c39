/** Becomes root through passwordless sudo: loading profiles and reading the kernel log need it. */
import { HarnessError } from '#core/model/errors.ts';
import { LAB_VARIABLE, OWNER_VARIABLE } from './environment.ts';
import { exec, start } from './exec.ts';

/** Variables that the elevated program needs; sudo drops the rest. */
const KEPT = ['DOCKER_HOST', 'NO_COLOR', 'FORCE_COLOR', 'CI', LAB_VARIABLE, 'TERM'];

export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

export async function canSudo(): Promise<boolean> {
  return (await exec(['sudo', '-n', 'true'], { timeoutMs: 10_000 })).exit === 0;
}

/**
 * Runs this same command line again as root, on the same terminal.
 * @param args other arguments in place of those that this command line has.
 * @returns its exit status. @throws HarnessError `no-rights`
 */
export async function rerunAsRoot(args: readonly string[] = process.argv.slice(2)): Promise<number> {
  if (!(await canSudo()))
    throw new HarnessError('no-rights', 'This user is not root, and sudo asks for a password or is not installed.');
  const kept = KEPT.flatMap((name) => (process.env[name] === undefined ? [] : [`${name}=${process.env[name] ?? ''}`]));
  const owner = `${OWNER_VARIABLE}=${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  // an absolute path: sudo's PATH need not have this node
  const child = start(['sudo', '-n', 'env', ...kept, owner, process.execPath, ...process.argv.slice(1, 2), ...args], {
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      child.kill(signal);
    }); // the terminal reaches both; the rest must be passed on
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit) => {
      resolve(exit ?? 4);
    });
  });
}
