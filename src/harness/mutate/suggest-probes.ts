/** Finds a probe for each mutant that survived: one that passes under the profile and that kills the mutant. */
import { readFileSync } from 'node:fs';
import { HarnessError } from '#core/model/errors.ts';
import { describeAction } from '#core/model/describe-action.ts';
import type { Entry, Plan, Probe } from '#core/model/model.ts';
import { additionProbes } from '#core/generate/addition-probes.ts';
import { candidateProbe, extraProbe, scalar } from '#core/generate/compose-spec.ts';
import { extraProbesOf } from '#core/generate/peer-and-flag-probes.ts';
import { examplesIn } from '#core/generate/rule-examples.ts';
import { killersOf } from '#core/generate/shortlist.ts';
import { changesOf } from '#core/generate/variants.ts';
import { changeText, type Mutant } from '#core/mutation/mutant.ts';
import { surroundingsOf } from '#core/profile/semantics/policy.ts';
import type { ProfileBlock, ProfileText } from '#core/profile/syntax/ast.ts';
import { isStandIn } from '#core/spec/closed/expand.ts';
import { appendProbes } from '#core/spec/append-probes.ts';
import { resolvePlan } from '#core/spec/resolve.ts';
import { validateSpec } from '#core/spec/validate.ts';
import { newProbeId } from '#adapters/host/probe-ids.ts';
import { placeholdersAmong } from '#core/generate/placeholder-paths.ts';
import { foldersOf, includeFinder } from '#adapters/kernel/parser/include-paths.ts';
import type { Session } from '../session/session.ts';
import { candidatePool } from '../suite/candidate-pool.ts';
import { judgeMutant } from './judge-mutant.ts';
import type { LivePolicy } from './live-policy.ts';

/** The probes that were found, each as YAML of a spec. */
interface SuggestedProbes {
  /** By the id of the mutant. One probe may be for several. */
  readonly probes: ReadonlyMap<string, string>;
  /** By the id of a mutant without a probe: why those that were tried do not do. */
  readonly problems: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
}

interface SuggestOptions {
  readonly text: ProfileText;
  readonly plan: Plan;
  /** Open, with the original loaded. */
  readonly livePolicy: LivePolicy;
  readonly session: Session;
  /** The compiled policy of each survivor, by its id. */
  readonly policies: ReadonlyMap<string, Buffer>;
}

/** A probe that may kill, and passes under the unchanged profile. */
interface Candidate {
  readonly yaml: string;
  readonly probe: Probe;
}

const NONE: SuggestedProbes = { probes: new Map(), problems: new Map(), notes: [] };

/** @returns notes and no probe where the spec's list of probes cannot be added to. @throws HarnessError */
export async function suggestProbes(survivors: readonly Mutant[], options: SuggestOptions): Promise<SuggestedProbes> {
  if (survivors.length === 0) return NONE;

  const candidates = candidatesFor(survivors, options);
  const yamls = [...new Set([...candidates.values()].flat())];
  let probes: Probe[];
  try {
    probes = probesOf(yamls, options);
  } catch (thrown) {
    if (thrown instanceof HarnessError && thrown.code === 'usage') return { ...NONE, notes: [thrown.message] };
    throw thrown;
  }

  const { confirmed, refused } = await confirmedCandidates(yamls, probes, options);
  options.session.events.progress(
    `${survivors.length} mutants survived; ` +
      `${confirmed.size} candidate probes for them pass under the unchanged profile`,
  );
  const confirmedFor = ({ id }: Mutant): Candidate[] =>
    (candidates.get(id) ?? []).flatMap((yaml) => confirmed.get(yaml) ?? []);
  const problems = survivors.flatMap(({ id }) => {
    const problem = (candidates.get(id) ?? []).map((yaml) => refused.get(yaml)).find((reason) => reason !== undefined);
    return problem === undefined ? [] : [[id, problem] as const];
  });
  return { probes: await findKillers(survivors, confirmedFor, options), problems: new Map(problems), notes: [] };
}

/**
 * Tries candidates under the unchanged profile.
 * @param probes the probe of each YAML, in the same order
 * @returns by their YAML, those that pass, and why the others do not
 */
async function confirmedCandidates(
  yamls: readonly string[],
  probes: readonly Probe[],
  { livePolicy, session }: SuggestOptions,
): Promise<{ confirmed: Map<string, Candidate>; refused: Map<string, string> }> {
  const entries = await livePolicy.trial(probes).settleAll(probes, session.signal);
  const confirmed = new Map<string, Candidate>();
  const refused = new Map<string, string>();
  for (const [i, yaml] of yamls.entries()) {
    const entry = entries[i];
    if (entry?.verdict.kind === 'pass') confirmed.set(yaml, { yaml, probe: entry.probe });
    else if (entry !== undefined) refused.set(yaml, refusalText(entry));
  }
  return { confirmed, refused };
}

