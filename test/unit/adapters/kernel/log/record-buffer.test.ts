import { expect } from 'chai';
import { findLosses, type LogText } from '#core/audit/losses.ts';
import { parseKernelText } from '#core/audit/parse-record.ts';
import { RecordBuffer } from '#adapters/kernel/log/record-buffer.ts';

const stamped = (serial: number): string =>
  `audit: type=1400 audit(1.000:${serial}): apparmor="STATUS" operation="profile_replace" name="x" pid=1 comm="y"`;

/** Losses seen at each take, when these texts were read before it. */
function losses(...takes: readonly (readonly LogText[])[]): string[][] {
  const left = [...takes];
  const channel = new RecordBuffer({
    name: 'kmsg',
    label: 'x',
    read: () => [...(left.shift() ?? [])],
    parse: parseKernelText,
    close: () => undefined,
  });
  return takes.map(() => {
    channel.poll();
    return findLosses(channel.take().texts).map(({ why }) => why);
  });
}

describe('RecordBuffer', () => {
  it('loses nothing between two takes when the last line that was read carries no stamp', () => {
    expect(
      losses(
        [
          { text: stamped(1), seq: 10 },
          { text: 'eth0: link up', seq: 11 },
          { text: '', seq: 12 },
        ],
        [{ text: stamped(2), seq: 13 }],
      ),
    ).to.deep.equal([[], []]);
  });

  it('reports what was not read between two takes, by sequence number and by serial', () => {
    expect(
      losses(
        [
          { text: stamped(1), seq: 10 },
          { text: 'eth0: link up', seq: 11 },
        ],
        [{ text: stamped(2), seq: 13 }],
      ),
    ).to.deep.equal([[], ['missed 1 kernel log line']]);
    expect(losses([{ text: stamped(1), seq: 10 }], [{ text: stamped(3), seq: 11 }])).to.deep.equal([
      [],
      ['audit record 2 is missing'],
    ]);
  });
});
