/** All questions of a domain: which words there are, and what form its keys have. Pure. */
import { CAPABILITIES, SIGNALS, SOCKET_FAMILIES } from '#core/model/linux.ts';
import type { Domain, Grant } from './grant-types.ts';
import { FAMILY_TYPES } from './network-grants.ts';
import { NAME, NOTHING, PATH, TEXT, row, type Shape } from '../patterns/possible-names.ts';
import { ACCESSES } from '../syntax/accesses.ts';

/** The form of the keys. */
export const NAME_SHAPES: Readonly<Record<Domain, Shape>> = {
  file: PATH,
  link: row(PATH, PATH),
  capability: NOTHING,
  network: NOTHING,
  mount: row(PATH, TEXT, TEXT),
  umount: PATH,
  pivot_root: row(PATH, TEXT),
  ptrace: NAME,
  signal: NAME,
  dbus: row(TEXT, TEXT, TEXT, TEXT, TEXT, TEXT),
  unix: row(TEXT, TEXT, TEXT, TEXT),
  mqueue: row(TEXT, TEXT),
  io_uring: TEXT,
  change_profile: row(TEXT, NAME),
  userns: NOTHING,
};

/** The parser's names (signal.cc, sig_map): the kernel's, but for `stp`, and three more. */
const SIGNAL_NAMES = [
  ...SIGNALS.map((name) => (name === 'TSTP' ? 'stp' : name.toLowerCase())),
  'emt',
  'exists',
  'rtmin+0',
];

/** Sets of mount flags: one at least for each kind of mount. */
const MOUNTS = [
  '',
  'ro',
  'bind',
  'rbind',
  'move',
  'remount',
  'remount,ro',
  'bind,remount,ro',
  'private',
  'rprivate',
  'shared',
  'slave',
  'rslave',
  'unbindable',
  'nodev,noexec,nosuid',
];

/** For each position the words that are asked about whether rules name them or not; an empty one is: no conditions. */
const WORDS: Readonly<Record<Domain, readonly (readonly string[])[]>> = {
  // no `l`: links are a domain of their own
  file: [
    ['r', 'w', 'a', 'x', 'm', 'k'],
    ['owner', 'other'],
  ],
  link: [['owner', 'other']],
  capability: [CAPABILITIES],
  network: [Object.keys(SOCKET_FAMILIES), FAMILY_TYPES, ACCESSES.network, ['']],
  mount: [MOUNTS, ['']],
  umount: [['']],
  pivot_root: [['']],
  ptrace: [ACCESSES.ptrace, ['']],
  signal: [ACCESSES.signal, SIGNAL_NAMES, ['']],
  dbus: [ACCESSES.dbus, ['']],
  unix: [ACCESSES.unix, ['stream', 'dgram', 'seqpacket'], ['']],
  mqueue: [ACCESSES.mqueue, ['posix', 'sysv'], ['']],
  io_uring: [ACCESSES.io_uring, ['']],
  change_profile: [],
  userns: [ACCESSES.userns],
};

/** @returns every combination of words that these grants may tell apart. */
export function wordsOf(domain: Domain, grants: readonly Grant[]): (readonly string[])[] {
  let combinations: (readonly string[])[] = [[]];
  for (const [position, known] of WORDS[domain].entries()) {
    const named = grants.flatMap(({ words }) => [...(words[position] ?? [])]);
    // whose a file is, and what is done with a socket, makes no difference where no rule asks
    const isIrrelevant = named.length === 0 && (known.includes('other') || known === ACCESSES.network);
    const words = isIrrelevant ? known.slice(0, 1) : [...new Set([...known, ...named])];
    combinations = combinations.flatMap((combination) => words.map((word) => [...combination, word]));
  }
  return combinations;
}
