/**
 * Rules about other processes, sockets and buses as grants (signal.cc, ptrace.cc, dbus.cc, af_unix.cc, mqueue.cc,
 * io_uring.cc). Pure.
 */
import { defined } from '#core/model/optional.ts';
import { joinGlobs } from '../patterns/join-globs.ts';
import { conditionWords, wordSet, type RuleGrant, type RuleGrants } from './grant-types.ts';
import type { ChangeProfileRule, Expression, PeerRule } from '../syntax/ast.ts';

/** Detail of a change_profile rule under which the program keeps its environment. */
export const UNSAFE = 'unsafe';

/** The parts of the key, by the names of the conditions that restrict them. */
const KEYS: Readonly<Record<PeerRule['kind'], readonly string[]>> = {
  signal: ['peer'],
  ptrace: ['peer'],
  io_uring: ['label'],
  mqueue: ['name', 'label'],
  dbus: ['bus', 'name', 'peer.label', 'path', 'interface', 'member'],
  unix: ['addr', 'label', 'peer.addr', 'peer.label'],
};

/** Classes with a second word: the signal, or the type of the socket or queue. */
const WITH_SECOND_WORD: readonly PeerRule['kind'][] = ['signal', 'unix', 'mqueue'];

/** Words: the access, and a second one where the class has it. */
export function peerGrants(rule: PeerRule): RuleGrants {
  const { kind, qualifiers } = rule;
  const conditions: Readonly<Record<string, Expression | undefined>> = {
    ...rule.conditions,
    name: rule.name ?? rule.conditions['name'] ?? rule.conditions['peer.name'],
  };
  const key = joinGlobs(KEYS[kind].map((name) => conditions[name]));
  if ('problem' in key) return [key];

  const access = wordSet(rule.access);
  const second = wordSet(rule.signals ?? conditions['type']?.expanded ?? []);
  const further = conditionWords(rule.conditions, consumedKeys(rule));
  const words = WITH_SECOND_WORD.includes(kind) ? [access, second, further] : [access, further];
  const grant: RuleGrant = { domain: kind, words, regex: key.regex };
  if (kind !== 'unix' || qualifiers.access === 'deny') return [grant];

  // for kernels that do not mediate unix sockets, the parser adds a network rule, which is less precise (af_unix.cc);
  // a deny rule has no such counterpart
  return [grant, { domain: 'network', words: [new Set(['unix']), second, access, undefined], regex: '' }];
}

/** The conditions that are part of the key, or a word of their own. */
function consumedKeys({ kind, name, conditions }: PeerRule): readonly string[] {
  const second = WITH_SECOND_WORD.includes(kind) ? [kind === 'signal' ? 'set' : 'type'] : [];
  const named = name === undefined && conditions['name'] === undefined ? ['peer.name'] : [];
  return [...KEYS[kind], ...second, ...named];
}

/** The parser's expression for a program where the rule names none. */
const ANY_PROGRAM = '/[^/\\x00][^\\x00]*';

/** Key: the program and the profile; the program is empty where the change is at once, which every rule allows. */
export function changeProfileGrants(rule: ChangeProfileRule): RuleGrants {
  const target = joinGlobs([rule.target]);
  if ('problem' in target) return [target];
  const exec = rule.exec === undefined ? { regex: ANY_PROGRAM } : joinGlobs([rule.exec]);
  if ('problem' in exec) return [exec];

  return ['', exec.regex].map((program): RuleGrant =>
    defined({
      domain: 'change_profile',
      words: [],
      regex: `${program}\\000${target.regex}`,
      detail: program !== '' && rule.mode === UNSAFE ? UNSAFE : undefined,
    } as const),
  );
}
