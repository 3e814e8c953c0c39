/** Gives up waiting when the program is interrupted (Ctrl-C). */
import { HarnessError } from '#core/model/errors.ts';

/**
 * Waits for the work, but no longer than until the signal. The work itself goes on: whoever began it puts it away.
 * @returns what the work returns. @throws HarnessError `interrupted`; or what the work throws
 */
export function abortable<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      reject(new HarnessError('interrupted', 'The run was interrupted.'));
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', stop);
    });
  });
}
