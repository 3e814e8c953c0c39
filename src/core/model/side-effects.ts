/** What takes an operation's effect back, where the operation itself was kept from doing so. Pure. */
import type { Probe } from './model.ts';

/** Operations that make something, and where their arguments say what. */
const MADE: Readonly<Record<string, number>> = {
  open: 1,
  link: 1,
  symlink: 1,
  mknod: 1,
  mkdir: 0,
  'exec-copy': 1,
  'exec-script': 1,
  bind: 2,
};

/** @returns a removal as a probe; undefined where none is known. */
export function undoOf(probe: Probe): Probe | undefined {
  const { action } = probe;
  const path = action.kind === 'operation' ? action.args[MADE[action.name] ?? -1] : undefined;
  if (action.kind !== 'operation' || path?.startsWith('/') !== true) return undefined;
  const name = action.name === 'mkdir' ? 'rmdir' : 'unlink';
  return { ...probe, action: { kind: 'operation', name, args: [path], words: [name, path], class: 'file' } };
}
