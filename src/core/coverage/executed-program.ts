/** What a command shows of the profile that it was executed into. Pure. */
import { unquote } from '../profile/syntax/unquote.ts';
import type { Probe } from '../model/model.ts';
import type { Access } from '../profile/semantics/access.ts';
import type { FileLookup } from '../model/file-lookup.ts';

/** `cx -> inner`, as the semantics of a file rule state a transition. */
const TRANSITION = /^(?<mode>[a-zA-Z]+)(?: -> (?<target>.*))?$/s;

/**
 * The execution of a command by the agent, and what the kernel asks the profile after it: a program is mapped, and a
 * script read by its interpreter, under the new label, so that label may read the file.
 * @returns undefined where it is not certain which file was executed, or by whom: found by PATH, or started by Docker.
 */
export function executedProgram(
  { action, direct }: Probe,
  look: FileLookup,
): Readonly<Record<'executed' | 'read', Access>> | undefined {
  const [program = ''] = action.kind === 'run' ? action.argv : [];
  const place = direct || !program.startsWith('/') ? undefined : look(program, true);
  if (place === undefined || place.folder || place.missing) return undefined;
  const file = { class: 'file', path: place.path } as const;
  return { executed: { ...file, permission: 'x' }, read: { ...file, permission: 'r' } };
}

/**
 * @param from full name of the profile whose rule decided.
 * @returns full names of the profiles that an execution may have ended in: none where it stays in the same.
 */
export function enteredProfiles(from: string, transition: string | undefined, program: string): readonly string[] {
  const { mode = '', target } = TRANSITION.exec(transition ?? '')?.groups ?? {};
  const name = target === undefined ? program : unquote(target);
  if (/c/i.test(mode)) return [`${from}//${name}`];
  return /p/i.test(mode) ? [name] : [];
}
