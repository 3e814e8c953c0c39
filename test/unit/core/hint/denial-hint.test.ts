import { expect } from 'chai';
import type { CompileAnswer, ProfileUnderTest } from '#core/hint/denial-hint.ts';
import { denialHint } from '#core/hint/denial-hint.ts';
import type { AccessUnder } from '#core/hint/add-rules.ts';
import type { FilePermission } from '#core/profile/semantics/access.ts';
import type { Entry } from '#core/model/model.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import { captured, command, entry, operation, probe, seen, witness } from '../../builders.ts';
import { findIn, findNone, readText } from '../profile/reading.ts';

interface Subject {
  readonly rules?: string;
  /** What stands in the first line, before the profile. */
  readonly before?: string;
  /** Other profiles. */
  readonly more?: string;
  readonly flags?: string;
  readonly includes?: Readonly<Record<string, string>>;
  readonly answer?: CompileAnswer;
  readonly mayCheck?: boolean;
}

/** Profile `p`, loaded as `p.run1`, and `q` as `q.run1`. */
function underTest({
  rules = '',
  before = '',
  more = '',
  flags = '',
  ...rest
}: Subject): ProfileUnderTest & { compiled: string[] } {
  const find = rest.includes === undefined ? findNone : findIn(rest.includes);
  const compiled: string[] = [];
  return {
    compiled,
    text: readText(`${before}profile p ${flags} {\n${rules}\n}\n${more}`, find),
    name: 'p',
    names: new Map([
      ['p.run1', 'p'],
      ['q.run1', 'q'],
    ]),
    mayCheck: () => rest.mayCheck ?? true,
    read: (source) => {
      const result = readProfileText('p', source, find);
      return isRead(result) ? result : undefined;
    },
    compile: (source) => {
      compiled.push(source);
      return Promise.resolve(rest.answer ?? 'compiles');
    },
  };
}

/** An operation that failed with these denials, each as `key=value`, separated by two blanks. */
function denied(...records: readonly string[]): Entry {
  return entry({ witnesses: records.map((pairs) => witness({ fields: fieldsOf(pairs) })) });
}

function fieldsOf(pairs: string): Record<string, string> {
  return {
    profile: 'p.run1',
    ...Object.fromEntries(pairs.split('  ').map((pair) => pair.split(/=(.*)/s).slice(0, 2) as [string, string])),
  };
}

const SIGNAL = 'operation=signal  denied_mask=send  signal=usr1  peer=p.run1';
const READ_ETC = 'name=/etc/x  denied_mask=r  fsuid=0  ouid=0';

