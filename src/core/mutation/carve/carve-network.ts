/** A family or a type on a network rule that has none. Pure. */
import { withBody, withMore, type CarveOperator } from './carve-context.ts';

export const carveNetwork: CarveOperator = (context) => {
  const { rule, body } = context;
  if (rule.kind !== 'network') return [];
  if (rule.family === undefined) {
    const families = ['inet', 'inet6', 'netlink', 'unix'];
    return families.map((family) => withBody(context, body.replace(/^network/, `network ${family}`)));
  }
  if (rule.type !== undefined || Object.keys(rule.conditions).length > 0) return [];
  return ['stream', 'dgram', 'raw'].map((type) => withMore(context, type));
};
