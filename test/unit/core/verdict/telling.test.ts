import { expect } from 'chai';
import type { RecordMatch } from '#core/model/model.ts';
import { isTelling } from '#core/verdict/telling.ts';

const equals = (value: string): { equals: string } => ({ equals: value });

describe('the audit condition of a spec', () => {
  const TELLING: readonly RecordMatch[] = [
    { name: equals('/etc/shadow') },
    { name: equals('/dev/tty') },
    { operation: equals('open'), name: { matches: '^/etc/sh' } },
    { name: { contains: 'shadow' } },
    { operation: equals('mount') },
    { operation: equals('exec') },
    { operation: { matches: '^mk' } },
    { class: equals('mount') },
    { capname: equals('sys_admin') },
    { family: equals('unix') },
    { sock_type: equals('raw') },
    { signal: equals('term') },
    { peer: equals('x') },
  ];
  const LOOSE: readonly RecordMatch[] = [
    {},
    { apparmor: equals('DENIED') },
    { operation: equals('open') },
    { operation: { matches: '.' } },
    { operation: { not: equals('exec') } },
    { class: equals('file') },
    { denied_mask: { contains: 'w' }, requested_mask: equals('w') },
    { comm: equals('bash'), operation: equals('open') },
    { name: { contains: '/' } },
    { name: { matches: '^/' } },
    { name: { contains: '' } },
    { operation: equals('open'), name: { not: equals('/proc/x') } },
    { name: { matches: '^/etc/' } },
    { sock_type: equals('stream') },
    { family: { matches: 'unix|netlink' } },
    { info: { matches: '.*' } },
  ];
  for (const audit of TELLING)
    it(`tells what was accessed: ${JSON.stringify(audit)}`, () => expect(isTelling(audit)).to.equal(true));
  for (const audit of LOOSE)
    it(`is met by much: ${JSON.stringify(audit)}`, () => expect(isTelling(audit)).to.equal(false));
});
