import { expect } from 'chai';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditdFile } from '#adapters/kernel/log/source-auditd.ts';

describe('auditdFile', () => {
  let folder: string;
  const settings = (text: string): string => {
    const path = join(folder, 'auditd.conf');
    writeFileSync(path, text);
    return path;
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'auditd-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('returns what the settings say, and else the default', () => {
    expect(
      auditdFile(settings('# log_file = /commented\nlog_format = ENRICHED\nlog_file = /no/where.log\n')).file,
    ).to.equal('/no/where.log');
    expect(auditdFile(settings('##tcp_listen_port = 60\n')).file).to.equal('/var/log/audit/audit.log');
    expect(auditdFile(join(folder, 'none')).file).to.equal('/var/log/audit/audit.log');
  });

  it('refuses a file that is missing or collects records of other machines', () => {
    expect(auditdFile(settings('log_file = /no/where.log\n')).problem).to.equal('/no/where.log does not exist');
    expect(auditdFile(settings('tcp_listen_port = 60\n')).problem).to.contain('other machines');
  });

  it('refuses a file or folder that others than root can write', () => {
    const log = join(folder, 'a.log');
    writeFileSync(log, '');
    const path = settings(`log_file = ${log}\n`);
    const problem = (folderMode: number, mode: number): string | undefined => {
      chmodSync(folder, folderMode);
      chmodSync(log, mode);
      return auditdFile(path).problem;
    };
    expect(problem(0o700, 0o666)).to.contain('could be forged');
    expect(problem(0o1777, 0o600)).to.contain('could be forged');
    if (process.getuid?.() === 0) expect(problem(0o750, 0o640)).to.equal(undefined);
    else expect(problem(0o750, 0o640), "it is not root's").to.contain('could be forged');
  });
});
