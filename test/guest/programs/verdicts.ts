/** What a suite said, as rows that can be compared between runs and between hosts. */
import type { Suite } from '#core/model/model.ts';
import { memberState, tallyOf } from '#core/verdict/closed-class.ts';

/** A name, and what was said of it. */
export type Row = readonly [name: string, said: string];

/** @returns for each probe `suite: probe` and `kind (code)` */
export function probeRows({ title, entries }: Suite): readonly Row[] {
  return entries.map(({ probe, verdict }) => [`${title}: ${probe.name}`, `${verdict.kind} (${verdict.code})`]);
}

/** @returns for each closed class its kind: of how many members it is, depends on the kernel */
export function classRows({ title, closed = [] }: Suite): readonly Row[] {
  return closed.map((result) => [`${title}: closed ${result.class}`, tallyOf(result).kind]);
}

/** @returns for each attempt of a closed class what became of it: whether it has a record, depends on those before */
export function memberRows({ title, closed = [] }: Suite): readonly Row[] {
  return closed.flatMap(({ class: name, entries }) =>
    entries.map((entry): Row => [
      `${title}: closed ${name}: ${entry.probe.closed?.member ?? entry.probe.name}`,
      memberState(entry),
    ]),
  );
}
