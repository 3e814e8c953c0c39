/** Every kind of mount: new ones of each file system that the kernel has, binds, moves, remounts, propagation. Pure. */
import { PROPAGATIONS } from './classes.ts';
import type { Member, MembersOf, UnknownMember } from './member.ts';

/** A mount point in every container, and another mount that can be moved there. */
const TARGET = '/dev/shm';
const MOVED = '/dev/mqueue';
/** What a file system on a device is asked to be made of; the kernel only looks whether it is there. */
const DEVICE = '/dev/null';

/** What the agent can mount with the newer calls. */
const BY_NEWER_CALLS = ['tmpfs', 'ramfs', 'proc', 'sysfs', 'devpts', 'mqueue'];

export const mountMembers: MembersOf = ({ filesystems, asksOfNewerMounts }) => [
  ...filesystems.map(({ name, needsDevice }) =>
    member(['new', name], ['mount', name, needsDevice ? DEVICE : 'none', TARGET]),
  ),
  member(['bind'], ['mount', '', '/dev', TARGET, 'bind']),
  member(['rbind'], ['mount', '', '/dev', TARGET, 'rbind']),
  member(['move'], ['mount', '', MOVED, TARGET, 'move']),
  member(['remount'], ['mount', '', '', TARGET, 'remount']),
  ...PROPAGATIONS.map((word) => member([word], ['mount', '', '', TARGET, word])),
  member(['umount'], ['umount', TARGET]),
  member(['pivot_root'], ['pivot_root', TARGET, TARGET]),
  ...newerMounts().map((one) => (asksOfNewerMounts ? one : unasked(one))),
];

function newerMounts(): readonly Member[] {
  return [
    ...BY_NEWER_CALLS.map((name) => member(['fsmount', name], ['fsmount', name, TARGET])),
    member(['open_tree'], ['open_tree', '/dev', TARGET]),
  ];
}

function unasked({ words }: Member): UnknownMember {
  return { words, why: 'this kernel does not ask AppArmor about it: features/mount/move_mount is missing' };
}

function member(words: readonly string[], operation: readonly string[]): Member {
  return { words, operation };
}
