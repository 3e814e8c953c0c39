import { expect } from 'chai';
import { UnreadLines } from '#core/audit/unread-lines.ts';

describe('UnreadLines', () => {
  it('groups lines by reason, the most frequent first', () => {
    const unread = new UnreadLines();
    unread.add('cut in a quoted value', 1);
    unread.add('no AppArmor record in it', 1);
    unread.add('no AppArmor record in it', 1);
    expect(unread.count).to.equal(3);
    expect(unread.summary()).to.equal('3 lines were not read: 2 hold no AppArmor record, 1 is cut in a quoted value');
  });

  it('counts all other programs as one reason', () => {
    const unread = new UnreadLines();
    unread.add('written by app', 1);
    unread.add('written by cron', 2);
    expect(unread.summary()).to.equal('3 lines were not read: 3 were written by other programs');
  });

  it('writes the singular', () => {
    const unread = new UnreadLines();
    unread.add('no RFC 5424 header', 1);
    expect(unread.summary()).to.equal('1 line was not read: 1 has a header of unknown form');
  });
});
