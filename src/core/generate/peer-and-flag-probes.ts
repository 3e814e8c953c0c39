/** Probes that do not come from files of the image: what peers may do to the container, and what flags allow. Pure. */
import type { ProfileBlock, Rule } from '../profile/syntax/ast.ts';
import { wholeLiteralsOf } from '../profile/patterns/literals.ts';

/** A probe that needs more than an operation and its expectation. */
export interface ExtraProbe {
  /** The rule that it shows; undefined for the flags in the header. */
  readonly rule?: Rule;
  /** Fields of the probe, as YAML. */
  readonly fields: readonly string[];
}

/** Names that can be a peer's in a spec. */
const NAME = /^[a-z][a-z0-9-]{0,31}$/;

/** Peers that the block's own rules allow to signal it. Each has the name of its profile. */
export function peersOf(block: ProfileBlock): string[] {
  return [...new Set(signalRules(block).flatMap(([, peers]) => peers))];
}

export function extraProbesOf(block: ProfileBlock): ExtraProbe[] {
  return [
    ...signalRules(block).flatMap(([rule, peers]) => peers.map((peer) => signalFrom(peer, rule))),
    ...flagProbes(block),
  ];
}

function signalRules({ rules, name }: ProfileBlock): (readonly [Rule, string[]])[] {
  return rules.flatMap((rule) => {
    if (rule.kind !== 'signal' || rule.via.length > 0) return [];
    if (rule.access.length > 0 && !rule.access.includes('receive')) return [];
    const peers = (rule.conditions['peer']?.expanded ?? [])
      .flatMap(wholeLiteralsOf)
      .filter((peer) => NAME.test(peer) && peer !== name);
    return peers.length === 0 ? [] : [[rule, peers] as const];
  });
}

function signalFrom(peer: string, rule: Rule): ExtraProbe {
  const expect = rule.qualifiers.access === 'deny' ? 'denied' : 'allowed';
  return {
    rule,
    fields: [
      `name: the signal urg from ${peer} is ${expect}`,
      `from: ${peer}`,
      'try: signal urg container',
      'control: false',
      `expect: ${expect}`,
    ],
  };
}

/** A copy of a program is opened, removed and executed. */
const RUN_DELETED_PROGRAM = [
  'cp /usr/bin/true /var/tmp/gone',
  'exec 3</var/tmp/gone',
  'rm /var/tmp/gone',
  'exec /proc/self/fd/3',
].join(' && ');

/** Only these flags give a name to a file outside the file system, and to a deleted one (apparmor.d(5)). */
function flagProbes({ flags }: ProfileBlock): ExtraProbe[] {
  const probes: readonly (readonly [string, readonly string[]])[] = [
    [
      'attach_disconnected',
      ['name: a program in memory can be executed', 'try: exec-memfd /usr/bin/cp', 'expect: allowed'],
    ],
    [
      'mediate_deleted',
      [
        'name: a program that was removed while it was open can be executed',
        `run: [bash, -c, "${RUN_DELETED_PROGRAM}"]`,
        'expect: allowed',
      ],
    ],
  ];
  return probes.flatMap(([flag, fields]) => (flags.includes(flag) ? [{ fields }] : []));
}
