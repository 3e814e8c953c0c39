/** What the program that started this one passes on in environment variables. */
import { defined } from '#core/model/optional.ts';

/** Set in a lab guest: the Debian suite of the guest. */
export const LAB_VARIABLE = 'APPARMOR_PROBE_LAB';

/** Set when this program was started again through sudo: `uid:gid` of the user who started it first. */
export const OWNER_VARIABLE = 'APPARMOR_PROBE_OWNER';

export interface Environment {
  /** The Debian suite of the lab guest that this runs in; missing outside one. */
  readonly lab?: string;
  /** `uid:gid` of the user that written files shall belong to; missing when no sudo was involved. */
  readonly owner?: string;
}

export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  return defined({ lab: variables[LAB_VARIABLE], owner: variables[OWNER_VARIABLE] });
}
