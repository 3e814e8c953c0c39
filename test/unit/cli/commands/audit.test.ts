import { expect } from 'chai';
import { join } from 'node:path';
import { exec } from '#adapters/host/exec.ts';

const CLI = join(import.meta.dirname, '../../../../src/cli/main.ts');
const RECORD =
  'type=1400 audit(1.000:7): apparmor="DENIED" operation="open" profile="p" name="/x" pid=1 comm="cat" ' +
  'requested_mask="r" denied_mask="r" fsuid=0 ouid=0';

async function audit(lines: readonly string[]): Promise<{ exit: number; stdout: string; stderr: string }> {
  const input = lines.map((line) => `${line}\n`).join('');
  const { exit, stdout, stderr } = await exec([process.execPath, '--import', 'tsx', CLI, 'audit', '-'], { input });
  return { exit: exit ?? -1, stdout: stdout.toString(), stderr };
}

describe('apparmor-probe audit', () => {
  it('prints one JSON object for each record, and reports each line that is a broken record', async () => {
    const lines = [
      'eth0: link up',
      RECORD,
      'type=1400 audit(1.000:8): apparmor=\u001b[31m"DENI',
      'type=1400 audit(1.000:9): appar',
    ];
    const { exit, stdout, stderr } = await audit(lines);
    expect(exit, stderr).to.equal(0);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { name: string }).name),
    ).to.deep.equal(['/x']);
    expect(stderr.trim().split('\n')).to.deep.equal([
      'line 3 is not a record: cut in a quoted value',
      'line 4 is not a record: no apparmor= in it',
      '1 record was read',
      '3 lines were not read: 1 holds no AppArmor record, 1 is cut in a quoted value, 1 has no apparmor=',
    ]);
  });

  it('marks half a record as damaged, and joins one that was wrapped', async () => {
    const [head = '', tail = ''] = RECORD.split(' pid=');
    const { exit, stdout, stderr } = await audit([head, '', head, `  pid=${tail}`]);
    expect(exit, stderr).to.equal(0);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { damaged?: string }).damaged),
    ).to.deep.equal(['the record ends before comm=', undefined]);
    expect(stderr.trim()).to.equal('2 records were read (1 damaged, 1 joined from several lines)');
  });

  it('fails for a log without a record, but not for one without lines', async () => {
    const without = await audit(['eth0: link up', 'apparmor="DEN']);
    expect(without.exit).to.equal(2);
    expect(without.stdout).to.equal('');
    expect(without.stderr.trim().split('\n')).to.deep.equal([
      'line 2 is not a record: cut in a quoted value',
      '0 records were read',
      '2 lines were not read: 1 holds no AppArmor record, 1 is cut in a quoted value',
    ]);
    const empty = await audit([]);
    expect(empty).to.deep.equal({ exit: 0, stdout: '', stderr: '' });
  });
});
