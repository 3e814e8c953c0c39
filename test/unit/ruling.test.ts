import { expect } from 'chai';
import { askedOf } from '../../src/ruling.ts';
import { readOperation } from '../../src/spec/operations.ts';

describe('askedOf', () => {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['open read /x', '/x r'], ['open write /x', '/x w'], ['open read,append /x', '/x ra'], ['open create,truncate /x', '/x w'], ['unlink /x', '/x d'], ['delete /x', '/x d'],
    ['exec /x', '/x x'], ['mkdir /x', '/x/ c'], ['mmap /x', '/x m'], ['lock flock read /x', '/x k'], ['link /x /y', undefined], ['capable sys_admin', undefined], ['mount tmpfs none /mnt', undefined],
  ];
  for (const [line, expected] of rows) {
    it(`${line}: ${expected ?? 'nothing'}`, () => {
      const words = line.split(' ');
      const read = readOperation(words);
      if ('problem' in read) throw new Error(read.problem);
      const asked = askedOf({ kind: 'operation', ...read, words });
      expect(asked === undefined ? undefined : `${asked.path}${asked.folder ? '/' : ''} ${asked.permissions.join('')}`).to.equal(expected);
    });
  }
});
