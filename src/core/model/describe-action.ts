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
  if (name !== 'open') return [name, ...args].join(' ');

  const [mode = '', path = ''] = args;
  return `open ${path} for ${mode}`;
}

/** The file that an operation is about; undefined when it is about none, or is no operation. */
export function pathOf(action: Action): string | undefined {
  return action.kind === 'operation' ? action.args.find((arg) => arg.startsWith('/')) : undefined;
}

interface Command {
  readonly argv: readonly string[];
  /** Indexes of the words whose first character, `~`, means the user's home. */
  readonly tildes: readonly number[];
}

/** @returns a command as one would type it in a shell. */
export function commandText({ argv, tildes }: Command): string {
  return argv.map((word, i) => (tildes.includes(i) ? withTilde(word) : quoted(word))).join(' ');
}

/** The tilde must not be quoted, or a shell would take it as it is. */
function withTilde(word: string): string {
  return word === '~' ? word : `~${quoted(word.slice(1))}`;
}

/** @returns a word, in single quotes where a shell would take it for more than itself. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
