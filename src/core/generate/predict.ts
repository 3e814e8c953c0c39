/** How a profile, and the profile with one rule changed, would decide a candidate. Pure. */
import { defined } from '../model/optional.ts';
import { questionOf } from '../profile/semantics/access.ts';
import { answer, rulesOf } from '../profile/semantics/decide-access.ts';
import type { Domain, Grant, Question, Surroundings } from '../profile/semantics/grant-types.ts';
import { grantsFor, policyOf, type Policy } from '../profile/semantics/policy.ts';
import type { ProfileBlock, Rule } from '../profile/syntax/ast.ts';
import type { Candidate } from './candidates.ts';

/** A candidate, and what the profile decides about it. */
export interface Predicted {
  readonly candidate: Candidate;
  readonly questions: readonly Question[];
  readonly grants: readonly (readonly Grant[])[];
  readonly allowed: boolean;
  /** It is allowed, and the profile has it logged. */
  readonly logged: boolean;
  /** For an execution that is allowed: the mode of the exec rule and its target. */
  readonly transition?: string;
  /** The label that the program then has, where the profile's file says it. */
  readonly label?: string;
  /** The rules that decide it. */
  readonly rules: ReadonlySet<Rule>;
}

export function predict(candidate: Candidate, policy: Policy): Predicted {
  const questions = candidate.accesses.map(questionOf);
  const grants = questions.map((question) => grantsFor(policy, question));
  return { candidate, questions, grants, ...outcome(grants), rules: new Set(rulesOf(grants.flat())) };
}

function outcome(grants: readonly (readonly Grant[])[]): Pick<Predicted, 'allowed' | 'logged' | 'transition'> {
  const answers = grants.map(answer);
  const allowed = answers.every(({ allowed: passes }) => passes);
  const transition = answers.find((each) => each.transition !== undefined)?.transition;
  return defined({ allowed, logged: allowed && answers.some(({ logged }) => logged), transition });
}

/** All candidates, the plainest first, indexed by the questions that they ask of the profile. */
export class Pool {
  readonly all: readonly Predicted[];
  readonly #byKey = new Map<Domain, Map<string, Predicted[]>>();

  constructor(all: readonly Predicted[]) {
    this.all = [...all].sort((a, b) => a.candidate.cost - b.candidate.cost);
    for (const predicted of all) {
      for (const { domain, key } of predicted.questions) {
        const keys = this.#byKey.get(domain) ?? new Map<string, Predicted[]>();
        this.#byKey.set(domain, keys);
        const known = keys.get(key);
        if (known === undefined) keys.set(key, [predicted]);
        else known.push(predicted);
      }
    }
  }

  /**
   * Candidates that any expression of the policy matches.
   * @param heads what their keys must begin with.
   */
  reached(policy: Policy, heads: readonly string[]): Predicted[] {
    return [...this.#byKey].flatMap(([domain, keys]) => {
      const { grants, automaton } = policy.domains[domain];
      if (grants.length === 0) return [];
      return [...keys]
        .filter(([key]) => heads.some((head) => key.startsWith(head)) && automaton.match(key).length > 0)
        .flatMap(([, candidates]) => candidates);
    });
  }
}

/** The profile with one rule changed: it decides candidates without compiling the other rules again. */
export class Variant {
  readonly #rule: Rule;
  readonly changed: Policy;

  /** @param changed what replaces the rule; nothing when it is dropped. */
  constructor(rule: Rule, changed: readonly Rule[], block: ProfileBlock, surroundings: Surroundings) {
    this.#rule = rule;
    this.changed = policyOf({ ...block, rules: changed }, { ...surroundings, children: false });
  }

  /** Whether a probe of this candidate would show the change. */
  shows({ questions, grants, allowed, logged }: Predicted): boolean {
    const changed = outcome(
      questions.map((question, i) => [
        ...(grants[i] ?? []).filter(({ rule }) => rule !== this.#rule),
        ...grantsFor(this.changed, question).filter(({ rule }) => rule !== undefined),
      ]),
    );
    return changed.allowed !== allowed || (allowed && logged && !changed.logged);
  }
}
