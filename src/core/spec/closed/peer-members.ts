/** Traces and signals between the container and every peer: its own label, another one, and unconfined. Pure. */
import { SIGNALS } from '../../model/linux.ts';
import type { Inventory, Member, MembersOf } from './member.ts';

/** The word for the profile under test at both ends. */
const OWN = 'own';

/** AppArmor's words; of the real-time signals the first and the last. */
const SIGNAL_WORDS: readonly string[] = [
  'exists',
  ...SIGNALS.map((name) => name.toLowerCase().replace(/^tstp$/, 'stp')),
  'rtmin+0',
  'rtmin+32',
];

/** What is tried with peers, where each attempt takes two processes: what ends, stops or tells a program something. */
const SIGNALS_OF_PEERS: readonly string[] = [
  ...['exists', 'hup', 'int', 'quit', 'abrt', 'kill', 'usr1', 'usr2', 'alrm', 'term', 'chld', 'cont', 'stop', 'urg'],
  ...['rtmin+0', 'rtmin+32'],
];

/** The kernel asks no profile whether a process that is unconfined may trace (security/apparmor/ipc.c, lsm.c). */
const NEVER_ASKED: ReadonlySet<string> = new Set(['tracedby unconfined', 'readby unconfined']);

/** @returns whether nothing of a profile decides about a member, by its words. */
export function isNeverAsked(words: readonly string[]): boolean {
  return NEVER_ASKED.has(words.join(' '));
}

/** @returns whether it is the other half of a member: the profile under test, at both ends, has to allow both. */
export function isOtherHalf([access = '', label]: readonly string[]): boolean {
  return label === OWN && PASSIVE.has(access);
}

const PASSIVE: ReadonlySet<string> = new Set(['receive', 'tracedby', 'readby']);

/** What the container does, and what is done to it, as rules name them. */
const TRACES = [
  ['trace', 'tracedby'],
  ['read', 'readby'],
] as const;

export const ptraceMembers: MembersOf = (inventory) =>
  TRACES.flatMap(([access, passive]) => [
    { words: [access, OWN], operation: ['ptrace', access, 'child'] },
    ...towardsPeers(inventory, { active: access, passive, operation: ['ptrace', access] }),
  ]).filter(({ words }) => !isNeverAsked(words));

export const signalMembers: MembersOf = (inventory) => [
  ...SIGNAL_WORDS.map((signal) => ({ words: ['send', OWN, signal], operation: ['signal', signal, 'child'] })),
  ...SIGNALS_OF_PEERS.flatMap((signal) =>
    towardsPeers(inventory, { active: 'send', passive: 'receive', operation: ['signal', signal] }, [signal]),
  ),
];

interface BothWays {
  readonly active: string;
  readonly passive: string;
  readonly operation: readonly string[];
}

function towardsPeers(
  { peers }: Pick<Inventory, 'peers'>,
  { active, passive, operation }: BothWays,
  rest: readonly string[] = [],
): readonly Member[] {
  return peers.flatMap(({ name, label }) => [
    { words: [active, label, ...rest], operation: [...operation, 'peer', name] },
    { words: [passive, label, ...rest], operation: [...operation, 'container'], from: name },
  ]);
}
