/**
 * Which classes of accesses a compiled profile mediates. What it does not mediate is allowed, whatever its rules say
 * (security/apparmor/policy_unpack.c, unpack_pdb; include/policy.h, RULE_MEDIATES). Pure.
 */
import { automatonOf, fieldsOf, type Field } from './compiled-policy.ts';

/** The bytes that rules of a class begin with (security/apparmor/include/apparmor.h, AA_CLASS_NET and others). */
const CLASSES: readonly (readonly [name: string, ...starts: readonly (readonly number[])[]])[] = [
  ['network', [14], [15]],
  // the oldest form is written for unix alone; after the newest stands AF_UNIX (parser_regex.c, mediates_net_unixv9)
  ['unix', [4], [15, 0, 1], [15, 0, 0x31]],
  ['mount', [7]],
  ['ptrace', [9]],
  ['signal', [10]],
  ['mqueue', [17]],
  ['sysv_mqueue', [18]],
  ['userns', [21]],
  ['io_uring', [22]],
  ['dbus', [32]],
];

/** The names of the classes that a policy can leave unmediated. */
export const MEDIATED_CLASSES: readonly string[] = CLASSES.map(([name]) => name);

/** @returns for each profile of a compiled file the classes it mediates; undefined where it cannot be read. */
export function mediatedClasses(policy: Uint8Array): ReadonlyMap<string, ReadonlySet<string>> | undefined {
  const fields = fieldsOf(policy);
  if (fields === undefined) return undefined;
  const profiles = new Map<string, ReadonlySet<string>>();
  let name: string | undefined;
  let isInPolicydb = false;
  for (const [at, field] of fields.entries()) {
    if (field.kind === 'open' && field.name === 'profile') {
      name = fields[at + 1]?.value.replace(/\0$/, '') ?? '';
      isInPolicydb = false;
      profiles.set(name, new Set());
    } else if (field.kind === 'open' && field.name === 'policydb') {
      isInPolicydb = true;
    } else if (isInPolicydb && field.name === 'aadfa' && name !== undefined) {
      const mediated = classesOf(fields, at);
      if (mediated === undefined) return undefined;
      profiles.set(name, mediated);
      isInPolicydb = false;
    }
  }
  return profiles;
}

/** A class is mediated when some string that begins as its rules do leads somewhere. */
function classesOf(fields: readonly Field[], at: number): ReadonlySet<string> | undefined {
  const automaton = automatonOf(fields[at]?.blob ?? new Uint8Array());
  if (automaton === undefined) return undefined;
  const start = startOf(fields, at);
  const leads = (bytes: readonly number[]): boolean =>
    bytes.reduce((state, byte) => automaton.next(state, byte), start) !== 0;
  return new Set(CLASSES.filter(([, ...starts]) => starts.some(leads)).map(([name]) => name));
}

/** The first number named `start` beside the automaton; without one it is the first state. */
function startOf(fields: readonly Field[], at: number): number {
  const near = [at + 1, at + 2, at - 1].map((index) => fields[index]);
  const start = near.find((field) => field?.kind === 'number' && field.name === 'start');
  return start === undefined ? 1 : Number(start.value);
}
