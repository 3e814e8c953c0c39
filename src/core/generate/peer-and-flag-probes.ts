/** Probes that no file of the image suggests: what peers may do to the container, and what a profile's flags are for. Pure. */
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

/** Peers that the block's own rules let signal it: name and profile at once. */
export function peersOf(block: ProfileBlock): string[] {
  return [...new Set(signalled(block).flatMap(([, peers]) => peers))];
}

export function extraProbesOf(block: ProfileBlock): ExtraProbe[] {
  return [
    ...signalled(block).flatMap(([rule, peers]) => peers.map((peer) => signalFrom(peer, rule))),
    ...flagged(block),
  ];
}

function signalled({ rules, name }: ProfileBlock): (readonly [Rule, string[]])[] {
  return rules.flatMap((rule) => {
    if (rule.kind !== 'signal' || rule.via.length > 0 || (rule.access.length > 0 && !rule.access.includes('receive')))
      return [];
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

/** A file without a place in the file system, and one whose name is gone, have names only by these flags (apparmor.d(5)). */
function flagged({ flags }: ProfileBlock): ExtraProbe[] {
  const shown: readonly (readonly [string, readonly string[]])[] = [
    [
      'attach_disconnected',
      ['name: a program in memory can be executed', 'try: exec-memfd /usr/bin/cp', 'expect: allowed'],
    ],
    [
      'mediate_deleted',
      [
        'name: a program that was removed while it was open can be executed',
        `run: [bash, -c, "cp /usr/bin/true /var/tmp/gone && exec 3</var/tmp/gone && rm /var/tmp/gone && exec /proc/self/fd/3"]`,
        'expect: allowed',
      ],
    ],
  ];
  return shown.flatMap(([flag, fields]) => (flags.includes(flag) ? [{ fields }] : []));
}
