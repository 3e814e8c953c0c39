/** What becomes of each mutant, with what the ones before have taught. */
import { createHash } from 'node:crypto';
import { untestableAddition } from '#core/generate/addition-probes.ts';
import type { Entry, Plan, Probe } from '#core/model/model.ts';
import type { MutantResult } from '#core/mutation/results.ts';
import { isDeclared, type Mutant } from '#core/mutation/mutant.ts';
import { compiledDifference, type CompiledDifference } from '#core/profile/binary/compiled-difference.ts';
import { leavesTraces } from '#core/spec/operation-effects.ts';
import type { CompiledMutant } from './compile-ahead.ts';
import { judgeMutant, type Judgement, type MutantBench } from './judge-mutant.ts';
import { likelihoodFor } from './likely-probes.ts';
import { NoticingProbes, type PolicyChange } from './noticing-probes.ts';
import { openedClasses } from './opened-classes.ts';

export interface ClassifierOptions {
  readonly bench: MutantBench;
  /** Those that pass under the unchanged profile. */
  readonly probes: readonly Probe[];
  /** How the spec ended under the unchanged profile. */
  readonly entries: readonly Entry[];
  /** The ids of the probes that exercise each rule, by the rule's id. */
  readonly probesByRule: ReadonlyMap<string, readonly string[]>;
  readonly untestable: Plan['untestable'];
  /** The classes that the spec says are open. */
  readonly open: Plan['open'];
  /** What closed classes try beside what they try of the original: where a mutant has other profiles or programs. */
  readonly attemptsFor: (change: PolicyChange) => readonly Probe[];
}

/** The part of a result that has to be found out. */
export type Classification = Pick<MutantResult, 'state' | 'killedBy' | 'reason' | 'sameAs'>;

const SAME_BYTES = 'It compiles to the same policy, byte for byte.';
const SAME_DECISIONS = 'The two policies decide every access alike; only audit flags differ.';

/** Classifies mutants one after the other. */
export class MutantClassifier {
  readonly #options: ClassifierOptions;
  /** The first mutant with each policy, by the hash of the policy. */
  readonly #byPolicy = new Map<string, { readonly id: string; readonly classification: Classification }>();
  /** The probes to try first on the next mutant of a rule: those that killed one of it, the latest first. */
  readonly #likelyKillers = new Map<string, readonly Probe[]>();
  readonly #noticing: NoticingProbes;

  constructor(options: ClassifierOptions) {
    this.#options = options;
    this.#noticing = new NoticingProbes(options.bench.original, options.entries);
  }

