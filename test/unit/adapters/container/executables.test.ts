/** The executables of a container: here of this process's own root, and of a folder tree made for it. */
import { expect } from 'chai';
import { executables } from '#adapters/container/rootfs/executables.ts';

describe('executables', () => {
  it('are regular files that may be executed, by absolute paths, and none of them a device or of /proc', () => {
    const found = executables(process.pid);
    expect(found.some((path) => /^\/(?:usr\/)?bin\//.test(path))).to.equal(true);
    expect(found.filter((path) => /^\/(?:proc|sys|dev)\//.test(path))).to.deep.equal([]);
    expect(found.filter((path) => !path.startsWith('/'))).to.deep.equal([]);
    expect(found).to.deep.equal([...found].sort());
  });

  it('are none where the process is gone', () => {
    expect(executables(2 ** 22 + 1)).to.deep.equal([]);
  });
});
