/** `signal` with any peer, sent and received, and with a peer. Pure. */
import { quoted, type AddOperator } from './add-context.ts';

const WAYS = ['send', 'receive'];

export const addSignal: AddOperator = ({ world }) => [
  'signal',
  ...WAYS.map((way) => `signal (${way})`),
  ...['unconfined', ...world.labels].flatMap((label) => WAYS.map((way) => `signal (${way}) peer=${quoted(label)}`)),
];
