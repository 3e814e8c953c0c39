/** Where in a window the records of each probe can stand, when the probes were tried one after the other. Pure. */
import type { Window } from './losses.ts';

/** A record that was made on purpose while probes were tried, between some of them. */
export interface Mark {
  readonly serial: number;
  /** How many probes, of those in order, had been tried for sure before it was made. */
  readonly tried: number;
  /** How many can have been tried before it was made: those after them came later. */
  readonly begun: number;
}

/**
 * @param order ids of the probes, as they were tried.
 * @param serials of the records that surely are a probe's own.
 * @returns for each probe the serials between the last of an earlier probe and the first of a later one.
 */
export function probeWindows(
  order: readonly string[],
  serials: ReadonlyMap<string, readonly number[]>,
  window: Window,
  marks: readonly Mark[] = [],
): Map<string, Window> {
  const own = order.map((id) => serials.get(id) ?? []);
  const after = own.map(() => window.afterSerial);
  const before = own.map(() => window.beforeSerial);
  for (const { serial, tried, begun } of marks) {
    if (begun < order.length) after[begun] = Math.max(after[begun] ?? 0, serial);
    if (tried > 0) before[tried - 1] = Math.min(before[tried - 1] ?? serial, serial);
  }
  // each bound holds for all probes on that side of it, too
  for (let at = 1; at < order.length; at += 1)
    after[at] = Math.max(after[at] ?? 0, after[at - 1] ?? 0, ...(own[at - 1] ?? []));
  for (let at = order.length - 2; at >= 0; at -= 1)
    before[at] = Math.min(before[at] ?? 0, before[at + 1] ?? 0, ...(own[at + 1] ?? []));
  return new Map(order.map((id, at) => [id, { afterSerial: after[at] ?? 0, beforeSerial: before[at] ?? 0 }]));
}
