import { expect } from 'chai';
import { isFromKernel, lossNotice, parseKmsg } from '#core/audit/kmsg-line.ts';

describe('parseKmsg and lossNotice', () => {
  it('reads a record', () => {
    expect(parseKmsg('5,1234,98765432,-;audit: type=1400 audit(1.000:2): x\n')).to.deep.equal({
      facility: 0,
      seq: 1234,
      text: 'audit: type=1400 audit(1.000:2): x',
    });
    expect(parseKmsg('6,1,2,-,caller=T1;a;b\n SUBSYSTEM=usb\n DEVICE=+usb:1\n')).to.include({ text: 'a;b' });
    expect(parseKmsg('5,1,2,c;')).to.include({ text: '' });
  });

  it('tells the kernel from a process that writes to /dev/kmsg', () => {
    for (const [priority, kernels] of [
      ['5', true],
      ['0', true],
      ['7', true],
      ['8', false],
      ['11', false],
      ['13', false],
      ['29', false],
    ] as const) {
      const found = parseKmsg(`${priority},1,2,-;audit: type=1400`);
      expect(found !== undefined && isFromKernel(found), priority).to.equal(kernels);
    }
  });

  it('undoes the escapes of printk', () => {
    for (const [escaped, text] of [
      ['a\\x5cb', 'a\\b'],
      ['a\\x0ab', 'a\nb'],
      ['\\xc3\\xbc', 'ü'],
      ['\\xff', '\\xFF'],
      ['\\x1d', '\x1d'],
      ['\\x5cx41', '\\x41'],
      ['\\xzz\\x4', '\\xzz\\x4'],
      ['ü', 'ü'],
    ] as const) {
      expect(parseKmsg(`5,1,2,-;${escaped}`)?.text).to.equal(text);
    }
  });

  it('reads nothing but records of /dev/kmsg', () => {
    for (const text of ['', '5', '5,1,2;x', '5,1,2,-', ' 5,1,2,-;x', 'x,1,2,-;x', '-5,1,2,-;x', '5,1,2,-\n;x'])
      expect(parseKmsg(text), text).to.equal(undefined);
  });

  it("knows the kernel's complaints about lost records", () => {
    for (const [text, why] of [
      ['audit: audit_lost=15 audit_rate_limit=0 audit_backlog_limit=64', '15'],
      ['audit: backlog limit exceeded', 'backlog limit exceeded'],
      ['audit: audit_backlog=65 > audit_backlog_limit=64', '65 > 64'],
      ['audit: rate limit exceeded', 'rate limit exceeded'],
      ['audit: kauditd hold queue overflow', 'hold queue'],
      ['audit: kauditd retry queue overflow', 'retry queue'],
      ['audit: out of memory in audit_log_start', 'out of memory'],
      ['kauditd_printk_skb: 37 callbacks suppressed', 'printk dropped 37'],
      ['audit_printk_skb: 3 callbacks suppressed', 'printk dropped 3'],
      ['__ratelimit: 35 callbacks suppressed', '35'],
    ] as const)
      expect(lossNotice(text), text).to.include(why);
    for (const text of [
      '',
      'audit: type=1400 audit(1.000:2): x',
      'x audit: backlog limit exceeded',
      'net_ratelimit: 3 callbacks suppressed',
      'audit: enabled',
    ])
      expect(lossNotice(text), text).to.equal(undefined);
  });
});
