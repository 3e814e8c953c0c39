/** `set=`, `peer=` and the access on a signal rule that has none. Pure. */
import { withBody, withMore, type CarveOperator } from './carve-context.ts';

export const carveSignal: CarveOperator = (context) => {
  const { rule, body } = context;
  if (rule.kind !== 'signal') return [];
  const { access, conditions } = rule;
  // accesses stand first, then the set, then the peer
  const withSet = (name: string): string =>
    body.replace(/^(signal(?:\s*\([^)]*\)|\s+(?:send|receive|rw|r|w)\b)*)/, `$1 set=(${name})`);
  return [
    ...(conditions['set'] === undefined ? ['term', 'kill'].map((name) => withBody(context, withSet(name))) : []),
    ...(conditions['peer'] === undefined ? [withMore(context, 'peer=unconfined')] : []),
    ...(access.length === 0
      ? ['send', 'receive'].map((way) => withBody(context, body.replace(/^signal/, `signal (${way})`)))
      : []),
  ];
};
