/**
 * Peers for what a profile's expressions name: of `peer=docker-*` nothing shows by a peer under another name. Pure.
 */
import type { Plan } from '../../model/model.ts';
import { compileGrants, type Policy } from '../../profile/semantics/policy.ts';
import { NAME_SHAPES } from '../../profile/semantics/question-space.ts';
import { isWithPeers, OTHER_PROFILE, STAND_IN } from './expand.ts';

/** Each takes a process in two containers, and some forty attempts. */
const MOST_LABELS = 6;
const EXAMPLES_PER_SET = 3;
/** What can be the name of a profile of its own: no namespace, no stack, no child, and no word of a spec in two. */
const LOADABLE = /^(?!:)(?!.*\/\/)[\x21-\x7e]{1,100}$/;
const WORDS: ReadonlySet<string> = new Set(['unconfined', 'own', 'other']);

interface PatternPeersOptions {
  /** The profiles under test. */
  readonly policies: readonly Policy[];
  /** Their names, as their author wrote them. */
  readonly names: readonly string[];
}

/**
 * @returns the plan with a peer for each set of expressions, of rules for signals and traces, that match a label which
 * none of its peers has.
 */
export function withPatternPeers(plan: Plan, { policies, names }: PatternPeersOptions): Plan {
  if (!plan.closed.some(isWithPeers)) return plan;
  const known = [...plan.peers.map(({ profile }) => profile), OTHER_PROFILE, 'unconfined', ...names];
  const labels = policies.flatMap((policy) => labelsOf(policy, known)).slice(0, MOST_LABELS);
  const peers = [...new Set(labels)].map((profile, i) => ({ name: `${STAND_IN}${i + 1}`, profile }));
  return { ...plan, peers: [...plan.peers, ...peers] };
}

function labelsOf({ domains }: Policy, known: readonly string[]): readonly string[] {
  const { automaton } = compileGrants([...domains.ptrace.grants, ...domains.signal.grants]);
  const keyOf = (label: string): string => automaton.match(label).join(' ');
  const covered = new Set(known.map(keyOf));
  const { sets } = automaton.tagSets(NAME_SHAPES.ptrace, { examples: EXAMPLES_PER_SET });
  return sets.flatMap(({ tags, examples }) => {
    const key = tags.join(' ');
    const label = examples.map(textOf).find((name) => LOADABLE.test(name) && !WORDS.has(name) && keyOf(name) === key);
    return covered.has(key) || label === undefined ? [] : [label];
  });
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
