/** Operations whose process is held, so that the host can look at what it carries. Pure. */
import type { Action, Probe } from '#core/model/model.ts';

/** The form of an operation that leaves its process standing (src/agent/ops_exec.c). */
const HELD: Readonly<Record<string, string>> = {
  exec: 'exec-hold',
  'exec-as': 'exec-as-hold',
  change_profile: 'profile-hold',
  change_hat: 'hat-hold',
  stack: 'stack-hold',
};

/** Operations whose first argument is a label. */
const LABELLED = new Set(['change_profile', 'change_onexec', 'stack', 'exec-as']);

/** @returns the agent's name for a probe of which a label is wanted; undefined where none is. */
export function heldForm({ action, expect }: Probe): string | undefined {
  if (action.kind !== 'operation') return undefined;
  const wanted = expect.label !== undefined || expect.mode !== undefined || expect.secure !== undefined;
  return wanted || action.name === 'exec-as' ? HELD[action.name] : undefined; // that one has no other form
}

/** @param loaded gives the name under which a profile of the spec is loaded. */
export function loadedArgs(action: Action, loaded: (label: string) => string): readonly string[] {
  if (action.kind !== 'operation') return [];
  return LABELLED.has(action.name) ? action.args.map((arg, i) => (i === 0 ? loaded(arg) : arg)) : action.args;
}
