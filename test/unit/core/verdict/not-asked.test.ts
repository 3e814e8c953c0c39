/** Failures that prove nothing, because AppArmor was not asked about the access. */
import { expect } from 'chai';
import type { ContainerSpec, Observation, Witness } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import { decide } from '#core/verdict/decide.ts';
import { unloadedLabel } from '#core/verdict/unloaded-label.ts';
import { command, container, facts, operation, probe, seen, witness, type FactParts } from '../../builders.ts';

function info(text: string): Witness {
  return witness({ fields: { operation: 'change_profile', info: text } });
}

/** Code and reason of what was to be denied. */
function judged(line: string, observation: Partial<Observation>, witnesses: readonly Witness[] = []): string {
  const action = line === 'run' ? command('x') : operation(line);
  const { code, reason } = decide(facts({ expect: { access: 'denied' }, action, seen: seen(observation), witnesses }));
  return `${code}: ${reason}`;
}

describe('what was not asked', () => {
  it('is a change to a profile that is not loaded', () => {
    const text = 'not-asked: No profile "x" is loaded, so no rule was asked.';
    for (const name of ['change_profile', 'change_onexec', 'stack']) {
      expect(judged(`${name} x`, { errno: 'ENOENT' })).to.equal(text);
      expect(judged(`${name} x`, { errno: 'ENOENT' }, [info('label not found')])).to.equal(text);
    }
    expect(judged('exec-as x /bin/y', { errno: 'ENOENT' })).to.equal(
      'not-asked: No profile "x" is loaded, or there is no /bin/y, so no rule was asked.',
    );
  });

  it('is a hat that the profile does not have', () => {
    for (const errno of ['ENOENT', 'ECHILD'])
      expect(judged('change_hat x', { errno })).to.equal(
        'not-asked: The profile has no hat "x", so no rule was asked.',
      );
  });

  it('is what no_new_privs refuses, unless the probe asks under it', () => {
    const records = [info('no new privs')];
    const refused = { errno: 'EPERM' };
    expect(judged('exec /x', refused, records)).to.match(/^not-asked: AppArmor does not change/);
    expect(judged('run', { ...refused, stage: 'exec' }, records)).to.match(/^not-asked: /);
    expect(judged('exec /x no_new_privs', refused, records)).to.match(/^denied: /);
    expect(judged('exec /x', { errno: 'EACCES' }, [...records, witness()]), 'a rule denied it too').to.match(/^denied/);
  });

  it('is a change of profile that no_new_privs refuses without a record, whatever record the spec expects', () => {
    const nnp = container({ securityOpt: ['no-new-privileges'] });
    const silent = { access: 'denied', audit: 'none' } as const;
    const under = (line: string, errno: string, changes: Partial<FactParts> = {}): string => {
      const parts = { expect: silent, action: operation(line), seen: seen({ errno }), control: seen(), container: nnp };
      return decide(facts({ ...parts, ...changes })).code;
    };
    for (const line of ['change_profile x', 'stack x', 'change_hat x']) {
      expect(under(line, 'EPERM'), line).to.equal('not-asked');
      expect(under(line, 'EPERM', { expect: { access: 'denied' } }), line).to.equal('not-asked');
      expect(under(line, 'EACCES'), 'a quiet deny rule').to.equal('denied-silently');
      expect(under(line, 'EPERM', { container: container() }), line).to.equal('denied-silently');
      expect(under(`${line} no_new_privs`, 'EPERM'), 'meant').to.equal('denied-silently');
    }
    expect(under('umount /x', 'EPERM')).to.equal('denied-silently');
  });

  it('is named where the change was to be allowed', () => {
    const parts = { expect: { access: 'allowed' }, action: operation('change_profile x'), control: seen() } as const;
    const hint = (securityOpt: ContainerSpec['securityOpt']): string | undefined =>
      decide(facts({ ...parts, seen: seen({ errno: 'EPERM' }), container: container({ securityOpt }) })).hint;
    expect(hint(['no-new-privileges'])).to.match(/^The process has no_new_privs/);
    expect(hint([])).to.match(/^A record may be missing/);
  });

  it('is an exec into a profile that is not loaded', () => {
    expect(judged('exec /x', { errno: 'EACCES' }, [info('profile transition not found')])).to.match(/^not-asked: /);
  });

  it("is an errno that is not AppArmor's, or a step, without a record", () => {
    expect(judged('umount /x', { errno: 'EINVAL' })).to.match(
      /^not-asked: It failed with EINVAL, which is the kernel's/,
    );
    expect(judged('umount /x', { errno: 'EPERM', stoppedAt: 'capability sys_admin' })).to.equal(
      'not-asked: It did not come to the access: without a record, it failed at the step capability sys_admin (EPERM).',
    );
    expect(judged('umount /x', { errno: 'EPERM' })).to.match(/^silent-denial: /);
    expect(judged('run', { errno: 'EIO', stage: 'exec' })).to.match(/^silent-denial: /);
  });

  it("is an end that is not AppArmor's, though somebody was denied the same under its name", () => {
    const end = (last: Partial<Observation>, record: Witness, errno?: string): string =>
      decide(
        facts({
          expect: defined({ access: 'denied' as const, errno }),
          action: operation('umount /x'),
          seen: seen(last),
          witnesses: [record],
        }),
      ).code;
    expect(end({ errno: 'EINVAL' }, witness())).to.equal('not-asked');
    expect(end({ errno: 'ECANCELED', signal: 'SIGKILL' }, witness())).to.equal('not-asked');
    expect(end({ errno: 'ECANCELED', signal: 'SIGKILL' }, witness({ type: 'KILLED' }))).to.equal('denied');
    expect(end({ errno: 'ENOENT' }, witness({ fields: { error: '-2', info: 'x' } }))).to.equal('denied');
    expect(end({ errno: 'EINVAL' }, witness(), 'EINVAL'), 'flags=(error=EINVAL)').to.equal('denied');
    const process = { pid: 7, label: 'p (enforce)', expected: 'p (enforce)' };
    expect(end({ errno: 'EINVAL', process }, witness({ fields: { pid: '7' } })), "the agent's own").to.equal('denied');
  });

  it('is a step that failed, although the spec expects no record', () => {
    const { code } = decide(
      facts({
        expect: { access: 'denied', audit: 'none' },
        action: operation('umount /x'),
        seen: seen({ errno: 'EPERM', stoppedAt: 'capability sys_admin' }),
        control: seen(),
      }),
    );
    expect(code).to.equal('not-asked');
  });

  it('says so once where the agent did not try', () => {
    expect(judged('umount /x', { errno: 'ECANCELED', remark: 'not tried: no socket, errno 13' })).to.equal(
      'not-asked: It could not be tried: no socket, errno 13.',
    );
  });
});

describe('a label that no profile has', () => {
  const LOADED = new Set(['docker-default', 'own', 'own//child', '/usr/sbin/x y']);
  const missing = (line: string): string | undefined => unloadedLabel(probe({ action: operation(line) }), LOADED);

  it('is named, with one that is near', () => {
    expect(missing('change_profile docker-defualt')).to.equal(
      'no profile "docker-defualt" is loaded, and the profile\'s file defines none; did you mean docker-default?',
    );
    expect(missing('stack own//chlid')).to.match(/did you mean own\/\/child\?$/);
    expect(missing('exec-as own//&zzzzzzzzzzz /bin/x')).to.match(/^no profile "zzzzzzzzzzz" is loaded.*none$/);
  });

  it('is nothing where all of a stack are there, or cannot be looked up', () => {
    for (const label of ['own', 'own//child', 'own//&docker-default', '&own', 'unconfined', ':ns:any'])
      expect(missing(`change_profile ${label}`), label).to.equal(undefined);
    expect(missing('change_hat none')).to.equal(undefined);
    expect(missing('open read /docker-defualt')).to.equal(undefined);
  });
});
