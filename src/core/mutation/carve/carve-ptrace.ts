/** `peer=` and the access on a ptrace rule that has none. Pure. */
import { withBody, withMore, type CarveOperator } from './carve-context.ts';

export const carvePtrace: CarveOperator = (context) => {
  const { rule, body } = context;
  if (rule.kind !== 'ptrace') return [];
  return [
    ...(rule.conditions['peer'] === undefined ? [withMore(context, 'peer=unconfined')] : []),
    ...(rule.access.length === 0
      ? ['read', 'trace'].map((access) => withBody(context, body.replace(/^ptrace/, `ptrace (${access})`)))
      : []),
  ];
};
