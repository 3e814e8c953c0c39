/** What closed classes try of profiles and programs that only a mutant has. */
import { expect } from 'chai';
import type { ClosedClass } from '#core/model/model.ts';
import { attemptsForProfiles } from '#harness/suite/closed-attempts.ts';
import { attemptsForPrograms } from '#harness/suite/closed-executables.ts';

const AT = { file: '/spec.yml', line: 1, column: 1 };
const POLICY = { name: 'web', written: new Map([['web.run', 'web']]) };
const HOST = {
  kernelInventory: () => ({ lastCapability: 0, families: [], filesystems: [], asksOfNewerMounts: false }),
  loadedProfiles: () => new Map(),
};

function closed(name: string, allow: readonly string[] = []): ClosedClass {
  return { class: name, allow, attempts: [], untried: [], at: AT };
}

describe('what closed classes try of a mutant alone', () => {
  it('are changes to its new profiles, by the names that their author wrote, and to new hats', () => {
    const classes = [closed('capability'), closed('change_profile', ['stack *'])];
    const attempts = attemptsForProfiles(classes, ['web.run//hat'], POLICY, HOST);
    expect(attempts.map(({ closed: of, expect: { access } }) => `${of?.member ?? ''}: ${access}`)).to.deep.equal([
      'change_profile web//hat: denied',
      'change_onexec web//hat: denied',
      'stack web//hat: allowed',
      'change_hat hat: denied',
    ]);
    expect(attemptsForProfiles([closed('capability')], ['web.run//hat'], POLICY, HOST)).to.deep.equal([]);
    expect(attemptsForProfiles(classes, [], POLICY, HOST)).to.deep.equal([]);
  });

  it('are programs that are not tried yet', () => {
    const [known] = attemptsForPrograms([closed('exec')], ['/bin/a'], 'web');
    const classes = [{ ...closed('exec', ['/bin/b other']), attempts: known === undefined ? [] : [known] }];
    const attempts = attemptsForPrograms(classes, ['/bin/a', '/bin/b'], 'web');
    expect(attempts.map(({ name }) => name)).to.deep.equal(['closed exec: /bin/b stays under other']);
    expect(attemptsForPrograms([], ['/bin/a'], 'web')).to.deep.equal([]);
  });
});
