/** `change_profile,` to any profile, to `unconfined`, to siblings in the same file, and to others. Pure. */
import { quoted, type AddOperator } from './add-context.ts';

export const addChangeProfile: AddOperator = ({ text, block, world }) => {
  const siblings = text.profiles.map(({ name }) => name).filter((name) => name !== block.name);
  const targets = [...new Set(['unconfined', ...siblings, ...world.labels])];
  return ['change_profile', ...targets.map((target) => `change_profile -> ${quoted(target)}`)];
};
