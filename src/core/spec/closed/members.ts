/** The members of each class that a spec can close. Pure. */
import { capabilityMembers } from './capability-members.ts';
import type { ClosedClassName } from './classes.ts';
import { labelMembers } from './label-members.ts';
import type { MembersOf } from './member.ts';
import { mountMembers } from './mount-members.ts';
import { networkMembers } from './network-members.ts';
import { ptraceMembers, signalMembers } from './peer-members.ts';

/** No other queue has this name. */
const QUEUE = '/apparmor-probe-closed';

/** For each class every member that the host and the policy have. */
export const MEMBERS: Readonly<Record<ClosedClassName, MembersOf>> = {
  capability: capabilityMembers,
  network: networkMembers,
  mount: mountMembers,
  userns: () => [{ words: ['create'], operation: ['userns'] }],
  io_uring: () => ['sqpoll', 'override_creds'].map((use) => ({ words: [use], operation: ['io_uring', use] })),
  mqueue: () =>
    ['create', 'read', 'write', 'delete'].map((use) => ({ words: [use], operation: ['mqueue', use, QUEUE] })),
  ptrace: ptraceMembers,
  signal: signalMembers,
  change_profile: labelMembers,
  exec: () => [], // they are known once the container runs: exec-members.ts
  file: () => [], // asked of the kernel, then: core/verdict/compare-files.ts
};
