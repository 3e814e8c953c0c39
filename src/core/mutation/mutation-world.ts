/** What is around a profile: mutants name files, programs and labels that exist. Plain data. */

export interface MutationWorld {
  /** Files and folders of the container, sorted; folders have a slash at their end. */
  readonly files: readonly string[];
  /** Those of its files that can be executed, sorted. */
  readonly programs: readonly string[];
  /** Profiles that other processes run under, `unconfined` not among them, sorted. */
  readonly labels: readonly string[];
}

/** Where nothing is known, mutants name what every system has. */
export const UNKNOWN_WORLD: MutationWorld = { files: [], programs: [], labels: [] };
