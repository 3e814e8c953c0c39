/** The names of a container: here those of this process's own root, and of what it has of /proc. */
import { expect } from 'chai';
import { containerFiles, deviceOf, rightsOf } from '#adapters/container/rootfs/container-files.ts';

describe('containerFiles', () => {
  const { files, cut } = containerFiles(process.pid);
  const paths = files.map(({ path }) => path);

  it('are absolute, each once, folders with a slash at their end', () => {
    expect(paths[0]).to.equal('/');
    expect(new Set(paths).size).to.equal(paths.length);
    for (const { path, kind } of files) expect(path.endsWith('/'), path).to.equal(kind === 'folder');
    expect(paths).to.include.members(['/etc/', '/etc/passwd', '/proc/version']);
  });

  it('are bounded, and say where', () => {
    expect(paths.filter((path) => path.startsWith('/usr/')).length).to.be.lessThan(7000);
    expect(paths.filter((path) => path.startsWith('/proc/')).length).to.be.lessThan(2100);
    for (const folder of cut) expect(paths).to.include(folder);
  });

  it('have the files of one process only', () => {
    const others = paths.filter((path) => /^\/proc\/(?!1\/)\d+\/./.test(path));
    expect(others).to.deep.equal([]);
  });

  it('are none where the process is gone', () => {
    expect(containerFiles(2 ** 22 + 1)).to.deep.equal({ files: [{ path: '/', kind: 'folder' }], cut: [] });
  });

  it('have rights, and a file system', () => {
    expect(rightsOf(process.pid, '/etc/passwd')?.mode).to.equal(0o644);
    expect(rightsOf(process.pid, '/no/such')).to.equal(undefined);
    expect(deviceOf(process.pid, '/etc')).to.be.a('number');
    expect(deviceOf(process.pid, '/etc/passwd')).to.equal(undefined);
  });
});
