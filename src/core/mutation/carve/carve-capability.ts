/** One capability out of a rule that denies all. Pure. */
import { CAPABILITIES } from '../../model/linux.ts';
import { withBody, type CarveOperator } from './carve-context.ts';

export const carveCapability: CarveOperator = (context) => {
  const { rule } = context;
  if (rule.kind !== 'capability' || rule.names.length > 0 || rule.qualifiers.access !== 'deny') return [];
  return CAPABILITIES.map((left) =>
    withBody(context, `capability ${CAPABILITIES.filter((name) => name !== left).join(' ')}`),
  );
};
