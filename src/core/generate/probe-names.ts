/** Names of generated probes. Pure. */

import type { Predicted } from './predict.ts';

/** Operations on one path. */
const FILE_VERBS: Readonly<Record<string, string>> = {
  'open read': 'reading',
  'open write': 'writing to',
  'open append': 'appending to',
  'open create': 'creating',
  mkdir: 'making the folder',
  readdir: 'listing',
  exec: 'executing',
  mmap: 'mapping as a program',
  'lock flock read': 'locking',
  'lock fcntl none': 'locking, without reading or writing,',
};

/** @param words of the operation; a path may be the placeholder of a matrix. */
export function probeName(
  words: readonly string[],
  { allowed, candidate: { user } }: Pick<Predicted, 'allowed' | 'candidate'>,
  alias: boolean,
): string {
  const by = user === undefined ? '' : ' by a user who does not own it';
  return `${subject(words)}${by}${alias ? ', by way of a link,' : ''} is ${allowed ? 'allowed' : 'denied'}`;
}

function subject(words: readonly string[]): string {
  const [operation = '', ...args] = words;
  const verb = FILE_VERBS[words.slice(0, -1).join(' ')];
  if (verb !== undefined) return `${verb} ${words.at(-1) ?? ''}`;
  return Object.hasOwn(SUBJECTS, operation) ? (SUBJECTS[operation]?.(args) ?? '') : words.join(' ');
}

/** What an operation does, by its arguments. */
const SUBJECTS: Readonly<Record<string, (args: readonly string[]) => string>> = {
  link: ([target = '', name = '']) => `making ${name} a link to ${target}`,
  'exec-copy': ([program = '', copy = '']) => `executing a copy of ${program} at ${copy}`,
  capable: ([capability = '']) => `the capability ${capability}`,
  socket: (args) => `a socket of ${args.slice(0, 3).join(' ')}`,
  mount: ([type = '', source = '']) => (type === '' ? `mounting ${source} a second time` : `mounting ${type}`),
  umount: ([target = '']) => `unmounting ${target}`,
  ptrace: ([access]) => (access === 'read' ? 'reading the state of a child' : 'tracing a child'),
  signal: ([signal = '']) => `the signal ${signal} to a child`,
  userns: () => 'a new user namespace',
  change_profile: ([profile = '']) => `changing to the profile ${profile}`,
};