describe('the hint of an unexpected denial', () => {
  // prettier-ignore
  const rows: readonly (readonly [string, Subject, Entry, string | undefined])[] = [
    ['a rule for a file', {}, denied(READ_ETC), 'A rule that would allow it: /etc/x r,'],
    ['how a program may be executed otherwise', {}, denied('operation=exec  name=/bin/x  denied_mask=x'), 'A rule that would allow it: /bin/x ix, To run it under a profile of its own, write px or cx in place of ix.'],
    ['a rule for a capability', {}, denied('operation=capable  capname=chown  denied_mask='), 'A rule that would allow it: capability chown,'],
    ['a rule for a socket', {}, denied('operation=create  family=netlink  sock_type=raw  denied_mask=create'), 'A rule that would allow it: network netlink raw,'],
    ['a rule for a mount', {}, denied('operation=mount  name=/mnt/  flags=rw, rslave'), 'A rule that would allow it: mount options=(rw, rslave) -> /mnt/,'],
    ['a link by both its names', {}, denied('operation=link  name=/t/l  target=/t/f  denied_mask=l'), 'A rule that would allow it: link /t/l -> /t/f,'],
    ['the variables that the file has', { before: '@{PROC} = /proc/\n@{pid} = [1-9]*\n' }, denied('name=/proc/77/stat  denied_mask=r'), 'A rule that would allow it: @{PROC}/@{pid}/stat r,'],
    ['no number of a process', {}, denied('name=/proc/77/stat  denied_mask=r'), 'A rule that would allow it: /proc/[0-9]*/stat r,'],
    ['both sides of a signal, by the name of the file', {}, denied(SIGNAL), 'A rule that would allow it: signal (send, receive) set=(usr1) peer=p,'],
    ['both sides, whichever record came last', {}, denied(SIGNAL, SIGNAL.replace('send', 'receive')), 'A rule that would allow it: signal (send, receive) set=(usr1) peer=p,'],
    ['the one side that is missing', { rules: 'signal (receive),' }, denied(SIGNAL), 'A rule that would allow it: signal (send) set=(usr1) peer=p,'],
    ['both sides of a trace', {}, denied('operation=ptrace  denied_mask=trace  peer=p.run1'), 'A rule that would allow it: ptrace (trace, tracedby) peer=p,'],
    ['the rule of the other profile', { more: 'profile q {}\n' }, denied('operation=ptrace  denied_mask=read  peer=q.run1'), 'Rules that together would allow it: ptrace (read) peer=q, and in profile q ptrace (readby) peer=p,'],
    ['one rule, where the other end is in another file', {}, denied('operation=ptrace  denied_mask=read  peer=unconfined'), 'A rule that would allow it: ptrace (read) peer=unconfined,'],
    ['the child profile', { rules: 'profile c {\n}' }, denied('profile=p.run1//c  name=/a  denied_mask=r'), 'A rule that would allow it: in profile p//c /a r,'],
    ['the deny rule that decides', { rules: 'mount,\ndeny mount fstype=tmpfs,' }, denied('operation=mount  name=/mnt/  fstype=tmpfs  srcname=none'), 'The rule in line 3 denies it: `deny mount fstype=tmpfs,`. A deny rule overrides every rule that allows the same: remove it or narrow it.'],
    ['an audit deny rule', { rules: 'file,\naudit deny /etc/** r,' }, denied(READ_ETC), 'The rule in line 3 denies it: `audit deny /etc/** r,`. A deny rule overrides every rule that allows the same: remove it or narrow it.'],
    ['an included deny rule with its file', { rules: 'include <x>', includes: { x: 'deny /etc/x r,\n' } }, denied(READ_ETC), 'The rule in x:1 denies it: `deny /etc/x r,`. A deny rule overrides every rule that allows the same: remove it or narrow it.'],
    ['the deny rule of the other end', { rules: 'signal (send),', more: 'profile q {\ndeny signal,\n}\n' }, denied('operation=signal  denied_mask=send  signal=usr1  peer=q.run1'), 'The rule in line 5 (profile q) denies it: `deny signal,`. A deny rule overrides every rule that allows the same: remove it or narrow it.'],
    ['the limit', { rules: 'set rlimit nofile <= 10,' }, denied('operation=setrlimit  rlimit=nofile  value=4096'), 'The limit in line 2 denies it: `set rlimit nofile <= 10,`. To allow it, write set rlimit nofile <= 4096,'],
    ['no_new_privs', {}, denied('operation=exec  info=no new privs  name=/a  denied_mask=x  target=q'), 'The process has no_new_privs: it may only change to a profile that allows no more than its own. Use ix, or start the container without no-new-privileges.'],
    ['the flag for disconnected paths', {}, denied('info=Failed name lookup - disconnected path  name=a  denied_mask=r'), 'The kernel could not name the file: it is not below the root folder of the process (a disconnected path). With flags=(attach_disconnected) it gets a name, and rules can allow it.'],
    ['not the flag that is there', { flags: 'flags=(attach_disconnected)' }, denied('info=Failed name lookup - disconnected path  name=a  denied_mask=r'), 'The kernel could not name the file: it is not below the root folder of the process (a disconnected path).'],
    ['a missing profile', {}, denied('operation=change_profile  info=label not found  name=q.run1'), 'There is no profile q that it could change to: load it, or correct the name in the rule.'],
    ['a profile of the file, which a command names as it is written', { more: 'profile q {}\n' }, denied('operation=change_profile  info=label not found  name=q'), 'A run loads the profiles of the file under names of its own, so the command did not find q. Use `try: change_profile q` in its place, or run with --in-place.'],
    ['a missing profile that an exec rule names', {}, denied('operation=exec  info=profile transition not found  name=/a  denied_mask=x  target=q.run1'), 'There is no profile q that it could change to: load it, or correct the name in the rule.'],
    ['what a missing profile for a program may be', {}, denied('operation=exec  info=profile transition not found  name=/a  denied_mask=x'), 'The exec rule leads to a profile that is not loaded, or relies on a profile that attaches to the program. The copy that a run loads attaches to nothing. Name the profile in the rule (`px -> NAME`), or run with --in-place.'],
    ['a missing hat', {}, denied('operation=change_hat  error=-2  name=h'), 'The profile has no hat h: define it, `hat NAME { … }`, or correct the name.'],
    ['the profile of a stack that denies it', { rules: '/etc/x r,', more: 'profile q {}\n' }, denied(`profile=p.run1//&q.run1  ${READ_ETC}`), 'A rule that would allow it: in profile q /etc/x r,'],
    ['nothing that the profile has already', { rules: '/etc/x r,' }, denied(READ_ETC), undefined],
    ['nothing that would not help', {}, denied('operation=create  family=inet  sock_type=unknown(9)  denied_mask=create'), undefined],
    ['nothing that the parser rejects', { answer: 'rejected' }, denied(READ_ETC), undefined],
    ['a doubt where the parser was not asked', { answer: 'unknown' }, denied(READ_ETC), 'A rule that would allow it: /etc/x r, (not checked: apparmor_parser was not asked)'],
    ['a doubt where too much was checked', { mayCheck: false }, denied(READ_ETC), 'A rule that would allow it: /etc/x r, (not checked: enough others were checked before)'],
    ['a doubt where the profile is not known', {}, denied(`profile=other  ${READ_ETC}`), 'A rule that would allow it: in profile other /etc/x r, (not checked: the text of profile other is not known)'],
    ['a doubt where the block is in an included file', { rules: 'include <x>', includes: { x: 'profile c {\n}\n' } }, denied('profile=p.run1//c  name=/a  denied_mask=r'), 'A rule that would allow it: in profile p//c /a r, (not checked: the profile stands in an included file)'],
  ];
  for (const [name, subject, given, hint] of rows)
    it(`names ${name}`, async () => {
      expect(await denialHint(given, underTest(subject))).to.equal(hint);
    });

  it('compiles a copy with the rule in its block', async () => {
    const profile = underTest({ rules: '/a r,\nprofile c {\n/b r, # }\n}' });
    await denialHint(denied('profile=p.run1//c  name=/a b  denied_mask=r'), profile);
    expect(profile.compiled).to.deep.equal(['profile p  {\n/a r,\nprofile c {\n/b r, # }\n\n  "/a b" r,\n}\n}\n']);
  });

  it('does not compile where a deny rule decides', async () => {
    const profile = underTest({ rules: 'deny /etc/** r,' });
    await denialHint(denied(READ_ETC), profile);
    expect(profile.compiled).to.deep.equal([]);
  });
});

