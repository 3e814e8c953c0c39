/** Every capability that the kernel has. Pure. */
import { CAPABILITIES } from '../../model/linux.ts';
import type { MembersOf } from './member.ts';

export const capabilityMembers: MembersOf = ({ lastCapability }) =>
  Array.from({ length: lastCapability + 1 }, (_, number) => {
    const name = CAPABILITIES[number];
    return name === undefined
      ? { words: [String(number)], why: `this version does not know capability ${number}` }
      : { words: [name], operation: ['capable', name] };
  });
