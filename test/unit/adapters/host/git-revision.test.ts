import { expect } from 'chai';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import {
  readCheckout,
  fetchCommit,
  formerName,
  hasCommit,
  pathInRepository,
  type Checkout,
} from '#adapters/host/git-revision.ts';
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
    const copy = await readCheckout('main', 'profiles/p', { cwd: repository });
    expect(readFileSync(copy.file, 'utf8')).to.equal('old\n');
    expect(readFileSync(join(copy.folder, 'profiles/inc/rules'), 'utf8')).to.equal('beside\n');
    expect(copy.original).to.equal('main:');
    expect(existsSync(join(copy.folder, 'profiles/link'))).to.equal(false); // a link leads out of the copy
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
      const error = await readCheckout(revision, path, { cwd: repository }).catch((thrown: unknown) => thrown);
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
    for (const gone of ['0'.repeat(40), 'main2', '--upload-pack=/bin/false'])
      expect(await fetchCommit(gone, clone).catch((thrown: unknown) => thrown), gone).to.have.property(
        'code',
        'revision-unreadable',
      );
    rmSync(clone, { recursive: true });
  });
});

describe('a tree of a git revision', () => {
  let repository = '';
  const copies: { remove(): void }[] = [];
  const git = async (...args: string[]): Promise<string> => {
    const { exit, stdout, stderr } = await exec(
      ['git', '-c', 'user.name=t', '-c', 'user.email=t@example.org', '-c', 'protocol.file.allow=always', ...args],
      { cwd: repository },
    );
    expect(exit, stderr).to.equal(0);
    return stdout.toString().trim();
  };
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(repository, path)), { recursive: true });
    writeFileSync(join(repository, path), text);
  };
  const commit = async (): Promise<void> => {
    await git('add', '-A');
    await git('commit', '-q', '-m', 'a change');
  };
  const copyOf = async (path: string, folders: readonly string[] = [], cwd = repository): Promise<Checkout> => {
    const copy = await readCheckout('HEAD', path, { cwd, folders: folders.map((folder) => join(repository, folder)) });
    copies.push(copy);
    return copy;
  };
  const isLoop = (copy: Checkout, path: string): boolean => readlinkSync(join(copy.folder, path)) === basename(path);

  beforeEach(async () => {
    repository = realpathSync(mkdtempSync(join(tmpdir(), 'tree-test-')));
    write('profiles/p', 'profile p {}\n');
    await git('init', '-q', '-b', 'main');
  });
  afterEach(() => {
    for (const copy of copies.splice(0)) copy.remove();
    rmSync(repository, { recursive: true });
  });

  it('has the folders beside the profile, and links between them', async () => {
    write('common/rules', 'old\n');
    symlinkSync('../common', join(repository, 'profiles/shared'));
    symlinkSync('p', join(repository, 'profiles/alias'));
    symlinkSync('/etc/apparmor.d', join(repository, 'outside'));
    symlinkSync('../..', join(repository, 'profiles/above'));
    await commit();
    write('common/rules', 'new\n');
    const copy = await copyOf('profiles/alias');
    expect(readFileSync(copy.file, 'utf8')).to.equal('profile p {}\n');
    expect(readFileSync(join(copy.folder, 'profiles/shared/rules'), 'utf8')).to.equal('old\n');
    expect([isLoop(copy, 'outside'), isLoop(copy, 'profiles/above')]).to.deep.equal([true, true]);
  });

  it('has its own version of a folder in a work tree, and leaves other folders where they are', async () => {
    write('tree/abstractions/rules', 'old\n');
    await commit();
    mkdirSync(join(repository, 'tree/tunables/home.d'), { recursive: true });
    const copy = await copyOf('profiles/p', ['tree']);
    expect(copy.place(join(repository, 'tree'))).to.equal(join(copy.folder, 'tree'));
    expect(copy.place('/etc/apparmor.d')).to.equal('/etc/apparmor.d');
    expect(existsSync(join(copy.folder, 'tree/tunables/home.d')), 'git keeps no empty folder').to.equal(true);
    symlinkSync(repository, `${repository}-link`);
    expect(copy.place(`${repository}-link/tree`)).to.equal(join(copy.folder, 'tree'));
    rmSync(`${repository}-link`);
  });

  it('is the same from another work tree of the repository, and from a bare one', async () => {
    write('tree/rules', 'old\n');
    await commit();
    await git('worktree', 'add', '-q', join(repository, 'other'), '-b', 'other');
    const copy = await copyOf('profiles/p', [], join(repository, 'other'));
    expect(copy.place(join(repository, 'other/tree'))).to.equal(join(copy.folder, 'tree'));
    expect(copy.place(join(repository, 'tree'))).to.equal(join(copy.folder, 'tree'));
    await git('clone', '-q', '--bare', '.', 'bare.git');
    const fromBare = await copyOf('profiles/p', [], join(repository, 'bare.git'));
    expect(readFileSync(fromBare.file, 'utf8')).to.equal('profile p {}\n');
  });

  it('has links to themselves where a submodule or a file of Git LFS is', async () => {
    const module = mkdtempSync(join(tmpdir(), 'submodule-'));
    await git('init', '-q', module);
    await git('-C', module, 'commit', '-q', '--allow-empty', '-m', 'a change');
    await git('submodule', '--quiet', 'add', module, 'common/module');
    write('common/large', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n');
    await commit();
    const copy = await copyOf('profiles/p');
    expect([isLoop(copy, 'common/module'), isLoop(copy, 'common/large')]).to.deep.equal([true, true]);
    const error = await copyOf('common/large').catch((thrown: unknown) => thrown);
    expect((error as Error).message).to.include('Git LFS');
    rmSync(module, { recursive: true });
  });

  it('is copied in part when it is large: the folder of the profile, and those that are named', async () => {
    for (let i = 0; i < 2_100; i += 1) write(`src/module/${i}`, `${i}\n`);
    write('tree/rules', 'r\n');
    write('common/rules', 'r\n');
    await commit();
    const copy = await copyOf('profiles/p', ['tree']);
    expect(existsSync(join(copy.folder, 'tree/rules'))).to.equal(true);
    expect([isLoop(copy, 'src'), isLoop(copy, 'common')]).to.deep.equal([true, true]);
  });

  it('has the text of the commit, without filters and line ends of the work tree', async () => {
    await commit();
    write('.gitattributes', '* text eol=crlf filter=mark ident\nprofiles/p export-ignore\n');
    await git('config', 'filter.mark.smudge', 'echo marked');
    await commit();
    const copy = await copyOf('profiles/p');
    expect(readFileSync(copy.file, 'utf8')).to.equal('profile p {}\n');
  });

  it('has a renamed profile under its former name', async () => {
    await commit();
    await git('mv', 'profiles/p', 'profiles/q');
    await commit();
    const names = [
      await formerName('profiles/q', { other: 'HEAD~1', revision: 'HEAD', cwd: repository }),
      await formerName('profiles/q', { other: 'HEAD~1', cwd: repository }),
      await formerName('profiles/p', { other: 'HEAD', revision: 'HEAD~1', cwd: repository }),
      await formerName('profiles/none', { other: 'HEAD~1', cwd: repository }),
    ];
    expect(names).to.deep.equal(['profiles/p', 'profiles/p', 'profiles/q', undefined]);
  });

  it('is not there in a shallow clone, and the message says so', async () => {
    await commit();
    write('profiles/p', 'new\n');
    await commit();
    await git('clone', '-q', '--depth=1', `file://${repository}`, 'shallow');
    const cwd = join(repository, 'shallow');
    const error = await readCheckout('HEAD~1', 'profiles/p', { cwd }).catch((thrown: unknown) => thrown);
    expect((error as Error).message).to.include('shallow clone');
  });
});
