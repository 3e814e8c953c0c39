/** What a mutation run found, as plain data, and the score. Pure. */
import type { ReportHead } from '../model/model.ts';
import type { MutationKind } from './rule-mutants.ts';

/**
 * What became of a mutant.
 * `killed`: a verdict of the spec changed. `survived`: every probe still passes. `equivalent`: no access is decided
 * otherwise. `invalid`: apparmor_parser rejects it. `untestable`: nothing on this host could tell it from the original.
 * `undecided`: probes came to no verdict under it, and not reproducibly so. `untried`: the run ended before.
 */
export type MutantState = 'killed' | 'survived' | 'equivalent' | 'invalid' | 'untestable' | 'undecided' | 'untried';

export interface MutantResult {
  readonly id: string;
  readonly kind: MutationKind;
  readonly file: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
  readonly state: MutantState;
  /** Name of the probe that killed it. */
  readonly killedBy?: string;
  /** The verdict that killed it, or why it is set aside. */
  readonly reason?: string;
  /** Id of the mutant with the same compiled policy, whose result this is. */
  readonly sameAs?: string;
  /** A probe that would kill it, as YAML of a spec. */
  readonly probe?: string;
  readonly ms: number;
}

export interface MutationReport extends ReportHead {
  readonly spec: string;
  readonly title: string;
  readonly profileFile?: string;
  readonly probes: number;
  readonly options: { readonly included: boolean; readonly grep?: string; readonly minScore?: number };
  /** How long the mutants took, from the first to the last. */
  readonly mutantsMs: number;
  /** Containers that had to be started anew, because a mutant left them spoilt. */
  readonly restarts: number;
  readonly results: readonly MutantResult[];
  readonly notes: readonly string[];
}

type MutationCounts = Readonly<Record<MutantState, number>> & { readonly total: number };

export function countMutants(results: readonly MutantResult[]): MutationCounts {
  const counts: Record<MutantState, number> = {
    killed: 0,
    survived: 0,
    equivalent: 0,
    invalid: 0,
    untestable: 0,
    undecided: 0,
    untried: 0,
  };
  for (const { state } of results) counts[state] += 1;
  return { ...counts, total: results.length };
}

/** Killed of those that could be, in percent, rounded down to a tenth: 100 is all of them. Undefined when there is none. What is undecided counts against the spec. */
export function scoreOf(results: readonly MutantResult[]): number | undefined {
  const { killed, survived, undecided } = countMutants(results);
  const all = killed + survived + undecided;
  return all === 0 ? undefined : Math.floor((killed * 1000) / all) / 10;
}
