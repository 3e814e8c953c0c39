/** Names of generated probes, in words. Pure. */

const FILE: Readonly<Record<string, string>> = {
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
export function probeName(words: readonly string[], allowed: boolean, alias: boolean): string {
  return `${subject(words)}${alias ? ', by way of a link,' : ''} is ${allowed ? 'allowed' : 'denied'}`;
}

function subject(words: readonly string[]): string {
  const [operation = '', first = '', second = '', third = ''] = words;
  const path = words.at(-1) ?? '';
  const verb = FILE[words.slice(0, -1).join(' ')];
  if (verb !== undefined) return `${verb} ${path}`;
  switch (operation) {
    case 'link':
      return `making ${second} a link to ${first}`;
    case 'exec-copy':
      return `executing a copy of ${first} at ${second}`;
    case 'capable':
      return `the capability ${first}`;
    case 'socket':
      return `a socket of ${[first, second, third].join(' ').trim()}`;
    case 'mount':
      return first === '' ? `mounting ${second} a second time` : `mounting ${first}`;
    case 'umount':
      return `unmounting ${first}`;
    case 'ptrace':
      return first === 'read' ? 'reading the state of a child' : 'tracing a child';
    case 'signal':
      return `the signal ${first} to a child`;
    case 'userns':
      return 'a new user namespace';
    case 'change_profile':
      return `changing to the profile ${first}`;
    default:
      return words.join(' ');
  }
}
