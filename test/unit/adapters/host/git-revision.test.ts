import { expect } from 'chai';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changedSince, readCheckout, fetchCommit, hasCommit, pathInRepository } from '#adapters/host/git-revision.ts';
import { exec } from '#adapters/host/exec.ts';

describe('a profile in a git revision', () => {
  const repository = mkdtempSync(join(tmpdir(), 'revision-test-'));
  const git = async (...args: string[]): Promise<void> => {
    const { exit, stderr } = await exec(['git', '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
      cwd: repository,
    });
    expect(exit, stderr).to.equal(0);
  };
  before(async () => {
    mkdirSync(join(repository, 'profiles/inc'), { recursive: true });
    writeFileSync(join(repository, 'profiles/p'), 'old\n');
    writeFileSync(join(repository, 'profiles/inc/rules'), 'beside\n');
    symlinkSync('/etc/passwd', join(repository, 'profiles/link'));
    await git('init', '-q', '-b', 'main');
    await git('add', '-A');
    await git('commit', '-q', '-m', 'one');
    writeFileSync(join(repository, 'profiles/p'), 'new\n');
  });
  after(() => {
    rmSync(repository, { recursive: true });
  });

  it('is read with the files beside it, as they were', async () => {
    const copy = await readCheckout('main', 'profiles/p', repository);
    expect(readFileSync(copy.file, 'utf8')).to.equal('old\n');
    expect(readFileSync(join(copy.folder, 'inc/rules'), 'utf8')).to.equal('beside\n');
    expect(copy.original).to.equal('main:profiles/');
    expect(existsSync(join(copy.folder, 'link'))).to.equal(false); // a link leads out of the copy
    copy.remove();
    expect(existsSync(copy.folder)).to.equal(false);
  });

  it('is named by its path from the top of the repository', async () =>
    expect(await pathInRepository(join(repository, 'profiles/p'))).to.equal('profiles/p'));

  for (const [revision, path] of [
    ['gone', 'profiles/p'],
    ['main', 'profiles/gone'],
    ['main', 'gone/p'],
    ['--output=/tmp/x', 'profiles/p'],
    ['main', '../p'],
    ['main', 'profiles/link'],
    ['main\0', 'profiles/p'],
    ['', 'profiles/p'],
  ] as const) {
    it(`is an error for ${JSON.stringify(`${revision}:${path}`)}`, async () => {
      const error = await readCheckout(revision, path, repository).catch((thrown: unknown) => thrown);
      expect(error).to.have.property('code', 'revision-unreadable');
    });
  }

  it('is fetched where the clone is shallow, and only its commit', async () => {
    const commit = (await exec(['git', 'rev-parse', 'main'], { cwd: repository })).stdout.toString().trim();
    await git('commit', '-q', '-a', '-m', 'two');
    const clone = join(mkdtempSync(join(tmpdir(), 'revision-clone-')), 'shallow');
    expect((await exec(['git', 'clone', '-q', '--depth=1', `file://${repository}`, clone], {})).exit).to.equal(0);
    expect(await hasCommit(commit, clone)).to.equal(false);
    await fetchCommit(commit, clone);
    expect(await hasCommit(`${commit}:profiles/p`, clone)).to.equal(true);
    expect(await hasCommit(`${commit}:profiles/gone`, clone)).to.equal(false);
    expect(await changedSince(commit, join(clone, 'profiles'))).to.equal(true);
    for (const gone of ['0'.repeat(40), 'main2', '--upload-pack=/bin/false'])
      expect(await fetchCommit(gone, clone).catch((thrown: unknown) => thrown), gone).to.have.property(
        'code',
        'revision-unreadable',
      );
    rmSync(clone, { recursive: true });
  });
});
