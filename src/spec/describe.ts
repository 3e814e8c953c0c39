/** An action in the words of the spec, for names and reports. Pure. */
import type { Action } from '../model.ts';

/** @returns one line, for example `top -b -n 1`, `open /etc/shadow for write`. */
export function describeAction(action: Action): string {
  switch (action.kind) {
    case 'run': return commandText(action);
    case 'shell': return `sh: ${action.script}`;
    case 'open': return `open ${action.path} for ${action.for}`;
    case 'operation': return action.words.map((word) => (word === '' ? "''" : quoted(word))).join(' ');
    case 'http': return `GET ${action.url}`;
    case 'unlink': case 'mkdir': case 'exec': return `${action.kind} ${action.path}`;
  }
}

/** A command as one would type it in a shell. */
export function commandText({ argv, tildes }: { readonly argv: readonly string[]; readonly tildes: readonly number[] }): string {
  return argv.map((word, i) => (tildes.includes(i) ? `~${word === '~' ? '' : quoted(word.slice(1))}` : quoted(word))).join(' ');
}

/** A word, in single quotes where a shell would take it for more than itself. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
