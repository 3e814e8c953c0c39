/** An action in the words of the spec, for names and reports. Pure. */
import type { Action } from './model.ts';

/** @returns one line, for example `top -b -n 1`, `open /etc/shadow for write`. */
export function describeAction(action: Action): string {
  switch (action.kind) {
    case 'run':
      return commandText(action);
    case 'shell':
      return `sh: ${action.script}`;
    case 'operation':
      return operationText(action.words);
    case 'http':
      return `GET ${action.url}`;
  }
}

function operationText(words: readonly string[]): string {
  const [name = '', ...args] = words.map((word) => (word === '' ? "''" : quoted(word)));
  return name === 'open' ? `open ${args[1] ?? ''} for ${args[0] ?? ''}` : [name, ...args].join(' ');
}

/** The file that an operation is about; undefined when it is about none, or is no operation. */
export function pathOf(action: Action): string | undefined {
  return action.kind === 'operation' ? action.args.find((arg) => arg.startsWith('/')) : undefined;
}

/** A command as one would type it in a shell. */
export function commandText({
  argv,
  tildes,
}: {
  readonly argv: readonly string[];
  readonly tildes: readonly number[];
}): string {
  return argv
    .map((word, i) => (tildes.includes(i) ? `~${word === '~' ? '' : quoted(word.slice(1))}` : quoted(word)))
    .join(' ');
}

/** A word, in single quotes where a shell would take it for more than itself. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
