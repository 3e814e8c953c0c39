/** One mutant under the container: which probe kills it, if any, and whether that can be believed. */
import type { Entry, Probe } from '#core/model/model.ts';
import { leavesTraces } from '#core/spec/operation-effects.ts';

/** What judging a mutant needs: a container whose policy can be swapped while it runs. */
export interface MutantBench {
  /** The policy compiled from the unchanged profile. */
  readonly original: Buffer;
  /** Swaps the policy, at the latest before the next attempt. */
  load(policy: Buffer): void;
  /** @returns the first answer of a policy about files that a closed class does not declare: nothing is tried. */
  answerUnder?(policy: Buffer): Entry | undefined;
  /** Tries probes in this order until one does not pass. @returns undefined when all pass */
  firstFailure(probes: readonly Probe[]): Promise<Failure | undefined>;
  /** Removes what operations made and were not allowed to remove. @returns whether all of it is gone */
  undo(entries: readonly Entry[]): Promise<boolean>;
  /** Replaces the container by a fresh one, under the original policy. */
  renew(): Promise<void>;
}

/** A probe that did not pass. */
export interface Failure {
  readonly failed: Entry;
  /** All that was tried until then, and the rest of its batch: their operations share a round. */
  readonly tried: readonly Entry[];
}

/** What the probes made of a policy. */
export type Judgement =
  | { readonly state: 'killed'; readonly probe: Probe; readonly reason: string }
  | { readonly state: 'survived' }
  | { readonly state: 'undecided'; readonly reason: string };

/**
 * Loads the policy, tries the probes until one does not pass, and puts the original back.
 *
 * A probe that fails or is vacuous kills the mutant. Where something left in the container may explain that, or the
 * probe came to no verdict, it has to pass under the original first; if it does not, the container is spoilt, and the
 * probe is tried again in a fresh one. A probe that comes to no verdict twice, with a pass under the original between,
 * kills as well: the spec no longer proves what it did.
 * @param probes those that are likeliest to kill first
 */
export async function judgeMutant(bench: MutantBench, mutant: Buffer, probes: readonly Probe[]): Promise<Judgement> {
  try {
    return await judgeUntilKilled(bench, mutant, probes);
  } finally {
    bench.load(bench.original);
  }
}

async function judgeUntilKilled(bench: MutantBench, mutant: Buffer, probes: readonly Probe[]): Promise<Judgement> {
  let remaining = probes;
  let undecided: Judgement | undefined;
  while (remaining.length > 0) {
    const failure = await firstFailureUnder(bench, mutant, remaining);
    if (failure === undefined) break;

    const { failed } = failure;
    const isSpoilt = await isContainerSpoilt(bench, failure);
    const isTrustworthy = isConclusive(failed) && !isSpoilt;
    if (isTrustworthy) return killedBy(failed);

    if (isSpoilt) await bench.renew();
    const confirmed = await confirm(bench, mutant, failed.probe);
    if (confirmed !== undefined) return killedBy(confirmed);

    if (!isConclusive(failed)) undecided ??= undecidedBy(failed);
    remaining = remaining.slice(remaining.indexOf(failed.probe) + 1);
  }
  return undecided ?? { state: 'survived' };
}

function firstFailureUnder(bench: MutantBench, policy: Buffer, probes: readonly Probe[]): Promise<Failure | undefined> {
  bench.load(policy);
  return bench.firstFailure(probes);
}

/** Whether something is left in the container that would change verdicts from now on. */
async function isContainerSpoilt(bench: MutantBench, { failed, tried }: Failure): Promise<boolean> {
  if (!(await bench.undo(tried))) return true;

  const suspects = tried.filter((entry) => mayHaveSpoilt(entry, failed)).map(({ probe }) => probe);
  return suspects.length > 0 && !(await passUnderOriginal(bench, suspects));
}

/** Whether a probe has to pass under the original before the failure is believed. */
function mayHaveSpoilt(entry: Entry, failed: Entry): boolean {
  if (entry.verdict.kind === 'pass') return false;
  return leavesTraces(entry.probe.action) || (entry.probe === failed.probe && mayBeLeftover(failed));
}

/**
 * Whether something that an earlier mutant left can explain the failure: there was no denial, and the mutant need not
 * have allowed anything, either.
 */
function mayBeLeftover(failed: Entry): boolean {
  const errno = failed.observation?.errno;
  return failed.verdict.kind !== 'fail' || errno === 'EEXIST' || errno === 'ENOENT';
}

async function passUnderOriginal(bench: MutantBench, probes: readonly Probe[]): Promise<boolean> {
  return (await firstFailureUnder(bench, bench.original, probes)) === undefined;
}

/** Tries a probe again, and replaces the container when that spoils it. @returns undefined when it passes now */
async function confirm(bench: MutantBench, mutant: Buffer, probe: Probe): Promise<Entry | undefined> {
  const again = await firstFailureUnder(bench, mutant, [probe]);
  if (again === undefined) return undefined;

  if (leavesTraces(probe.action) && !(await passUnderOriginal(bench, [probe]))) await bench.renew();
  return again.failed;
}

/** Whether the probe came to a verdict. */
function isConclusive({ verdict: { kind } }: Entry): boolean {
  return kind === 'fail' || kind === 'vacuous';
}

function killedBy({ probe, verdict }: Entry): Judgement {
  return { state: 'killed', probe, reason: verdict.reason };
}

function undecidedBy({ probe, verdict }: Entry): Judgement {
  return { state: 'undecided', reason: `${probe.name}: ${verdict.reason}` };
}
