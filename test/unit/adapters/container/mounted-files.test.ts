/** What a container can do to a mount of the spec, played in a folder of this machine. */
import { expect } from 'chai';
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MountedFiles } from '#adapters/container/rootfs/mounted-files.ts';

describe('MountedFiles', () => {
  let folder = '';
  let file = '';
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'mounted-')));
    file = join(folder, 'file');
    writeFileSync(file, '');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** In this process's own root folder, a file is where it is, as if it were mounted there. */
  function mounted(target = file): MountedFiles {
    return new MountedFiles(process.pid, [{ source: file, target, readonly: true }]);
  }

  it('are what the spec mounts, also where a link of the image led', () => {
    expect(mounted().replaced(process.pid)).to.deep.equal([]);
    const link = join(folder, 'link');
    symlinkSync(file, link);
    expect(mounted(link).replaced(process.pid)).to.deep.equal([]);
  });

  it('are no links, no other files, and have not gone', () => {
    const files = mounted();
    const other = join(folder, 'other');
    renameSync(file, other);
    expect(files.replaced(process.pid)).to.deep.equal([`${file} has gone`]);
    symlinkSync(other, file);
    expect(files.replaced(process.pid)).to.deep.equal([`${file} is a link to ${other}`]);
    rmSync(file);
    mkdirSync(file);
    expect(files.replaced(process.pid)).to.deep.equal([`${file} is another file`]);
  });

  it('had to be there at the start', () => {
    const target = join(folder, 'missing');
    expect(mounted(target).replaced(process.pid)).to.deep.equal([`${target} was not there at the start`]);
  });
});
