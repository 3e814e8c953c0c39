/** The results of a mutation run, as plain data, and the score. Pure. */
import type { ReportHead } from '../model/model.ts';
import type { Operator } from './operators.ts';

/**
 * The result for a mutant.
 * - `killed`: a verdict of the spec changed.
 * - `survived`: every probe still passes.
 * - `equivalent`: it decides every access as the original does.
 * - `invalid`: apparmor_parser rejects it.
 * - `untestable`: nothing on this host could tell it from the original.
 * - `open`: it survived, and all that it opens is of classes that the spec says are open.
 * - `undecided`: probes had no verdict under it, and not reproducibly so.
 * - `untried`: the run ended before its turn.
 */
export type MutantState =
  'killed' | 'survived' | 'equivalent' | 'invalid' | 'untestable' | 'open' | 'undecided' | 'untried';

export interface MutantResult {
  readonly id: string;
  readonly kind: Operator;
  readonly file: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
  readonly state: MutantState;
  /** Name of the probe that killed it. */
  readonly killedBy?: string;
  /** The verdict that killed it, or why it does not count. */
  readonly reason?: string;
  /** Id of the mutant with the same compiled policy, whose result this is. */
  readonly sameAs?: string;
  /** A probe that would kill it, as YAML of a spec. */
  readonly probe?: string;
  /** Why a probe that tries it does not pass with the unchanged profile, where none was found that kills. */
  readonly problem?: string;
  readonly ms: number;
}

export interface MutationReport extends ReportHead {
  readonly spec: string;
  readonly title: string;
  readonly profileFile?: string;
  readonly probes: number;
  readonly options: {
    readonly included: boolean;
    readonly grep?: string;
    readonly minScore?: number;
    /** Absent: every operator. */
    readonly operators?: readonly Operator[];
    /** How many mutants of each operator were tried, and the number that chose them. */
    readonly sample?: number;
    readonly seed?: number;
  };
  /** Time for all mutants, from the start of the first to the end of the last. */
  readonly mutantsMs: number;
  /** Number of times that containers were started again, because a mutant had left them changed. */
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
    open: 0,
    undecided: 0,
    untried: 0,
  };
  for (const { state } of results) counts[state] += 1;
  return { ...counts, total: results.length };
}

/**
 * The share of killed mutants among those that could be killed. Undecided mutants count against the spec.
 * @returns percent, rounded down to a tenth, so that 100 is all of them; undefined when there are none.
 */
export function scoreOf(results: readonly MutantResult[]): number | undefined {
  const { killed, survived, undecided } = countMutants(results);
  const all = killed + survived + undecided;
  return all === 0 ? undefined : Math.floor((killed * 1000) / all) / 10;
}
