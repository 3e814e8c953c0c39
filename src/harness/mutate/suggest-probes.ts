/** For mutants that survived: a probe each that holds under the profile and that the kernel shows to kill the mutant. */
import { readFileSync } from 'node:fs';
import { HarnessError } from '#core/model/errors.ts';
import { candidateProbe, extraProbe, scalar } from '#core/generate/compose-spec.ts';
import { examplesIn } from '#core/generate/rule-examples.ts';
import { extraProbesOf } from '#core/generate/peer-and-flag-probes.ts';
import { killersOf } from '#core/generate/shortlist.ts';
import { changesOf } from '#core/generate/variants.ts';
import { foldersOf, includeFinder } from '#adapters/kernel/parser/include-paths.ts';
import type { Plan, Probe } from '#core/model/model.ts';
import { judgeMutant } from './judge-mutant.ts';
import { candidatePool } from '../suite/candidate-pool.ts';
import { abortable } from '../session/abortable.ts';
import { changeText, mutatedText, type Mutant } from '#core/mutation/rule-mutants.ts';
import { surroundingsOf } from '#core/profile/semantics/policy.ts';
import type { ProfileText } from '#core/profile/syntax/ast.ts';
import type { Session } from '../session/session.ts';
import { appendProbes } from '#core/spec/append-probes.ts';
import { resolvePlan } from '#core/spec/resolve.ts';
import { validateSpec } from '#core/spec/validate.ts';
import type { LivePolicy } from './live-policy.ts';

interface Suggested {
  /** By the id of the mutant: a probe of a spec, as YAML. One may be for several. */
  readonly probes: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
}

interface Surroundings {
  readonly text: ProfileText;
  readonly plan: Plan;
  /** Open, with the profile unchanged. */
  readonly bench: LivePolicy;
  readonly session: Session;
  readonly signal: AbortSignal;
}

/** A probe that may kill, and holds with the profile unchanged. */
interface Idea {
  readonly yaml: string;
  readonly probe: Probe;
}

/** @param onRenew called when a mutant left the container spoilt. */
export async function suggestProbes(
  survivors: readonly Mutant[],
  where: Surroundings,
  onRenew: () => void,
): Promise<Suggested> {
  if (survivors.length === 0) return { probes: new Map(), notes: [] };
  const { text, bench, session } = where;
  const drafts = draftsFor(survivors, where);
  let ideas: Map<string, Idea>;
  try {
    ideas = await holding([...new Set([...drafts.values()].flat())], where);
  } catch (thrown) {
    if (thrown instanceof HarnessError && thrown.code === 'usage')
      return { probes: new Map(), notes: [thrown.message] };
    throw thrown;
  }
  session.events.progress(
    `${survivors.length} mutants survived; ${ideas.size} probes that may kill them hold with the profile unchanged`,
  );
  const probes = new Map<string, string>();
  const told = new Map<Probe, string>();
  for (const mutant of survivors) {
    const own = (drafts.get(mutant.id) ?? []).flatMap((yaml) => ideas.get(yaml) ?? []);
    if (own.length === 0) continue;
    const order = [...own].sort((a, b) => Number(told.has(b.probe)) - Number(told.has(a.probe))); // one that is suggested already may do
    const judgement = await judgeMutant(
      bench,
      await bench.compile(mutatedText(text, mutant)),
      order.map(({ probe }) => probe),
      onRenew,
    );
    const killer = judgement.state === 'killed' ? own.find(({ probe }) => probe === judgement.probe) : undefined;
    if (killer === undefined) continue;
    const yaml =
      told.get(killer.probe) ??
      `${killer.yaml}\n    because: ${scalar(`it notices when the profile's ${changeText(mutant)}`)}`;
    told.set(killer.probe, yaml);
    probes.set(mutant.id, yaml);
  }
  return { probes, notes: [] };
}

/** For each mutant, by its id, what our reading of the profile says would tell it from the original. */
function draftsFor(survivors: readonly Mutant[], { text, bench, session }: Surroundings): Map<string, string[]> {
  const find = includeFinder(foldersOf(text.file, {}));
  const drafts = new Map<string, string[]>();
  for (const block of text.profiles) {
    const own = survivors.filter(({ profile }) => profile === block.name);
    if (own.length === 0) continue;
    const changes = changesOf(text, block, find, own);
    const pool = candidatePool({
      pid: bench.pid,
      text,
      block,
      names: examplesIn(block, changes, surroundingsOf(text, block)),
      progress: (line) => {
        session.events.progress(line);
      },
    });
    for (const rule of block.rules)
      for (const change of changes.get(rule.id) ?? [])
        drafts.set(change.mutant.id, killersOf(change, rule, pool).map(candidateProbe));
    const forFlags = extraProbesOf(block)
      .filter(({ rule }) => rule === undefined)
      .map((extra) => extraProbe(extra).join('\n'));
    for (const { id, kind } of own) if (kind === 'flag') drafts.set(id, forFlags);
  }
  return drafts;
}

/** Those that pass with the profile unchanged, as probes of the spec that they would be added to. */
async function holding(
  yamls: readonly string[],
  { plan, bench, session, signal }: Surroundings,
): Promise<Map<string, Idea>> {
  const { spec, locate, problems } = validateSpec(plan.file, appendProbes(readFileSync(plan.file, 'utf8'), yamls));
  if (spec === undefined)
    throw new HarnessError(
      'internal',
      `A suggested probe is invalid: ${problems.map(({ message }) => message).join('; ')}`,
    );
  const probes = resolvePlan(plan.file, spec, locate, { nonce: session.run.slice(0, 5), firstNumber: 1 }).probes.slice(
    -yamls.length,
  );
  const trial = bench.trial(probes);
  const held = new Map<string, Idea>();
  for (const [i, probe] of probes.entries()) {
    const { verdict } = await abortable(signal, trial.settle(probe));
    const yaml = yamls[i];
    if (yaml !== undefined && verdict.kind === 'pass') held.set(yaml, { yaml, probe });
  }
  return held;
}
