import { expect } from 'chai';
import type { Entry } from '#core/model/model.ts';
import { contradiction, fileQuestion } from '#harness/run/kernel-ruling.ts';
import { entry, operation, probe, seen, witness } from '../../builders.ts';

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
    it(`asks ${expected ?? 'nothing'} for ${line}`, () => {
      const question = fileQuestion(operation(line));
      const text = question && `${question.path}${question.isFolder ? '/' : ''} ${question.permissions.join('')}`;
      expect(text).to.equal(expected);
    });
  }
});

describe('contradiction', () => {
  const lock = probe({ action: operation('lock flock read /x') });
  const allowed = { path: '/x', permissions: 'k', allowed: true };
  const forbidden = { ...allowed, allowed: false };

  /** A lock that failed, with a record of this permission. */
  function denied(permission: string): Entry {
    return entry({ probe: lock, witnesses: [witness({ fields: { denied_mask: permission } })] });
  }

  it('notes a record of the denial of what the policy allows', () => {
    expect(contradiction(denied('k'), allowed)).to.match(/^Contradiction: .* allows k of \/x, but its record/);
  });

  it('does not note a record of another permission, denied a step before', () => {
    expect(contradiction(denied('r'), allowed)).to.equal(undefined);
  });

  it('notes a success of what the policy does not allow', () => {
    const succeeded = entry({ probe: lock, witnesses: [], observation: seen() });
    expect(contradiction(succeeded, forbidden)).to.match(/but the access succeeded/);
  });
});
