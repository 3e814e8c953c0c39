/** What operations do to the world, read from the table of operations. Pure. */
import type { Action, Probe } from '../model/model.ts';
import { OPERATIONS, findOperation } from './operations.ts';
import type { Operation } from './read-operation.ts';

/**
 * The removal of what an operation created, for when the operation was kept from undoing it itself.
 * @returns a probe that tries the removal; undefined where the operation creates nothing that has a path.
 */
export function undoOf(probe: Probe): Probe | undefined {
  const { action } = probe;
  if (action.kind !== 'operation') return undefined;

  const { makes, undoneBy } = findOperation(action.name) ?? {};
  const path = makes === undefined ? undefined : action.args[makes];
  if (undoneBy === undefined || path?.startsWith('/') !== true) return undefined;

  const words = [undoneBy, path];
  return { ...probe, action: { kind: 'operation', name: undoneBy, args: [path], words, class: 'file' } };
}

/** Whether it removes something that was there before: it cannot be tried a second time. */
export function removes(action: Action): boolean {
  return action.kind === 'operation' && findOperation(action.name)?.removes === true;
}

/** Whether it may leave the container changed: operations undo what they did, except removals; commands do not. */
export function leavesTraces(action: Action): boolean {
  return action.kind !== 'operation' || removes(action);
}

/** Whether AppArmor has no hook in the kernel for it, so that no profile applies to it. */
export function isUnmediated({ name, args }: Pick<Operation, 'name' | 'args'>): boolean {
  return findOperation(name)?.isUnmediated?.(args) === true;
}

/** The agent shields its own /proc/self from its user: what is asked of it there would be answered by file modes. */
function isOwnProc(path: string): boolean {
  return /^\/proc\/(thread-)?self(\/|$)/.test(path);
}

/** Whether a child of the agent makes every call of an operation that the agent would make itself. */
export function isTriedInChild(action: Action): boolean {
  return action.kind === 'operation' && action.args.some(isOwnProc);
}

/** Whether both processes of a signal or a trace are known: the agent or its child, and a peer of the spec. */
export function hasKnownEnds(action: Action): boolean {
  return action.kind === 'operation' && (action.other !== undefined || action.args[1] === 'child');
}

/** Operations whose process can be paused to read the label that it has afterwards. */
export const LABEL_CHANGING: readonly string[] = Object.entries(OPERATIONS)
  .filter(([, { pausedAs }]) => pausedAs !== undefined)
  .map(([name]) => name);
