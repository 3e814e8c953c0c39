import { expect } from 'chai';
import type { AuditRecord, Entry } from '#core/model/model.ts';
import { fileQuestion, contradiction } from '#harness/run/kernel-ruling.ts';
import { readOperation } from '#core/spec/read-operation.ts';

describe('fileQuestion', () => {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['open read /x', '/x r'],
    ['open write /x', '/x w'],
    ['open read,append /x', '/x ra'],
    ['open create,truncate /x', '/x w'],
    ['unlink /x', '/x d'],
    ['delete /x', '/x d'],
    ['exec /x', '/x x'],
    ['mkdir /x', '/x/ c'],
    ['mmap /x', '/x m'],
    ['lock flock read /x', '/x k'],
    ['link /x /y', undefined],
    ['capable sys_admin', undefined],
    ['mount tmpfs none /mnt', undefined],
  ];
  for (const [line, expected] of rows) {
    it(`${line}: ${expected ?? 'nothing'}`, () => {
      const words = line.split(' ');
      const read = readOperation(words);
      if ('problem' in read) throw new Error(read.problem);
      const asked = fileQuestion({ kind: 'operation', ...read, words });
      expect(
        asked === undefined ? undefined : `${asked.path}${asked.isFolder ? '/' : ''} ${asked.permissions.join('')}`,
      ).to.equal(expected);
    });
  }
});

describe('contradiction', () => {
  const NOTHING = { text: '', bytes: 0, truncated: false };
  /** A lock that failed, with a record of this permission. */
  const entry = (denied: string): Entry => ({
    probe: {
      id: 'a',
      name: 'n',
      action: { kind: 'operation', name: 'lock', args: ['flock', 'read', '/x'], class: 'file', words: [] },
      timeoutMs: 1,
      control: true,
      direct: false,
      expect: { access: 'denied' },
      at: { file: 'f', line: 1, column: 1 },
    },
    verdict: { kind: 'pass', code: 'denied', reason: 'r', notes: [] },
    observation: { stage: 'done', errno: 'EACCES', stdout: NOTHING, stderr: NOTHING, durationMs: 1 },
    witnesses: [
      { by: 'comm', record: { type: 'DENIED', fields: { name: '/x', denied_mask: denied } } as unknown as AuditRecord },
    ],
  });
  const ruling = { path: '/x', permissions: 'k', allowed: true };

  it('is a record of what the policy allows', () => {
    expect(contradiction(entry('k'), ruling)).to.match(/^Contradiction: .* allows k of \/x, but its record/);
  });
  it('is no record of another permission, denied a step before', () => {
    expect(contradiction(entry('r'), ruling)).to.equal(undefined);
  });
  it('is a success of what the policy does not allow', () => {
    expect(
      contradiction(
        {
          ...entry('k'),
          witnesses: [],
          observation: { stage: 'done', stdout: NOTHING, stderr: NOTHING, durationMs: 1 },
        },
        { ...ruling, allowed: false },
      ),
    ).to.match(/but the access succeeded/);
  });
});
