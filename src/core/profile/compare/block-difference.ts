/** What differs in a profile besides its answers to accesses: attachment, mode and other flags, and limits. Pure. */
import type { Change, Difference } from './access-change.ts';
import { attachmentDifferences } from './attachment-difference.ts';
import type { ProfileBlock, RlimitRule } from '../syntax/ast.ts';

/** Flags under which more is possible than without them. */
const LOOSER =
  /^(?:complain|unconfined|default_allow|prompt|(?:chroot_attach|attach_disconnected)(?:\..*)?|mediate_deleted)$/;
/** Flags under which less is possible. */
const STRICTER = /^kill$/;
/** What holds where no flag says otherwise. */
const DEFAULTS = ['enforce', 'namespace_relative', 'delegate_deleted', 'no_attach_disconnected', 'chroot_no_attach'];

/** @returns a difference for the attachment, each flag and each limit that is not the same in HEAD. */
export function blockDifferences(base: ProfileBlock, head: ProfileBlock): Difference[] {
  return [...attachmentDifferences(base, head), ...flagDifferences(base, head), ...limitDifferences(base, head)];
}

function flagDifferences(base: ProfileBlock, head: ProfileBlock): Difference[] {
  const added = flagsOnlyIn(head, base).map((flag) => flagDifference(flag, 'added'));
  const removed = flagsOnlyIn(base, head).map((flag) => flagDifference(flag, 'removed'));
  return [...added, ...removed];
}

function flagsOnlyIn({ flags }: ProfileBlock, other: ProfileBlock): string[] {
  return flags.filter((flag) => !other.flags.includes(flag) && !DEFAULTS.includes(flag));
}

function flagDifference(flag: string, what: 'added' | 'removed'): Difference {
  return {
    change: flagChange(flag, what),
    class: 'flags',
    permissions: [flag],
    examples: [],
    base: [],
    head: [],
    detail: `the flag ${flag} was ${what}`,
  };
}

/** Of a flag that is not known, any change may allow more. */
function flagChange(flag: string, what: 'added' | 'removed'): Change {
  if (flag === 'audit') return 'logging';
  const tightening = what === 'added' ? STRICTER : LOOSER;
  return tightening.test(flag) ? 'denied' : 'allowed';
}

function limitDifferences(base: ProfileBlock, head: ProfileBlock): Difference[] {
  const before = limitsOf(base);
  const after = limitsOf(head);
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names
    .filter((name) => !isSameLimit(before.get(name), after.get(name)))
    .map((name) => limitDifference(name, before.get(name), after.get(name)));
}

function isSameLimit(was: RlimitRule | undefined, is: RlimitRule | undefined): boolean {
  return was !== undefined && is !== undefined && amountOf(was) === amountOf(is);
}

function limitDifference(name: string, was: RlimitRule | undefined, is: RlimitRule | undefined): Difference {
  return {
    change: amountOf(is) > amountOf(was) ? 'allowed' : 'denied',
    class: 'rlimit',
    permissions: [name],
    examples: [],
    base: was === undefined ? [] : [was],
    head: is === undefined ? [] : [is],
    detail: `the limit ${name} was ${was?.value ?? 'none'} and is ${is?.value ?? 'none'}`,
  };
}

/** By the limits' names; of several rules for one limit the last counts. */
function limitsOf({ rules }: ProfileBlock): Map<string, RlimitRule> {
  return new Map(rules.flatMap((rule) => (rule.kind === 'rlimit' ? [[rule.limit, rule] as const] : [])));
}

/** In bytes and seconds (apparmor.d(5), Rlimit rules). */
const UNITS: Readonly<Record<string, number>> = {
  us: 1e-6,
  ms: 1e-3,
  s: 1,
  sec: 1,
  min: 60,
  hour: 3600,
  day: 86_400,
  week: 604_800,
  K: 1024,
  KB: 1024,
  M: 1 << 20,
  MB: 1 << 20,
  G: 1 << 30,
  GB: 1 << 30,
};

/** Greater for a looser limit; without a rule there is no limit. Priorities of `nice` count downwards. */
function amountOf(rule: RlimitRule | undefined): number {
  if (rule === undefined || rule.value === 'infinity') return Infinity;
  const [, count = '', unit = ''] = /^(-?\d+)\s*([A-Za-z]*)$/.exec(rule.value) ?? [];
  const amount = Number(count) * factorOf(unit);
  return rule.limit === 'nice' ? -amount : amount;
}

/** Units of time may be written in full: `minutes` begins with `min`. */
function factorOf(unit: string): number {
  const isWord = /^[a-z]{3,}$/.test(unit);
  const matching = Object.entries(UNITS).find(
    ([name]) => name === unit || (isWord && name.length > 2 && unit.startsWith(name)),
  );
  return matching?.[1] ?? 1;
}
