/** Where in a window the records of each probe can stand, when the probes were tried one after the other. Pure. */
import type { Window } from './losses.ts';

/**
 * @param order ids of the probes, as they were tried.
 * @param serials of the records that surely are a probe's own.
 * @returns for each probe the serials between the last of an earlier probe and the first of a later one.
 */
export function probeWindows(
  order: readonly string[],
  serials: ReadonlyMap<string, readonly number[]>,
  window: Window,
): Map<string, Window> {
  const serialsOf = (ids: readonly string[]): number[] => ids.flatMap((id) => serials.get(id) ?? []);
  return new Map(
    order.map((id, at) => [
      id,
      {
        afterSerial: Math.max(window.afterSerial, ...serialsOf(order.slice(0, at))),
        beforeSerial: Math.min(window.beforeSerial, ...serialsOf(order.slice(at + 1))),
      },
    ]),
  );
}
