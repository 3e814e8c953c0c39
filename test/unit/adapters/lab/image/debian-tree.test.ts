import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeDebianTree } from '#adapters/lab/image/debian-tree.ts';
import { HarnessError } from '#core/model/errors.ts';

describe('makeDebianTree', () => {
  let folder: string, target: string;
  const said: string[] = [];
  const make = (script: string): Promise<void> =>
    makeDebianTree({
      code: 'lab-build',
      what: 'installing',
      argv: ['sh', '-c', script, 'x', folder],
      target,
      progress: (line) => said.push(line),
    });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tree-'));
    target = join(folder, 'tree');
    said.length = 0;
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('mounts nothing that others see or that stays', async () => {
    await make(
      'mkdir "$1/tree" && mount -t tmpfs none "$1/tree" && touch "$1/tree/inside" && cp /proc/self/mounts "$1/mounts"',
    );
    expect(readFileSync(join(folder, 'mounts'), 'utf8')).to.include(target);
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.to.include(target);
    expect(existsSync(join(target, 'inside'))).to.equal(false);
    expect(said).to.deep.equal([]);
  });

  it('tries once more, from the start, after a failure', async () => {
    await make('mkdir "$1/tree" && test -e "$1/once" || { touch "$1/once"; exit 25; }');
    expect(existsSync(target)).to.equal(true);
    expect(said.join()).to.match(/installing failed \(exit 25\); trying once more/);
  });

  it('throws after two failures, with the output of the program', async () => {
    writeFileSync(target, '');
    const error = await make('echo no such mirror >&2; exit 25').then(
      () => undefined,
      (thrown: unknown) => thrown as HarnessError,
    );
    expect(error).to.be.instanceOf(HarnessError).with.property('code', 'lab-build');
    expect(error?.message).to.match(/installing failed twice: sh: exit 25\./);
    expect(error?.details).to.deep.equal(['no such mirror']);
  });
});
