/** What the kernel answers otherwise than a spec declares, as entries of reports. Pure. */
import type { ClosedClass, Entry, Probe } from '../model/model.ts';
import { defined } from '../model/optional.ts';
import type { FileLetter } from '../profile/semantics/file-masks.ts';
import { readOperation } from '../spec/read-operation.ts';
import type { FileDifference } from './compare-files.ts';
import { verdict } from './verdicts.ts';

interface Origin {
  readonly closed: ClosedClass;
  readonly newId: () => string;
}

/** @returns an entry that nobody tried: the kernel's answer is all that there is. */
export function differenceEntry(difference: FileDifference, origin: Origin): Entry {
  const { path, letters, whose, allowed, others } = difference;
  const permissions = letters.join('');
  const facts = { path, permissions, whose, others };
  return {
    probe: probeOf(difference, origin),
    verdict: allowed ? verdict('answered-allowed', facts) : verdict('answered-denied', facts),
    witnesses: [],
    ruling: defined({ path, permissions, allowed, owner: whose === undefined ? undefined : whose === 'owner' }),
  };
}

/** @returns an entry for a path of which the kernel answers something else than its policy says as it was compiled. */
export function disagreementEntry(path: string, origin: Origin): Entry {
  const probe = probeOf({ path, letters: ['r'], whose: 'owner', allowed: true }, origin);
  const why = `asked directly, the kernel answers otherwise about ${path} than the policy that it was given`;
  return { probe, verdict: verdict('no-answer', { why }), witnesses: [] };
}

function probeOf(
  { path, target, letters, whose, allowed }: Omit<FileDifference, 'others'>,
  { closed, newId }: Origin,
): Probe {
  const words = operationOn(path, letters[0] ?? 'r', target);
  const read = readOperation(words);
  if ('problem' in read) throw new Error(`a closed class has an operation that cannot be read: ${read.problem}`);
  const member = [path, target && `-> ${target}`, letters.join(''), whose].filter((word) => word !== undefined);
  return {
    id: newId(),
    name: `closed ${closed.class}: ${member.join(' ')} is ${allowed ? 'denied' : 'allowed'}`,
    action: { kind: 'operation', ...read, words },
    direct: false,
    control: false,
    timeoutMs: 0,
    expect: { access: allowed ? 'denied' : 'allowed' },
    closed: { class: closed.class, member: member.join(' ') },
    at: closed.at,
  };
}

/** The operation that a person would try. */
function operationOn(path: string, letter: FileLetter, target = '/etc/passwd'): readonly string[] {
  const bare = path === '/' ? path : path.replace(/\/$/, '');
  if (bare !== path || path === '/') return letter === 'w' ? ['mkdir', bare] : ['readdir', bare];
  switch (letter) {
    case 'r':
      return ['open', 'read', path];
    case 'w':
      return ['open', 'write', path];
    case 'a':
      return ['open', 'append', path];
    case 'l':
      return ['link', target, path];
    case 'k':
      return ['lock', 'fcntl', 'none', path];
    case 'm':
      return ['mmap', path];
    case 'x':
      return ['exec', path];
  }
}
