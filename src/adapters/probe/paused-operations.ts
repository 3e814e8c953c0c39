/** Operations whose process is paused, so that the host can read its label. Pure. */
import type { Action, Probe } from '#core/model/model.ts';
import { findOperation } from '#core/spec/operations.ts';

/** @returns the name of the paused form of a probe whose spec expects a label; undefined where it expects none. */
export function pausedForm({ action, expect }: Probe): string | undefined {
  if (action.kind !== 'operation') return undefined;
  const wanted = expect.label !== undefined || expect.mode !== undefined || expect.secure !== undefined;
  const form = findOperation(action.name);
  return wanted || form?.alwaysPauses === true ? form?.pausedAs : undefined;
}

/** @param loaded gives the name under which a profile of the spec is loaded. */
export function loadedArgs(action: Action, loaded: (label: string) => string): readonly string[] {
  if (action.kind !== 'operation') return [];
  const takesLabel = findOperation(action.name)?.takesLabel === true;
  return takesLabel ? action.args.map((arg, i) => (i === 0 ? loaded(arg) : arg)) : action.args;
}