describe('the hint of a command', () => {
  const NOISE = ['name=/dev/tty  denied_mask=wr', 'name=/etc/passwd  denied_mask=r'];

  async function hintOf(argv: readonly string[], stderr: string, ...records: readonly string[]): Promise<string> {
    const ended = seen({ exit: 1, stderr: captured(stderr) });
    const given = { ...denied(...records), probe: probe({ action: command(...argv) }), observation: ended };
    return (await denialHint(given, underTest({}))) ?? '';
  }

  it('is about what the command complains about', async () => {
    const records = ['name=/usr/bin/ldd  denied_mask=r', ...NOISE];
    expect(await hintOf(['ldd'], '/bin/bash: /usr/bin/ldd: Permission denied', ...records)).to.equal(
      'Of all that AppArmor denied it, this seems to have decided: open /usr/bin/ldd (r). ' +
        'A rule that would allow that: /usr/bin/ldd r,',
    );
  });

  it('is about what its command line names', async () => {
    expect(await hintOf(['cat', '/etc/hosts'], '', 'name=/etc/hosts  denied_mask=r', ...NOISE)).to.include(
      '/etc/hosts r,',
    );
    expect(await hintOf(['cat', '/etc/hosts.d'], '', 'name=/etc/hosts  denied_mask=r', ...NOISE)).to.include('passwd');
  });

  it('is about the last denial where nothing is named', async () => {
    expect(await hintOf(['x'], 'failed', ...NOISE)).to.include('/etc/passwd r,');
  });

  it('says no more than the rule where there is one denial', async () => {
    expect(await hintOf(['x'], '', 'name=/a  denied_mask=r')).to.equal('A rule that would allow it: /a r,');
  });

  it('is about its start where it could not be started', async () => {
    const given = {
      ...denied('operation=exec  name=/usr/bin/x  denied_mask=x', ...NOISE),
      probe: probe({ action: command('x') }),
      observation: seen({ stage: 'exec', errno: 'EACCES' }),
    };
    expect(await denialHint(given, underTest({}))).to.include('/usr/bin/x ix,');
  });
});

