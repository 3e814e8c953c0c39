/** Mount rules as grants (mount.cc; security/apparmor/mount.c for what the kernel asks). Pure. */
import { MOUNT_FLAGS } from '#core/model/linux.ts';
import type { Part, Words } from './grant-types.ts';
import { joined } from '../patterns/join-globs.ts';
import type { MountRule } from '../syntax/ast.ts';

const ALL = -1;
const REMOUNT = 0x20;
const BIND = 0x1000;
const MOVE = 0x2000;
const REC = 0x4000;
const PROPAGATION = 0x1e0000;
/** Spellings that only rules have. */
const ALSO: Readonly<Record<string, number>> = {
  r: 1,
  'read-only': 1,
  w: 0,
  B: BIND,
  M: MOVE,
  R: BIND | REC,
  lazytime: 1 << 25,
  nolazytime: 0,
  user: 0,
  nouser: 1 << 31,
  nostrictatime: 0,
};

/** What a mount call does, by its flags: each kind has the flags that the kernel compares. */
function kindOf(flags: number): { kind: 'remount' | 'bind' | 'propagation' | 'move' | 'new'; mask: number } {
  if ((flags & REMOUNT) !== 0) return { kind: 'remount', mask: ALL & ~MOVE };
  if ((flags & BIND) !== 0) return { kind: 'bind', mask: BIND | REC };
  if ((flags & PROPAGATION) !== 0) return { kind: 'propagation', mask: PROPAGATION | REC };
  if ((flags & MOVE) !== 0) return { kind: 'move', mask: MOVE };
  return { kind: 'new', mask: ALL & ~(MOVE | REMOUNT | BIND | REC | PROPAGATION) };
}

/** The number of `ro,nosuid`; words that are no flag count nothing. */
function mountFlags(words: readonly string[]): number {
  return words.reduce(
    (sum, word) =>
      sum | (own(MOUNT_FLAGS, word) ?? own(ALSO, word) ?? own(MOUNT_FLAGS, word.replace(/^make-/, '')) ?? 0),
    0,
  );
}

/** Key: mount point, source, type. Word: the flags, comma between. */
export function mountGrants(rule: MountRule): Part[] {
  const { conditions, source, target } = rule;
  if (rule.kind === 'umount') return part('umount', joined([target], true));
  if (rule.kind === 'pivot_root') return part('pivot_root', joined([target, conditions['oldroot']], true));
  const fstype = conditions['fstype'] ?? conditions['vfstype'];
  const equal = conditions['options'] ?? conditions['option'];
  const among = conditions['options in'] ?? conditions['option in'];
  const remount = rule.kind === 'remount' ? REMOUNT : 0;
  const free = equal === undefined && among === undefined;
  const flags = free && remount === 0 ? ALL : mountFlags(equal?.expanded ?? []) | remount;
  const optional = free ? (remount === 0 ? ALL : ALL & ~MOVE & ~REMOUNT) : mountFlags(among?.expanded ?? []);
  const named = [...new Set([...(equal?.expanded ?? []), ...(remount === 0 ? [] : ['remount'])])].sort();
  const covers = (kinds: readonly string[]): Words => ({
    has: (word) => {
      const asked = mountFlags(word.split(','));
      const { kind, mask } = kindOf(asked);
      return kinds.includes(kind) && (flags === ALL || ((asked ^ flags) & mask & ~optional) === 0);
    },
    [Symbol.iterator]: () =>
      [named.join(','), ...(among?.expanded ?? []).map((word) => [...named, word].sort().join(','))][Symbol.iterator](),
  });
  const all = flags === ALL || flags === 0;
  const kinds = (['remount', 'bind', 'propagation', 'move', 'new'] as const).filter((kind) => {
    if (kind === 'new') return all || (flags & (REMOUNT | BIND | PROPAGATION | MOVE)) === 0;
    if (fstype !== undefined || !(all || kindOf(flags).kind === kind)) return false;
    if (kind === 'remount') return rule.kind === 'remount' || source === undefined || target === undefined;
    return kind !== 'propagation' || source === undefined || target === undefined;
  });
  return kinds.flatMap((kind): Part[] => {
    const place = kind === 'remount' || kind === 'propagation' ? (target ?? source) : target;
    const regex =
      kind === 'new' || kind === 'bind' || kind === 'move'
        ? withType(joined([place, source], true), joined([kind === 'new' ? fstype : undefined]))
        : withType(joined([place, undefined], true), joined([undefined]));
    return part('mount', regex, covers([kind]), `${kind} ${flags} ${optional}`);
  });
}

function withType(
  places: string | { readonly problem: string },
  type: string | { readonly problem: string },
): string | { readonly problem: string } {
  return typeof places !== 'string' ? places : typeof type !== 'string' ? type : `${places}\\000${type}`;
}

function part(
  domain: 'mount' | 'umount' | 'pivot_root',
  regex: string | { readonly problem: string },
  words?: Words,
  detail?: string,
): Part[] {
  return typeof regex === 'string'
    ? [{ domain, words: [words], regex, ...(detail === undefined ? {} : { detail }) }]
    : [regex];
}

function own(table: Readonly<Record<string, number>>, word: string): number | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}
