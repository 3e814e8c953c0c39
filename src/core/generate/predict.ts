/** What a profile, and the profile with one rule changed, would say to a candidate. Pure. */
import { questionOf } from '../profile/semantics/access.ts';
import { answer, rulesOf } from '../profile/semantics/decide-access.ts';
import type { Domain, Grant, Question, Surroundings } from '../profile/semantics/grant-types.ts';
import { grantsFor, policyOf, type Policy } from '../profile/semantics/policy.ts';
import type { ProfileBlock, Rule } from '../profile/syntax/ast.ts';
import type { Candidate } from './candidates.ts';

/** A candidate with all that the profile says to it. */
export interface Predicted {
  readonly candidate: Candidate;
  readonly questions: readonly Question[];
  readonly grants: readonly (readonly Grant[])[];
  readonly allowed: boolean;
  /** It is granted, and the profile asks for a record of it. */
  readonly logged: boolean;
  /** The letters or words that each rule has a say in, for rules that have one. */
  readonly rules: ReadonlySet<Rule>;
}

export function predict(candidate: Candidate, policy: Policy): Predicted {
  const questions = candidate.accesses.map(questionOf);
  const grants = questions.map((question) => grantsFor(policy, question));
  return { candidate, questions, grants, ...outcome(grants), rules: new Set(rulesOf(grants.flat())) };
}

function outcome(grants: readonly (readonly Grant[])[]): { readonly allowed: boolean; readonly logged: boolean } {
  const answers = grants.map(answer);
  const allowed = answers.every((one) => one.allowed);
  return { allowed, logged: allowed && answers.some(({ logged }) => logged) };
}

/** All candidates, the plainest first, found by what is asked of the profile. */
export class Pool {
  readonly all: readonly Predicted[];
  readonly #byKey = new Map<Domain, Map<string, Predicted[]>>();

  constructor(all: readonly Predicted[]) {
    this.all = [...all].sort((a, b) => a.candidate.cost - b.candidate.cost);
    for (const one of all) {
      for (const { domain, key } of one.questions) {
        const keys = this.#byKey.get(domain) ?? new Map<string, Predicted[]>();
        this.#byKey.set(domain, keys);
        const known = keys.get(key);
        if (known === undefined) keys.set(key, [one]);
        else known.push(one);
      }
    }
  }

  /**
   * Candidates that any expression of the policy matches.
   * @param heads what their keys must begin with.
   */
  reached(policy: Policy, heads: readonly string[]): Predicted[] {
    return [...this.#byKey].flatMap(([domain, keys]) =>
      policy.domains[domain].grants.length === 0
        ? []
        : [...keys].flatMap(([key, ones]) =>
            heads.some((head) => key.startsWith(head)) && policy.domains[domain].automaton.match(key).length > 0
              ? ones
              : [],
          ),
    );
  }
}

/** The profile with one rule in another form, asked about candidates without compiling the rest again. */
export class Variant {
  readonly #rule: Rule;
  readonly changed: Policy;

  /** @param changed what stands in place of the rule; nothing when it is dropped. */
  constructor(rule: Rule, changed: readonly Rule[], block: ProfileBlock, surroundings: Surroundings) {
    this.#rule = rule;
    this.changed = policyOf({ ...block, rules: changed }, { ...surroundings, children: false });
  }

  /** Whether a probe of this candidate would show the change. */
  shows({ questions, grants, allowed, logged }: Predicted): boolean {
    const now = outcome(
      questions.map((question, i) => [
        ...(grants[i] ?? []).filter(({ rule }) => rule !== this.#rule),
        ...grantsFor(this.changed, question).filter(({ rule }) => rule !== undefined),
      ]),
    );
    return now.allowed !== allowed || (allowed && logged && !now.logged);
  }
}
