/** Labels that a probe changes to, and that no profile has: the kernel refuses before it asks any rule. Pure. */
import type { Probe } from '../model/model.ts';
import { findOperation } from '../spec/operations.ts';
import { suggestion } from '../text/did-you-mean.ts';

/**
 * @param loaded names of the profiles that are loaded, as their authors wrote them; children as `parent//child`.
 * @returns why the change cannot be asked for, as a clause; undefined where every profile of the label is there.
 */
export function unloadedLabel({ action }: Probe, loaded: ReadonlySet<string>): string | undefined {
  if (action.kind !== 'operation' || findOperation(action.name)?.takesLabel !== true) return undefined;
  const missing = partsOf(action.args[0] ?? '').find((name) => !loaded.has(name));
  if (missing === undefined) return undefined;
  const hint = suggestion(missing, [...loaded]);
  return `no profile ${JSON.stringify(missing)} is loaded, and the profile's file defines none${hint}`;
}

/** The profiles of a stack that can be looked up: those of another namespace (`:ns:name`) are not listed. */
function partsOf(label: string): readonly string[] {
  return label
    .replace(/^&/, '')
    .split('//&')
    .filter((name) => name !== 'unconfined' && !name.startsWith(':'));
}
