/** Starts git, asking nobody, fetching nothing by itself, and running none of the programs that a repository names. */
import { exec, type ExecResult } from './exec.ts';

/** git without its safety options is not started from anywhere else. @param input for its standard input */
export function git(
  args: readonly string[],
  cwd: string,
  { timeoutMs = 30_000, input }: { readonly timeoutMs?: number; readonly input?: string } = {},
): Promise<ExecResult> {
  const env = {
    ...process.env,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_LAZY_FETCH: '1',
  };
  return exec(
    ['git', '-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'protocol.ext.allow=never', ...args],
    { cwd, env, timeoutMs, ...(input === undefined ? {} : { input }) },
  );
}

/** The first lines that git printed on standard error. */
export function firstErrors(result: ExecResult | undefined): string[] {
  return (result?.stderr ?? '').split('\n').filter(Boolean).slice(0, 5);
}
