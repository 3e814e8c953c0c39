import { expect } from 'chai';
import { isDeniedAgainst, policyQuestion } from '#core/verdict/policy-question.ts';
import { operation, record } from '../../builders.ts';

describe('policyQuestion', () => {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['open read /x', '/x r'],
    ['open write /x', '/x w'],
    ['open read,append /x', '/x ra'],
    ['open create,truncate /x', '/x w'],
    ['unlink /x', '/x d'],
    ['delete /x', '/x d'],
    ['readdir /x', '/x r'],
    ['exec /x', '/x x'],
    ['mkdir /x', '/x/ c'],
    ['mmap /x', '/x m'],
    ['lock flock read /x', '/x k'],
    ['open read /proc/self/comm', undefined],
    ['link /x /y', undefined],
    ['capable sys_admin', undefined],
    ['mount tmpfs none /mnt', undefined],
  ];
  for (const [line, expected] of rows) {
    it(`asks ${expected ?? 'nothing'} for ${line}`, () => {
      const question = policyQuestion(operation(line));
      const text = question && `${question.path}${question.isFolder ? '/' : ''} ${question.permissions.join('')}`;
      expect(text).to.equal(expected);
    });
  }

  it('does not follow a link that is to be removed', () => {
    expect(policyQuestion(operation('unlink /x'))?.follow).to.equal(false);
    expect(policyQuestion(operation('exec /x'))?.follow).to.equal(true);
  });
});

describe('isDeniedAgainst', () => {
  const allowed = { path: '/x', permissions: 'k', allowed: true };
  const denied = (mask: string, more = {}): ReturnType<typeof record> =>
    record({ fields: { denied_mask: mask, ...more } });

  it('finds a denial of what the policy allows', () => {
    expect(isDeniedAgainst(allowed, denied('k'))).to.equal(true);
    expect(isDeniedAgainst({ ...allowed, path: '/x/' }, denied('k'))).to.equal(true);
    expect(isDeniedAgainst({ ...allowed, permissions: 'w' }, denied('c'))).to.equal(true);
  });

  it('takes none that the policy contains, of another file or permission, or with a reason of its own', () => {
    expect(isDeniedAgainst({ ...allowed, allowed: false }, denied('k'))).to.equal(false);
    expect(isDeniedAgainst(allowed, denied('r'))).to.equal(false);
    expect(isDeniedAgainst(allowed, denied('k', { name: '/y' }))).to.equal(false);
    expect(isDeniedAgainst({ ...allowed, permissions: 'x' }, denied('x', { info: 'no new privs' }))).to.equal(false);
  });
});
