/** One mutant under the container: which probe kills it, if any, and whether that can be believed. */
import type { Entry, Probe } from '#core/model/model.ts';
import { leavesTraces } from '#core/spec/operation-effects.ts';
import type { LivePolicy } from './live-policy.ts';

/** What the probes made of a policy. */
type Judgement =
  | { readonly state: 'killed'; readonly probe: Probe; readonly reason: string }
  | { readonly state: 'survived' }
  | { readonly state: 'undecided'; readonly reason: string };

/**
 * Loads the policy, tries the probes until one does not pass, and puts the original back.
 *
 * A verdict that is red (fail, vacuous) kills. Where the probe may have left something behind, or came to no verdict,
 * the original is asked whether the same probe still passes: if not, the container is spoilt, by this mutant or one
 * before, and the probe is tried again in a new one. A probe that twice comes to no verdict under the mutant, and
 * passes under the original in between, kills as well: the spec no longer proves what it did.
 * @param probes those that are likeliest to kill first.
 */
export async function judgeMutant(
  bench: LivePolicy,
  policy: Buffer,
  probes: readonly Probe[],
  onRenew: () => void,
): Promise<Judgement> {
  try {
    return await judgeLoaded(bench, policy, probes, onRenew);
  } finally {
    bench.load(bench.original);
  }
}

async function judgeLoaded(
  bench: LivePolicy,
  policy: Buffer,
  probes: readonly Probe[],
  onRenew: () => void,
): Promise<Judgement> {
  let rest = probes;
  let doubt: Entry | undefined;
  while (rest.length > 0) {
    bench.load(policy);
    const found = await bench.firstRed(rest);
    if (found === undefined) break;
    const { red, settled } = found;
    const proved = red.verdict.kind === 'fail' || red.verdict.kind === 'vacuous';
    const tidy = await bench.undo(settled);
    const suspects = settled
      .filter(
        ({ probe, verdict }) =>
          verdict.kind !== 'pass' && (leavesTraces(probe.action) || (probe === red.probe && !proved)),
      )
      .map(({ probe }) => probe);
    if (tidy && suspects.length === 0 && !(await doubted(bench, red))) return killed(red);
    bench.load(bench.original);
    if (tidy && (await bench.firstRed(suspects)) === undefined) {
      if (proved) return killed(red);
    } else {
      onRenew();
      await bench.renew();
    }
    bench.load(policy);
    const again = await bench.firstRed([red.probe]);
    if (again !== undefined) {
      if (leavesTraces(red.probe.action)) {
        bench.load(bench.original);
        if ((await bench.firstRed([red.probe])) !== undefined) {
          onRenew();
          await bench.renew();
        }
      }
      return killed(again.red);
    }
    doubt ??= proved ? undefined : red;
    rest = rest.slice(rest.indexOf(red.probe) + 1);
  }
  return doubt === undefined
    ? { state: 'survived' }
    : { state: 'undecided', reason: `${doubt.probe.name}: ${doubt.verdict.reason}` };
}

/**
 * Whether a red verdict may come from something that an earlier mutant left: it failed without a denial, and not in the
 * way in which what the mutant lets through would fail.
 */
async function doubted(bench: LivePolicy, { probe, observation, verdict }: Entry): Promise<boolean> {
  if (verdict.kind === 'fail' && observation?.errno !== 'EEXIST' && observation?.errno !== 'ENOENT') return false;
  bench.load(bench.original);
  return (await bench.firstRed([probe])) !== undefined;
}

function killed({ probe, verdict }: Entry): Judgement {
  return { state: 'killed', probe, reason: verdict.reason };
}
