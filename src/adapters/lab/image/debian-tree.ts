/** Runs mmdebstrap: what it mounts goes with it, and a mirror that fails once is asked again. */
import type { ErrorCode } from '#core/model/errors.ts';
import { exec } from '#adapters/host/exec.ts';
import { rootArgv, failed, runOrFail, systemEnvironment, type Progress } from '#adapters/host/run-step.ts';

/**
 * In a mount namespace of its own the mounts below a root file system are nobody else's, and none is left when it is
 * killed. Where that is not allowed mmdebstrap mounts what it can.
 */
const APART = 'if unshare --mount true 2>/dev/null; then exec unshare --mount "$@"; fi; exec "$@"';

/**
 * @param what for messages
 * @param argv mmdebstrap and its arguments
 * @param target the folder or tar file that is made
 * @throws HarnessError with the code, when it fails twice
 */
export async function makeDebianTree(
  code: ErrorCode,
  what: string,
  argv: readonly string[],
  target: string,
  progress: Progress,
): Promise<void> {
  const command = rootArgv(['sh', '-c', APART, 'lab', ...argv]);
  const options = { env: systemEnvironment() };
  const first = await exec(command, options);
  if (first.exit === 0) return;
  progress(
    `lab: ${what} failed (${first.startError ?? first.signal ?? `exit ${String(first.exit)}`}); once more, as a mirror may have failed …`,
  );
  await runOrFail(code, 'clearing up', rootArgv(['rm', '-rf', '--one-file-system', target]));
  const second = await exec(command, options);
  if (second.exit !== 0) throw failed(code, `${what} failed twice: ${argv[0] ?? ''}`, second);
}
