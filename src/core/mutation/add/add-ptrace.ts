/** `ptrace` with any peer, one access at a time, and with a peer. Pure. */
import { quoted, type AddOperator } from './add-context.ts';

export const addPtrace: AddOperator = ({ world }) => [
  'ptrace',
  ...['trace', 'read', 'tracedby', 'readby'].map((access) => `ptrace (${access})`),
  ...['unconfined', ...world.labels].map((label) => `ptrace peer=${quoted(label)}`),
];
