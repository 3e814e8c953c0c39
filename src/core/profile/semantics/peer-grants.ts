/** Rules about other processes, sockets and buses as grants (signal.cc, ptrace.cc, dbus.cc, af_unix.cc, mqueue.cc, io_uring.cc). Pure. */
import { joined } from '../patterns/join-globs.ts';
import { some, type Domain, type Part } from './grant-types.ts';
import type { ChangeProfileRule, Expression, PeerRule } from '../syntax/ast.ts';

/** Fields of the key, by the names of the conditions that restrict them; all have a NUL between. */
const KEYS: Readonly<Record<PeerRule['kind'], readonly string[]>> = {
  signal: ['peer'],
  ptrace: ['peer'],
  io_uring: ['label'],
  mqueue: ['name', 'label'],
  dbus: ['bus', 'name', 'peer.label', 'path', 'interface', 'member'],
  unix: ['addr', 'label', 'peer.addr', 'peer.label'],
};

/** Words: the access; for signals also the signal, for sockets and queues the type. */
export function peerGrants(rule: PeerRule): Part[] {
  const conditions: Readonly<Record<string, Expression | undefined>> = {
    ...rule.conditions,
    name: rule.name ?? rule.conditions['name'] ?? rule.conditions['peer.name'],
  };
  const regex = joined(KEYS[rule.kind].map((key) => conditions[key]));
  if (typeof regex !== 'string') return [regex];
  const words = [some(rule.access), some(rule.signals ?? conditions['type']?.expanded ?? [])];
  const own: Part = {
    domain: rule.kind,
    words: rule.kind === 'signal' || rule.kind === 'unix' || rule.kind === 'mqueue' ? words : words.slice(0, 1),
    regex,
  };
  // kernels without mediation of unix sockets get a network rule that says less; of a deny rule nothing is left
  if (rule.kind !== 'unix' || rule.qualifiers.access === 'deny') return [own];
  return [own, { domain: 'network', words: [new Set(['unix']), words[1], words[0], undefined], regex: '' }];
}

/** Key: the program and the profile; the program is empty where the change is at once, which every rule allows. */
export function changeProfileGrants(rule: ChangeProfileRule): Part[] {
  const target = joined([rule.target]);
  if (typeof target !== 'string') return [target];
  const exec = rule.exec === undefined ? '/[^/\\x00][^\\x00]*' : joined([rule.exec]);
  if (typeof exec !== 'string') return [exec];
  return [`\\000${target}`, `${exec}\\000${target}`].map((regex): Part => ({
    domain: 'change_profile' satisfies Domain,
    words: [],
    regex,
  }));
}
