import { expect } from 'chai';
import { toJson } from '#core/audit/record-json.ts';
import { record } from './records.ts';

describe('toJson', () => {
  it("writes the kernel's keys in print order after the audit id", () => {
    expect(
      toJson(
        record(
          'audit: type=1400 audit(1700000000.840:1493): apparmor="DENIED" operation="open" profile="p" ' +
            'name=2F20 pid=12 comm="c" requested_mask="r" denied_mask="r" fsuid=250 ouid=250',
        ),
      ),
    ).to.equal(
      '{"type":"1400","audit_id":"1700000000.840:1493","epoch":1700000000,"serial":1493,"apparmor":"DENIED",' +
        '"operation":"open","profile":"p","name":"/ ' +
        '","pid":"12","comm":"c","requested_mask":"r","denied_mask":"r","fsuid":"250","ouid":"250"}',
    );
  });

  it('says what a record of an old kernel is', () => {
    expect(
      JSON.parse(
        toJson(
          record(
            'type=APPARMOR_DENIED msg=audit(1.002:3): type=1503 operation="capable" name="setuid" pid=3 profile="p"',
          ),
        ),
      ),
    ).to.deep.equal({
      type: 'APPARMOR_DENIED',
      audit_id: '1.002:3',
      epoch: 1,
      serial: 3,
      apparmor: 'DENIED',
      operation: 'capable',
      name: 'setuid',
      pid: '3',
      profile: 'p',
    });
  });

  it('leaves out what a line does not have', () => {
    expect(
      JSON.parse(
        toJson(record('Nov 23 10:00:00 host dbus[1]: apparmor="ALLOWED" operation="dbus_bind" bus="session"')),
      ),
    ).to.deep.equal({ apparmor: 'ALLOWED', operation: 'dbus_bind', bus: 'session' });
  });

  it('lets no printed key pass for its own', () => {
    expect(
      JSON.parse(
        toJson(
          record(
            'audit: type=1400 audit(1.002:3): apparmor="DENIED" serial="9" epoch="8" type="x" audit_id="y" ' +
              'damaged="z" comm="c"',
          ),
          'cut',
        ),
      ),
    ).to.deep.equal({
      type: '1400',
      audit_id: '1.002:3',
      epoch: 1,
      serial: 3,
      apparmor: 'DENIED',
      'field:serial': '9',
      'field:epoch': '8',
      'field:type': 'x',
      'field:audit_id': 'y',
      'field:damaged': 'z',
      comm: 'c',
      damaged: 'cut',
    });
  });
});
