/** Turns the signals that ask a program to end into an AbortSignal. */
import { progress } from './console.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** @returns a signal that the first Ctrl-C, SIGTERM or SIGHUP aborts; the run then restores the host and reports. */
export function abortOnInterrupt(): AbortSignal {
  const controller = new AbortController();
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (!controller.signal.aborted) progress(`${name}: stopping and restoring the host`);
      controller.abort();
    });
  }
  return controller.signal;
}
