/** Runs mmdebstrap: what it mounts goes with it, and a mirror that fails once is asked again. */
import type { ErrorCode } from '#core/model/errors.ts';
import { exec } from '#adapters/host/exec.ts';
import { rootArgv, failed, runOrFail, systemEnvironment, type Progress } from '#adapters/host/run-step.ts';

/**
 * In a mount namespace of its own the mounts below a root file system are nobody else's, and none is left when it is
 * killed. Where that is not allowed mmdebstrap mounts what it can.
 */
const APART = 'if unshare --mount true 2>/dev/null; then exec unshare --mount "$@"; fi; exec "$@"';

/** One run of mmdebstrap. */
interface TreeOptions {
  /** Code of the error when it fails. */
  readonly code: ErrorCode;
  /** The step, for messages. */
  readonly what: string;
  /** mmdebstrap and its arguments. */
  readonly argv: readonly string[];
  /** The folder or tar file that is made. */
  readonly target: string;
  readonly progress: Progress;
}

/** @throws HarnessError with the code, when it fails twice. */
export async function makeDebianTree({ code, what, argv, target, progress }: TreeOptions): Promise<void> {
  const command = rootArgv(['sh', '-c', APART, 'lab', ...argv]);
  const options = { env: systemEnvironment() };
  const first = await exec(command, options);
  if (first.exit === 0) return;
  const how = first.startError ?? first.signal ?? `exit ${String(first.exit)}`;
  progress(`lab: ${what} failed (${how}); trying once more, in case the mirror failed …`);
  await runOrFail(code, 'clearing up', rootArgv(['rm', '-rf', '--one-file-system', target]));
  const second = await exec(command, options);
  if (second.exit !== 0) throw failed(code, `${what} failed twice: ${argv[0] ?? ''}`, second);
}
