import { expect } from 'chai';
import { complainDenialHint, letThroughHint, silentDenialHint } from '#core/hint/let-through-hint.ts';
import type { Access, FilePermission } from '#core/profile/semantics/access.ts';
import { findIn, readText } from '../profile/reading.ts';

const LINKS: Readonly<Record<string, string>> = {
  '/bin': '/usr/bin',
  '/bin/who': '/usr/bin/who',
  '/sbin': '/usr/sbin',
  '/conf/app': '/conf/..1/app',
};

const file = (path: string, permission: FilePermission = 'x', owner = true): Access => ({
  class: 'file',
  path,
  permission,
  owner,
});

/** The rules of `p` begin in line 2. */
function hintOf(rules: string, access: Access, { more = '', named = 'who' } = {}): string | undefined {
  const text = readText(`profile p {\n${rules}\n}\n${more}`, findIn({ x: 'file,\n', y: 'deny /bin/who x,\n' }));
  const resolve = (path: string): string => LINKS[path] ?? path;
  return letThroughHint(text, [{ profile: 'p', access }], { resolve, named });
}

const WHO = file('/usr/bin/who');
const LINK = 'names /bin/who, a link: the kernel sees /usr/bin/who, which no deny rule matches.';
const SSL = 'names /data/ssl alone, not what is in it: for that, write /data/ssl/**';

describe('the hint of an access that was let through', () => {
  // prettier-ignore
  const rows: readonly (readonly [string, string, Access, string | undefined])[] = [
    ['a link', 'file,\ndeny /bin/who x,', WHO, `The deny rule in line 3 ${LINK}`],
    ['a link with audit and quotes', 'file,\naudit deny "/bin/who" x,', WHO, `The deny rule in line 3 ${LINK}`],
    ['a link after its letters', 'file,\ndeny x /bin/who,', WHO, `The deny rule in line 3 ${LINK}`],
    ['a link in braces', 'file,\ndeny /bin/{w,who} x,', WHO, `The deny rule in line 3 ${LINK}`],
    ['a link in an included file', 'file,\ninclude <y>', WHO, `The deny rule in y:1 ${LINK}`],
    ['the link of the same name first', 'file,\ndeny /conf/app x,\ndeny /bin/who x,', WHO, `The deny rule in line 4 ${LINK}`],
    ['a folder that is a link', 'file,\ndeny /sbin/** x,', file('/usr/sbin/nginx'), 'The deny rule in line 3 names /sbin/**, but /sbin is a link: the kernel sees /usr/sbin/nginx, which no deny rule matches.'],
    ['a link that leads below its own folder', 'file,\ndeny /conf/app r,', file('/conf/..1/app', 'r'), 'The deny rule in line 3 names /conf/app, a link: the kernel sees /conf/..1/app, which no deny rule matches.'],
    ['a folder without its slash', 'file,\ndeny /data/ssl rw,', file('/data/ssl/', 'r'), 'The deny rule in line 3 names /data/ssl, but the kernel names a folder with a slash at its end: /data/ssl/'],
    ['a folder alone', 'file,\ndeny /data/ssl rw,', file('/data/ssl/key', 'w'), `The deny rule in line 3 ${SSL}`],
    ['a folder alone, with a slash', 'file,\ndeny /data/ssl/ rw,', file('/data/ssl/a/key', 'c'), `The deny rule in line 3 ${SSL.replace('ssl alone', 'ssl/ alone')}`],
    ['a star that stops at slashes', 'file,\ndeny /srv/* w,', file('/srv/sub/x', 'c'), 'The deny rule in line 3 has /srv/*, in which a * does not match a slash: a ** does.'],
    ['the owner', 'file,\ndeny owner /var/log/** w,', file('/var/log/x', 'w', false), "The deny rule in line 3 holds only for the file's owner."],
    ['other letters', 'file,\ndeny /etc/x w,', file('/etc/x', 'r'), 'The deny rule in line 3 denies w, not r.'],
    ['a lower priority', 'priority=2 file,\ndeny /etc/x w,', file('/etc/x', 'w'), 'The deny rule in line 3 has a lower priority than the rule in line 2, which allows it: `priority=2 file,`.'],
    ['a lower priority before other letters', 'deny /** w,\ndeny /etc/x r,\npriority=1 /etc/x r,', file('/etc/x', 'r'), 'The deny rule in line 3 has a lower priority than the rule in line 4, which allows it: `priority=1 /etc/x r,`.'],
    ['the rule that allows it', 'file,', file('/etc/x', 'w'), 'The rule in line 2 allows it: `file,`.'],
    ['the included rule that allows it', 'include <x>', file('/etc/x', 'w'), 'The rule in x:1 allows it: `file,`.'],
    ['the rule that allows a socket', 'network inet,', { class: 'network', family: 'inet', type: 'raw' }, 'The rule in line 2 allows it: `network inet,`.'],
    ['nothing where no rule decides', '', file('/etc/x', 'w'), undefined],
  ];
  for (const [name, rules, access, hint] of rows)
    it(`names ${name}`, () => {
      expect(hintOf(rules, access)).to.equal(hint);
    });

  it('takes no folder for a link', () => {
    const hint = hintOf('file,\ndeny /data/ssl r,', file('/data/ssl/', 'r'), { named: '/data/ssl' });
    expect(hint).to.include('the kernel names a folder with a slash at its end');
  });

  it('names the link by which the file was reached', () => {
    const named = '/usr/sbin/ip';
    const text = `but ${named} is a link: the kernel sees /usr/bin/ip, which no deny rule matches.`;
    expect(hintOf('file,\ndeny /usr/sbin/* x,', file('/usr/bin/ip'), { named })).to.include(`/usr/sbin/*, ${text}`);
    expect(hintOf('file,\ndeny /sbin/** x,', file('/usr/bin/ip'), { named })).to.include(`/sbin/**, ${text}`);
  });

  it('names the other profile that has the rule', () => {
    expect(hintOf('file,', file('/a', 'w'), { more: 'profile q {\ndeny /a w,\n}\n' })).to.equal(
      'The deny rule in line 5 is one of profile q, and this was tried under p.',
    );
  });

  it('does not take a rule about other permissions for the cause', () => {
    expect(hintOf('file,\ndeny /bin/who w,', WHO)).to.equal('The rule in line 2 allows it: `file,`.');
  });
});

describe('the hint of a silent denial', () => {
  const text = readText('profile p {\nfile,\ndeny /etc/** w,\n}\n');
  const asked = (path: string): { profile: string; access: Access }[] => [{ profile: 'p', access: file(path, 'w') }];

  it('names the deny rule', () => {
    const hint = silentDenialHint(text, asked('/etc/x'));
    expect(hint).to.equal('The rule in line 3 denies it without a record: `deny /etc/** w,`.');
    expect(silentDenialHint(text, asked('/x'))).to.equal(undefined);
  });

  it('says that it holds in complain mode too', () => {
    const hint = complainDenialHint(text, asked('/etc/x'));
    expect(hint).to.equal('The rule in line 3 denies it: `deny /etc/** w,`. In complain mode deny rules still deny.');
  });
});
