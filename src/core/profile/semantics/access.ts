/** Attempted accesses as a reader says them, and as questions to policy. Pure. */
import type { Domain, Question } from './grant-types.ts';

/** Letters as rules have them; `c` and `d`, which records have, are part of `w`. */
export type FilePermission = 'r' | 'w' | 'a' | 'x' | 'm' | 'k' | 'l' | 'c' | 'd';

/** One attempted access of any class. What is left out is what a rule without conditions would be asked. */
export type Access =
  | {
      readonly class: 'file';
      /** As the kernel sees it: links followed, a folder with a slash at its end. */ readonly path: string;
      readonly permission: FilePermission;
      /** Whether the file belongs to the user who asks; default yes. */ readonly owner?: boolean;
      /** `l`: what is linked to. */ readonly target?: string;
    }
  | { readonly class: 'capability'; readonly name: string }
  | {
      readonly class: 'network';
      readonly family: string;
      readonly type: string;
      readonly access?: string;
      readonly conditions?: string;
    }
  | { readonly class: 'signal'; readonly access: string; readonly signal: string; readonly peer: string }
  | { readonly class: 'ptrace'; readonly access: string; readonly peer: string }
  | {
      readonly class: 'mount';
      readonly target: string;
      readonly source?: string;
      readonly fstype?: string;
      readonly flags?: readonly string[];
    }
  | { readonly class: 'umount'; readonly target: string }
  | { readonly class: 'pivot_root'; readonly target: string; readonly oldroot?: string }
  | { readonly class: 'change_profile'; readonly target: string; readonly exec?: string }
  | { readonly class: 'userns'; readonly access?: string }
  | { readonly class: 'io_uring'; readonly access: string; readonly label?: string }
  | {
      readonly class: 'mqueue';
      readonly access: string;
      readonly type: string;
      readonly name: string;
      readonly label?: string;
    }
  | {
      readonly class: 'unix';
      readonly access: string;
      readonly type: string;
      readonly addr?: string;
      readonly label?: string;
      readonly peerAddr?: string;
      readonly peerLabel?: string;
    }
  | {
      readonly class: 'dbus';
      readonly access: string;
      readonly bus?: string;
      readonly name?: string;
      readonly peerLabel?: string;
      readonly path?: string;
      readonly interface?: string;
      readonly member?: string;
    };

export function questionOf(access: Access): Question {
  switch (access.class) {
    case 'file': {
      const owner = access.owner === false ? 'other' : 'owner';
      if (access.permission === 'l') return ask('link', [owner], access.path, access.target ?? '/x');
      return ask(
        'file',
        [access.permission === 'c' || access.permission === 'd' ? 'w' : access.permission, owner],
        access.path,
      );
    }
    case 'capability':
      return ask('capability', [access.name], '');
    case 'network':
      return ask('network', [access.family, access.type, access.access ?? 'create', access.conditions ?? ''], '');
    case 'signal':
      return ask('signal', [access.access, access.signal], access.peer);
    case 'ptrace':
      return ask('ptrace', [access.access], access.peer);
    case 'mount':
      return ask(
        'mount',
        [[...(access.flags ?? [])].sort().join(',')],
        access.target,
        access.source ?? '',
        access.fstype ?? '',
      );
    case 'umount':
      return ask('umount', [], access.target);
    case 'pivot_root':
      return ask('pivot_root', [], access.target, access.oldroot ?? '');
    case 'change_profile':
      return ask('change_profile', [], access.exec ?? '', access.target);
    case 'userns':
      return ask('userns', [access.access ?? 'create'], '');
    case 'io_uring':
      return ask('io_uring', [access.access], access.label ?? '');
    case 'mqueue':
      return ask('mqueue', [access.access, access.type], access.name, access.label ?? '');
    case 'unix':
      return ask(
        'unix',
        [access.access, access.type],
        access.addr ?? '',
        access.label ?? '',
        access.peerAddr ?? '',
        access.peerLabel ?? '',
      );
    case 'dbus':
      return ask(
        'dbus',
        [access.access],
        access.bus ?? '',
        access.name ?? '',
        access.peerLabel ?? '',
        access.path ?? '',
        access.interface ?? '',
        access.member ?? '',
      );
  }
}

/** The other way: undefined where a question has no form that a reader would use. */
export function accessOf({ domain, words, key }: Question): Access {
  const [first = '', second = '', third = '', fourth = ''] = words;
  const [a = '', b = '', c = '', d = '', e = '', f = ''] = key.split('\0');
  switch (domain) {
    case 'file':
      return { class: 'file', path: a, permission: first as FilePermission, owner: second !== 'other' };
    case 'link':
      return { class: 'file', path: a, permission: 'l', owner: first !== 'other', target: b };
    case 'capability':
      return { class: 'capability', name: first };
    case 'network':
      return {
        class: 'network',
        family: first,
        type: second,
        access: third,
        ...(fourth === '' ? {} : { conditions: fourth }),
      };
    case 'signal':
      return { class: 'signal', access: first, signal: second, peer: a };
    case 'ptrace':
      return { class: 'ptrace', access: first, peer: a };
    case 'mount':
      return { class: 'mount', target: a, source: b, fstype: c, flags: first === '' ? [] : first.split(',') };
    case 'umount':
      return { class: 'umount', target: a };
    case 'pivot_root':
      return { class: 'pivot_root', target: a, oldroot: b };
    case 'change_profile':
      return { class: 'change_profile', target: b, ...(a === '' ? {} : { exec: a }) };
    case 'userns':
      return { class: 'userns', access: first };
    case 'io_uring':
      return { class: 'io_uring', access: first, label: a };
    case 'mqueue':
      return { class: 'mqueue', access: first, type: second, name: a, label: b };
    case 'unix':
      return { class: 'unix', access: first, type: second, addr: a, label: b, peerAddr: c, peerLabel: d };
    case 'dbus':
      return { class: 'dbus', access: first, bus: a, name: b, peerLabel: c, path: d, interface: e, member: f };
  }
}

function ask(domain: Domain, words: readonly string[], ...key: string[]): Question {
  return { domain, words, key: key.join('\0') };
}
