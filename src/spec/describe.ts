/** An action in the words of the spec, for names and reports. Pure. */
import type { Action } from '../model.ts';

/** @returns one line, for example `top -b -n 1`, `open /etc/shadow for write`. */
export function describeAction(action: Action): string {
  switch (action.kind) {
    case 'run': return action.argv.map(quoted).join(' ');
    case 'shell': return `sh: ${action.script}`;
    case 'open': return `open ${action.path} for ${action.for}`;
    case 'http': return `GET ${action.url}`;
    case 'unlink': case 'mkdir': case 'exec': return `${action.kind} ${action.path}`;
  }
}

function quoted(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
