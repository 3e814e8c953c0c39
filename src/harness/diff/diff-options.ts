/** What a comparison is given. */
import type { IncludeFolders, Waiver } from '#core/model/model.ts';

/** One side of a comparison: a file, and how it is called in reports. */
export interface Side {
  readonly label: string;
  readonly file: string;
  /** Where its includes are searched. */
  readonly includes: IncludeFolders;
}

export interface DiffOptions {
  readonly base: Side;
  readonly head: Side;
  /** Ask the kernel; else only the expressions are read. */
  readonly kernel: boolean;
  /** Try its probes under both profiles. */
  readonly spec?: string;
  readonly waivers: readonly Waiver[];
  /** `YYYY-MM-DD` */
  readonly today: string;
  /** Name of the lab suite when this is a lab guest. */
  readonly lab?: string;
  readonly signal: AbortSignal;
}
