import { expect } from 'chai';
import { isRead, readProfileText } from '../../../src/profile/read.ts';
import { shadowedRules } from '../../../src/profile/shadow.ts';

function shadows(rules: string): string[] {
  const text = readProfileText('p', `profile p {\n${rules}\n}\n`, () => undefined);
  const [block] = isRead(text) ? text.profiles : [];
  if (block === undefined) throw new Error('cannot be read');
  return shadowedRules(block).map(({ rule, by }) => `${rule.text} < ${by.map((one) => one.text).join(' & ')}`);
}

describe('shadowed rules', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['none', 'file,\ndeny /etc/** w,', []],
    ['an allow rule under file', 'file,\n/usr/bin/x ix,', ['/usr/bin/x ix < file']],
    ['another transition decides', 'file,\n/usr/bin/x px,', []],
    ['a narrower denial', 'file,\ndeny /etc/** wl,\ndeny /etc/shadow w,', ['deny /etc/shadow w < deny /etc/** wl']],
    ['one more letter decides', 'file,\ndeny /etc/** w,\ndeny /etc/shadow rw,', []],
    ['an allow rule under a denial', 'deny /etc/** w,\n/etc/x w,', ['/etc/x w < deny /etc/** w']],
    ['not at a higher priority', 'deny /etc/** w,\npriority=1 /etc/x w,', []],
    ['a denial of what nothing allows', '/a r,\ndeny /b r,', []], // it keeps the kernel quiet
    ['two rules together', '/a/* r,\n/b/* r,\n/{a,b}/* r,', ['/{a,b}/* r < /a/* r & /b/* r']],
    ['the second of two alike', '/a r,\n/a r,', ['/a r < /a r']],
    ['a record is an effect', 'file,\naudit /** w,', []],
    ['capabilities', 'capability,\ncapability chown,', ['capability chown < capability']],
    ['networks', 'network,\nnetwork inet tcp,\ndeny network raw,\ndeny network inet raw,', ['network inet tcp < network', 'deny network inet raw < deny network raw']],
    ['signals', 'signal peer=a,\nsignal (send) set=(term) peer=a,', ['signal (send) set=(term) peer=a < signal peer=a']],
    ['mounts', 'mount,\nmount options=(ro) /a -> /b,', ['mount options=(ro) /a -> /b < mount']],
    ['names that no kernel forms', 'file,\ndeny /a/../b w,', ['deny /a/../b w < ']],
  ];
  for (const [name, rules, expected] of cases) it(name, () => expect(shadows(rules)).to.deep.equal(expected));
});
