/** `unix,` and its peers. Pure. */
import { quoted, type AddOperator } from './add-context.ts';

export const addUnix: AddOperator = ({ world }) => [
  'unix',
  ...['unconfined', ...world.labels].map((label) => `unix peer=(label=${quoted(label)})`),
];