describe('the hint of an operation', () => {
  it('is about the last denial', async () => {
    const given = { ...denied('operation=capable  capname=dac_override  denied_mask=', READ_ETC) };
    const action = operation('open read /etc/x');
    const hint = await denialHint({ ...given, probe: probe({ action }) }, underTest({}));
    expect(hint).to.equal('A rule that would allow it: /etc/x r,');
  });

  const asked = (path: string, ...permissions: FilePermission[]): AccessUnder[] =>
    permissions.map((permission) => ({ profile: 'p', access: { class: 'file', path, permission } }));

  it('names all that is missing for the same file', async () => {
    const created = denied('operation=mknod  name=/t/new  denied_mask=c');
    const hint = await denialHint(created, underTest({}), asked('/t/new', 'r', 'w', 'c'));
    expect(hint).to.equal('A rule that would allow it: /t/new rw,');
  });

  it('names the rules for all that it asks for', async () => {
    const renamed = denied('operation=rename_src  name=/t/a  denied_mask=wrd');
    const all = [...asked('/t/a', 'r', 'w', 'd'), ...asked('/t/b', 'w', 'c'), ...asked('/t/c', 'r')];
    const capability: AccessUnder = { profile: 'p', access: { class: 'capability', name: 'mknod' } };
    expect(await denialHint(renamed, underTest({ rules: '/t/c r,' }), [...all, capability])).to.equal(
      'Rules that together would allow it: /t/a rw, and /t/b w, and capability mknod,',
    );
  });

  it('names one rule where something else was denied than what it is known to ask for', async () => {
    const hint = await denialHint(
      denied('name=/proc/7/stat  denied_mask=r'),
      underTest({}),
      asked('/proc/1/stat', 'r'),
    );
    expect(hint).to.equal('A rule that would allow it: /proc/[0-9]*/stat r,');
  });

  it('names the deny rule that it would meet next', async () => {
    const renamed = denied('operation=rename_src  name=/t/a  denied_mask=wrd');
    const hint = await denialHint(renamed, underTest({ rules: 'deny /t/b w,' }), [
      ...asked('/t/a', 'r'),
      ...asked('/t/b', 'w'),
    ]);
    expect(hint).to.match(/^The rule in line 2 denies it: `deny \/t\/b w,`/);
  });
});
