/** `owner` or (AppArmor 5) `other` on a file rule that is for both. Pure. */
import { withBody, type CarveOperator } from './carve-context.ts';

export const carveOwner: CarveOperator = (context) => {
  const { rule, body } = context;
  if ((rule.kind !== 'file' && rule.kind !== 'link') || rule.qualifiers.owner !== undefined) return [];
  return ['owner', 'other'].map((word) => withBody(context, `${word} ${body}`));
};
