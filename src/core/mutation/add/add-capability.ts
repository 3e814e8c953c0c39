/** `capability NAME,` for each that the profile does not allow, and all at once. Pure. */
import { CAPABILITIES } from '../../model/linux.ts';
import type { AddOperator } from './add-context.ts';

export const addCapability: AddOperator = ({ allows }) => {
  const missing = CAPABILITIES.filter((name) => !allows({ class: 'capability', name }));
  return missing.length === 0 ? [] : ['capability', ...missing.map((name) => `capability ${name}`)];
};
