import { expect } from 'chai';
import { join } from 'node:path';
import { exec } from '#adapters/host/exec.ts';

const CLI = join(import.meta.dirname, '../../../../src/cli/main.ts');
const RECORD =
  'type=1400 audit(1.000:7): apparmor="DENIED" operation="open" profile="p" name="/x" pid=1 comm="cat" ' +
  'requested_mask="r" denied_mask="r" fsuid=0 ouid=0';

describe('apparmor-probe audit', () => {
  it('prints one JSON object for each record, and reports each line that is a broken record', async () => {
    const lines = [
      'eth0: link up',
      RECORD,
      'type=1400 audit(1.000:8): apparmor=\u001b[31m"DENI',
      'type=1400 audit(1.000:9): appar',
    ];
    const { exit, stdout, stderr } = await exec([process.execPath, '--import', 'tsx', CLI, 'audit', '-'], {
      input: `${lines.join('\n')}\n`,
    });
    expect(exit, stderr).to.equal(0);
    expect(
      stdout
        .toString()
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { name: string }).name),
    ).to.deep.equal(['/x']);
    expect(stderr.trim().split('\n')).to.deep.equal([
      'line 3 is not a record: apparmor= is not a word of the kernel',
      'line 4 is not a record: no apparmor= in it',
    ]);
  });
});
