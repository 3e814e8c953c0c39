import { expect } from 'chai';
import { parseRecord } from '#core/audit/parse-record.ts';
import { parseEntry } from '#adapters/kernel/log/journal-entry.ts';

/** Captured from journald 257 in the guest; of fields that only journald can set, those that are read. */
const AUDIT = {
  MESSAGE: 'AVC apparmor="STATUS" operation="profile_replace" profile="unconfined" name="barrier-x" pid=692 comm="cat"',
  _AUDIT_TYPE_NAME: 'AVC',
  _AUDIT_TYPE: '1400',
  _AUDIT_ID: '7',
  _SOURCE_REALTIME_TIMESTAMP: '1795451147577000',
  _TRANSPORT: 'audit',
  SYSLOG_FACILITY: '4',
};
const KERNEL = {
  MESSAGE: 'audit: type=1327 audit(1795451146.465:6): proctitle=636174',
  _TRANSPORT: 'kernel',
  SYSLOG_FACILITY: '0',
};
/** `echo '<5>audit: …' >/dev/kmsg`: journald takes the word before the colon for a name. */
const WRITTEN = {
  MESSAGE: 'type=1400 audit(1.000:77): apparmor="DENIED" profile="p" pid=1 comm="z"',
  SYSLOG_IDENTIFIER: 'audit',
  _TRANSPORT: 'kernel',
  SYSLOG_FACILITY: '1',
};
/** `logger --journald` with `_TRANSPORT=audit` and `_AUDIT_ID=5`, which journald dropped. */
const LOGGED = {
  MESSAGE: 'AVC apparmor="DENIED" forged',
  SYSLOG_FACILITY: '0',
  _TRANSPORT: 'journal',
  _COMM: 'logger',
};

const parsed = (entry: object): unknown => parseEntry(JSON.stringify(entry));

describe('parseEntry', () => {
  it('gives an entry of the audit socket its stamp back', () => {
    const text = [
      'type=AVC msg=audit(1795451147.577:7): apparmor="STATUS" operation="profile_replace"',
      'profile="unconfined" name="barrier-x" pid=692 comm="cat"',
    ].join(' ');
    expect(parsed(AUDIT)).to.deep.equal({ kind: 'audit', text });
    const read = parseRecord(text);
    expect(read.kind === 'record' && [read.record.serial, read.record.timeMs, read.record.type]).to.deep.equal([
      7,
      1795451147577,
      'STATUS',
    ]);
  });

  it('takes an entry of the kernel log as it is', () => {
    expect(parsed(KERNEL)).to.deep.equal({ kind: 'kernel', text: KERNEL.MESSAGE });
  });

  it('takes no entry that a program wrote', () => {
    for (const entry of [
      WRITTEN,
      LOGGED,
      { ...LOGGED, _TRANSPORT: 'syslog' },
      { ...AUDIT, _TRANSPORT: ['journal', 'audit'] },
    ])
      expect(parsed(entry)).to.deep.equal({ kind: 'other' });
  });

  it('reads a message that is not UTF-8 from its bytes', () => {
    expect(parsed({ ...AUDIT, MESSAGE: [...Buffer.from('AVC a="'), 0xff] })).to.have.property('kind', 'audit');
  });

  it('reports entries that are incomplete, broken or missing as losses', () => {
    const { _AUDIT_ID: _, ...rest } = AUDIT;
    for (const entry of [
      rest,
      { ...AUDIT, MESSAGE: null },
      { _TRANSPORT: 'driver', MESSAGE: 'Missed 12 kernel messages' },
    ])
      expect(parsed(entry)).to.have.property('kind', 'lost');
    expect(parseEntry('{')).to.have.property('kind', 'lost');
  });

  it('keeps the number of a record type that has no name', () => {
    expect(
      parsed({ ...AUDIT, _AUDIT_TYPE_NAME: '<audit-1999>', _AUDIT_TYPE: '1999', MESSAGE: '<audit-1999> x=1' }),
    ).to.deep.equal({ kind: 'audit', text: 'type=UNKNOWN[1999] msg=audit(1795451147.577:7): x=1' });
  });
});