  /** @throws HarnessError `interrupted`, and whatever ends the run */
  async classify(mutant: Mutant, compiled: CompiledMutant): Promise<Classification> {
    if ('problem' in compiled) return { state: 'invalid', reason: compiled.problem };

    const { policy } = compiled;
    if (policy.equals(this.#options.bench.original)) return { state: 'equivalent', reason: SAME_BYTES };

    const hash = createHash('sha256').update(policy).digest('hex');
    const first = this.#byPolicy.get(hash);
    if (first !== undefined) return { ...first.classification, sameAs: first.id };

    const classification = await this.#classifyPolicy(mutant, policy);
    this.#byPolicy.set(hash, { id: mutant.id, classification });
    return classification;
  }

  async #classifyPolicy(mutant: Mutant, policy: Buffer): Promise<Classification> {
    const { bench } = this.#options;
    const difference = compiledDifference(bench.original, policy);
    if (difference === undefined) return { state: 'equivalent', reason: SAME_DECISIONS };
    const change = this.#noticing.changeTo(policy);
    if (change?.areas.size === 0) return { state: 'equivalent', reason: SAME_DECISIONS };

    const answered = change?.areas.has('file') === false ? undefined : bench.answerUnder?.(policy);
    if (answered !== undefined)
      return { state: 'killed', killedBy: answered.probe.name, reason: answered.verdict.reason };

    const likely = this.#likelyKillersOf(mutant);
    const further = change === undefined ? [] : this.#options.attemptsFor(change);
    const probes = [...further, ...this.#noticing.among(this.#inOrder(mutant, likely), mutant, change)];
    const judgement: Judgement = probes.length === 0 ? { state: 'survived' } : await judgeMutant(bench, policy, probes);
    if (judgement.state === 'undecided') return judgement;
    if (judgement.state === 'survived') return this.#classifySurvivor(mutant, difference, change);

    const { probe, reason } = judgement;
    this.#likelyKillers.set(subjectOf(mutant), [probe, ...likely.filter((other) => other !== probe)]);
    return { state: 'killed', killedBy: probe.name, reason };
  }

  /** A survivor may be declared untestable in the spec, or open only what the spec leaves open. */
  #classifySurvivor(mutant: Mutant, difference: CompiledDifference, change: PolicyChange | undefined): Classification {
    const declared = this.#options.untestable.find(({ rule, becomes }) => isDeclared(mutant, rule, becomes));
    if (declared !== undefined) return { state: 'untestable', reason: declared.because };
    const opened = openedClasses(mutant, change, this.#options.open);
    if (opened !== undefined) return { state: 'open', reason: openText(opened) };
    const because = untestableAddition(mutant);
    if (because !== undefined) return { state: 'untestable', reason: because };
    return { state: 'survived', reason: exampleText(difference) };
  }

  /** Until a mutant of the rule was killed: the probes that exercise it, those that leave traces last. */
  #likelyKillersOf(mutant: Mutant): readonly Probe[] {
    const subject = subjectOf(mutant);
    const known = this.#likelyKillers.get(subject);
    if (known !== undefined) return known;
    if (mutant.rule === undefined) return [];

    const ids = this.#options.probesByRule.get(subject) ?? [];
    const exercising = this.#options.probes.filter(({ id }) => ids.includes(id));
    return exercising.sort((a, b) => Number(leavesTraces(a.action)) - Number(leavesTraces(b.action)));
  }

  /** All probes: the likeliest first, then what costs least. */
  #inOrder(mutant: Mutant, likely: readonly Probe[]): Probe[] {
    const likelihood = likelihoodFor(mutant);
    const known = mutant.rule === undefined ? [] : likely;
    const others = this.#options.probes
      .filter((probe) => !known.includes(probe))
      .map((probe) => ({ probe, cost: costOf(probe), likelihood: likelihood(probe), isKnown: likely.includes(probe) }))
      .sort((a, b) => a.cost - b.cost || b.likelihood - a.likelihood || Number(b.isKnown) - Number(a.isKnown));
    return [...known, ...others.map(({ probe }) => probe)];
  }
}

/** The rule that a mutant changes; a mutant without one is likest to those of its operator. */
function subjectOf({ rule, kind }: Mutant): string {
  return rule ?? kind;
}

const COST_BY_KIND: Readonly<Record<Probe['action']['kind'], number>> = { operation: 1, run: 2, shell: 2, http: 3 };

/** Operations that leave no trace share a round; removals and commands need one each; the service is the slowest. */
function costOf({ action }: Probe): number {
  return leavesTraces(action) ? COST_BY_KIND[action.kind] : 0;
}

function openText(classes: readonly string[]): string {
  const names = classes.join(' and ');
  return `It only opens ${names}, and the spec leaves ${classes.length > 1 ? 'them' : 'that'} open.`;
}

/** The shortest access that tells the policies apart. */
function exampleText({ kind, what }: CompiledDifference): string {
  switch (kind) {
    case 'path':
      return `For example, access to ${what} is decided differently.`;
    case 'form':
      return `The compiled policies differ: ${what}.`;
    case 'rule':
    case 'capability':
      return `Another ${kind} is decided differently: ${what}.`;
  }
}
