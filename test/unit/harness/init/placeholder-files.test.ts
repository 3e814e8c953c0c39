import { expect } from 'chai';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makePlaceholderFiles } from '#harness/init/placeholder-files.ts';

describe('makePlaceholderFiles', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'placeholders-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('makes programs, and removes them with their folders', () => {
    const files = join(folder, 'x.placeholders');
    const removeFiles = makePlaceholderFiles(files, ['/sys/a/file', '/sys/a/b/file'], undefined);
    expect(statSync(join(files, 'sys/a/b/file')).mode & 0o777).to.equal(0o755);
    expect(readFileSync(join(files, 'sys/a/file'), 'utf8')).to.match(/^#!\/bin\/sh\n#/);
    removeFiles();
    expect(existsSync(files)).to.equal(false);
  });

  it('leaves what was there before', () => {
    mkdirSync(join(folder, 'sys/a'), { recursive: true });
    writeFileSync(join(folder, 'sys/a/mine'), '');
    makePlaceholderFiles(folder, ['/sys/a/file', '/sys/b/file'], undefined)();
    expect(existsSync(join(folder, 'sys/a/mine'))).to.equal(true);
    expect(existsSync(join(folder, 'sys/a/file')) || existsSync(join(folder, 'sys/b'))).to.equal(false);
  });

  it('makes no folder where there is nothing to make', () => {
    makePlaceholderFiles(join(folder, 'none'), [], undefined);
    expect(existsSync(join(folder, 'none'))).to.equal(false);
  });
});
