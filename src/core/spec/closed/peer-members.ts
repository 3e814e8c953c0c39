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

/** What the container does, and what is done to it, as rules name them. */
const TRACES = [
  ['trace', 'tracedby'],
  ['read', 'readby'],
] as const;

export const ptraceMembers: MembersOf = (inventory) =>
  TRACES.flatMap(([access, passive]) => [
    { words: [access, OWN], operation: ['ptrace', access, 'child'] },
    ...towardsPeers(inventory, { active: access, passive, operation: ['ptrace', access] }),
  ]);

export const signalMembers: MembersOf = (inventory) =>
  SIGNAL_WORDS.flatMap((signal) => [
    { words: ['send', OWN, signal], operation: ['signal', signal, 'child'] },
    ...towardsPeers(inventory, { active: 'send', passive: 'receive', operation: ['signal', signal] }, [signal]),
  ]);

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
