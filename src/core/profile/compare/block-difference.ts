/** What differs in a profile beside its answers to accesses: its mode and other flags, and resource limits. Pure. */
import type { Difference } from './access-change.ts';
import type { ProfileBlock, RlimitRule } from '../syntax/ast.ts';

/** Flags under which more is possible than without them. */
const LOOSER = /^(?:complain|unconfined|default_allow|prompt|attach_disconnected|mediate_deleted|audit)/;

export function blockDifferences(base: ProfileBlock, head: ProfileBlock): Difference[] {
  return [...flagDifferences(base, head), ...limitDifferences(base, head)];
}

function flagDifferences(base: ProfileBlock, head: ProfileBlock): Difference[] {
  const only = (one: ProfileBlock, other: ProfileBlock): string[] =>
    one.flags.filter((flag) => !other.flags.includes(flag) && flag !== 'enforce' && flag !== 'audit');
  const entry = (flag: string, added: boolean): Difference => ({
    change: LOOSER.test(flag) === added ? 'allowed' : 'denied',
    class: 'flags',
    permissions: [flag],
    examples: [],
    base: [],
    head: [],
    detail: `the flag ${flag} was ${added ? 'added' : 'removed'}`,
  });
  return [...only(head, base).map((flag) => entry(flag, true)), ...only(base, head).map((flag) => entry(flag, false))];
}

/** The last rule for a limit counts. No rule: the profile leaves the limit alone. */
function limitDifferences(base: ProfileBlock, head: ProfileBlock): Difference[] {
  const before = limits(base);
  const after = limits(head);
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((limit): Difference[] => {
    const was = before.get(limit);
    const is = after.get(limit);
    if (was !== undefined && is !== undefined && amount(was) === amount(is)) return [];
    const looser = amount(is) > amount(was);
    return [
      {
        change: looser ? 'allowed' : 'denied',
        class: 'rlimit',
        permissions: [limit],
        examples: [],
        base: was === undefined ? [] : [was],
        head: is === undefined ? [] : [is],
        detail: `the limit ${limit} was ${was?.value ?? 'none'} and is ${is?.value ?? 'none'}`,
      },
    ];
  });
}

function limits({ rules }: ProfileBlock): Map<string, RlimitRule> {
  return new Map(rules.flatMap((rule) => (rule.kind === 'rlimit' ? [[rule.limit, rule] as const] : [])));
}

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

/** Comparable within one limit; a priority for `nice` grows as it falls. */
function amount(rule: RlimitRule | undefined): number {
  if (rule === undefined || rule.value === 'infinity') return Infinity;
  const [, count = '', unit = ''] = /^(-?\d+)\s*([A-Za-z]*)$/.exec(rule.value) ?? [];
  const factor =
    Object.entries(UNITS).find(
      ([name]) => name === unit || (/^[a-z]{3,}$/.test(unit) && unit.startsWith(name) && name.length > 2),
    )?.[1] ?? 1;
  return Number(count) * factor * (rule.limit === 'nice' ? -1 : 1);
}