function refusalText({ probe, verdict: { kind, reason } }: Entry): string {
  const outcome = kind === 'fail' ? 'fails' : `is ${kind}`;
  return `A probe that tries it (${describeAction(probe.action)}) ${outcome} with the unchanged profile: ${reason}`;
}

/** For each mutant, by its id, the first of its candidates that kills it. */
async function findKillers(
  survivors: readonly Mutant[],
  confirmedFor: (mutant: Mutant) => Candidate[],
  { policies, livePolicy }: SuggestOptions,
): Promise<Map<string, string>> {
  const killers = new Map<string, string>();
  const suggestedYaml = new Map<Probe, string>();
  for (const mutant of survivors) {
    const candidates = confirmedFor(mutant);
    const policy = policies.get(mutant.id);
    if (candidates.length === 0 || policy === undefined) continue;

    const judgement = await judgeMutant(livePolicy, policy, suggestedFirst(candidates, suggestedYaml));
    if (judgement.state !== 'killed') continue;

    const killer = candidates.find(({ probe }) => probe === judgement.probe);
    if (killer === undefined) continue;
    const yaml = suggestedYaml.get(killer.probe) ?? withReason(killer.yaml, mutant);
    suggestedYaml.set(killer.probe, yaml);
    killers.set(mutant.id, yaml);
  }
  return killers;
}

/** A probe that is suggested already may do for this mutant, too. */
function suggestedFirst(candidates: readonly Candidate[], suggested: ReadonlyMap<Probe, string>): Probe[] {
  const probes = candidates.map(({ probe }) => probe);
  return [...probes.filter((probe) => suggested.has(probe)), ...probes.filter((probe) => !suggested.has(probe))];
}

function withReason(yaml: string, mutant: Mutant): string {
  const change = mutant.before === '' ? `profile gains ${mutant.after}` : `profile's ${changeText(mutant)}`;
  return `${yaml}\n    because: ${scalar(`it notices when the ${change}`)}`;
}

/** For each mutant, by its id, the probes that should tell it from the original, as our reader understands both. */
function candidatesFor(survivors: readonly Mutant[], options: SuggestOptions): Map<string, string[]> {
  const candidates = new Map<string, string[]>();
  for (const block of options.text.profiles) {
    const mutants = survivors.filter(({ profile }) => profile === block.name);
    if (mutants.length === 0) continue;

    for (const [id, yamls] of candidatesForRules(mutants, block, options)) candidates.set(id, yamls);
    const flagProbes = probesForFlags(block);
    // no spec can name a peer of closed classes
    const context = { self: block.name, peers: options.plan.peers.filter((peer) => !isStandIn(peer)) };
    for (const mutant of mutants.filter(({ rule }) => rule === undefined))
      candidates.set(mutant.id, additionProbes(mutant, context));
    for (const { id, kind } of mutants) if (kind === 'flag') candidates.set(id, flagProbes);
  }
  return candidates;
}

function candidatesForRules(
  mutants: readonly Mutant[],
  block: ProfileBlock,
  { text, plan, livePolicy, session }: SuggestOptions,
): Map<string, string[]> {
  const findInclude = includeFinder(foldersOf(text.file, plan.profile.includes ?? {}));
  const changes = changesOf(text, block, findInclude, mutants);
  const examples = examplesIn(block, changes, surroundingsOf(text, block));
  const mounted = plan.container.mounts.map(({ target }) => target);
  const placeholders = placeholdersAmong(examples, mounted);
  const progress = (line: string): void => {
    session.events.progress(line);
  };
  const withStranger = mutants.some(({ kind }) => kind === 'carve-owner');
  const pool = candidatePool({
    pid: livePolicy.pid,
    text,
    block,
    names: examples,
    placeholders,
    withStranger,
    progress,
  });

  const candidates = new Map<string, string[]>();
  for (const rule of block.rules)
    for (const change of changes.get(rule.id) ?? [])
      candidates.set(change.mutant.id, killersOf(change, rule, pool).map(candidateProbe));
  return candidates;
}

/** The probes that show flags of the profile rather than one of its rules. */
function probesForFlags(block: ProfileBlock): string[] {
  return extraProbesOf(block)
    .filter(({ rule }) => rule === undefined)
    .map((extra) => extraProbe(extra).join('\n'));
}

/** Reads candidates as probes at the end of the spec. @throws HarnessError `usage` where nothing can be added there */
function probesOf(yamls: readonly string[], { plan }: SuggestOptions): Probe[] {
  const source = appendProbes(readFileSync(plan.file, 'utf8'), yamls);
  const { spec, locate, problems } = validateSpec(plan.file, source);
  if (spec === undefined)
    throw new HarnessError(
      'internal',
      `A suggested probe is invalid: ${problems.map(({ message }) => message).join('; ')}`,
    );
  const { probes } = resolvePlan(plan.file, spec, locate, { newId: newProbeId });
  return probes.slice(probes.length - yamls.length);
}
