/** `type=`, the peer and the access on a unix rule that has none. Pure. */
import { withBody, withMore, type CarveOperator } from './carve-context.ts';

export const carveUnix: CarveOperator = (context) => {
  const { rule, body } = context;
  if (rule.kind !== 'unix') return [];
  const { access, conditions } = rule;
  const hasPeer = Object.keys(conditions).some((key) => key.startsWith('peer'));
  return [
    ...(conditions['type'] === undefined && !hasPeer ? [withMore(context, 'type=stream')] : []),
    ...(hasPeer ? [] : [withMore(context, 'peer=(label=unconfined)')]),
    ...(access.length === 0 ? [withBody(context, body.replace(/^unix/, 'unix (connect)'))] : []),
  ];
};
