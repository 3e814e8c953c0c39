/** Operations whose process is paused, so that the host can read its label. Pure. */
import type { Action, Probe } from '#core/model/model.ts';

/** The form of an operation that leaves its process paused (src/agent/ops_exec.c). */
const PAUSED: Readonly<Record<string, string>> = {
  exec: 'exec-pause',
  'exec-as': 'exec-as-pause',
  change_profile: 'profile-pause',
  change_hat: 'hat-pause',
  stack: 'stack-pause',
};

/** Operations whose first argument is a label. */
const LABELLED = new Set(['change_profile', 'change_onexec', 'stack', 'exec-as']);

/** @returns the name of the paused form of a probe whose spec expects a label; undefined where it expects none. */
export function pausedForm({ action, expect }: Probe): string | undefined {
  if (action.kind !== 'operation') return undefined;
  const wanted = expect.label !== undefined || expect.mode !== undefined || expect.secure !== undefined;
  return wanted || action.name === 'exec-as' ? PAUSED[action.name] : undefined; // that one has no other form
}

/** @param loaded gives the name under which a profile of the spec is loaded. */
export function loadedArgs(action: Action, loaded: (label: string) => string): readonly string[] {
  if (action.kind !== 'operation') return [];
  return LABELLED.has(action.name) ? action.args.map((arg, i) => (i === 0 ? loaded(arg) : arg)) : action.args;
}
