/** A hat that allows everything. Pure. */
import type { AddOperator } from './add-context.ts';

/** No profile has a hat of this name. */
export const HAT = 'opened-hat';

const RULES = ['file', 'capability', 'network', 'mount', 'umount', 'pivot_root', 'ptrace', 'signal', 'unix'];

/** Only a profile of the file can have hats. */
export const addHat: AddOperator = ({ block }) =>
  block.kind === 'profile' ? [`^${HAT} { ${RULES.map((rule) => `${rule},`).join(' ')} }`] : [];
