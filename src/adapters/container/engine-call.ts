/** Calls to the engine: bounded in time, and failing with the engine's own words. */
import { HarnessError, type ErrorCode } from '#core/model/errors.ts';

const CALL_MS = 120_000;

/** A call with a limit; what the engine answers on failure goes into the message. */
export async function engineCall<T>(code: ErrorCode, what: string, promise: Promise<T>, ms = CALL_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer in ${ms / 1000} s`));
    }, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } catch (error) {
    throw error instanceof HarnessError
      ? error
      : new HarnessError(code, `${what}: ${failureText(error)}.`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** What the engine said, without the transport's wrapping. */
export function failureText(error: unknown): string {
  const { json, message } = error as { json?: { message?: string }; message?: string };
  return (json?.message ?? message ?? String(error)).trim().replace(/\.$/, '');
}
