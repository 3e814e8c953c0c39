import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { exec } from '#adapters/host/exec.ts';
import { findSides, foldersOfSides, namesOf } from '#cli/diff-sides.ts';
import type { HarnessError } from '#core/model/errors.ts';

describe('the sides of a comparison', () => {
  const repository = mkdtempSync(join(tmpdir(), 'diff-sides-'));
  const startDir = process.cwd();
  const profile = join(repository, 'profiles/web');

  async function git(...args: string[]): Promise<void> {
    const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.com'];
    const { exit, stderr } = await exec(['git', ...identity, ...args], { cwd: repository });
    expect(exit, stderr).to.equal(0);
  }

  before(async () => {
    mkdirSync(dirname(profile));
    await git('init', '-q', '-b', 'main');
    writeFileSync(profile, 'old');
    await git('add', '.');
    await git('commit', '-qm', 'old');
    await git('tag', 'v1');
    writeFileSync(profile, 'new');
    process.chdir(repository);
  });
  after(() => {
    process.chdir(startDir);
    rmSync(repository, { recursive: true, force: true });
  });

  it('are two files, called as they were given', async () => {
    const sides = await findSides({ base: 'profiles/web', head: profile });
    expect(sides.base).to.deep.equal({ label: 'profiles/web', file: profile, includes: {} });
    expect(sides.head).to.deep.equal({ label: profile, file: profile, includes: {} });
    expect(sides.copies).to.deep.equal([]);
  });

  it('may have the name of a property of every object', async () => {
    writeFileSync('constructor', 'new');
    const sides = await findSides({ base: 'constructor', head: 'profiles/web' });
    expect(sides.base).to.deep.equal({ label: 'constructor', file: join(repository, 'constructor'), includes: {} });
  });

  it('are copied out of a revision, and removed at the end', async () => {
    const sides = await findSides({ base: 'v1:profiles/web', head: 'profiles/web' });
    expect(sides.base.label).to.equal('v1:profiles/web');
    expect(readFileSync(sides.base.file, 'utf8')).to.equal('old');
    expect(sides.copies).to.deep.equal([[`${dirname(dirname(sides.base.file))}/`, 'v1:']]);
    sides.remove();
    expect(existsSync(sides.base.file)).to.equal(false);
    expect(existsSync(profile)).to.equal(true);
  });

  it('are two revisions of one file', async () => {
    const sides = await findSides({ base: 'v1', head: 'main', file: 'profiles/web' });
    expect([sides.base.label, sides.head.label]).to.deep.equal(['v1:profiles/web', 'main:profiles/web']);
    expect(sides.copies).to.have.length(2);
    sides.remove();
  });

  it('keep their names in a repeated command, which gets the files', async () => {
    const first = await findSides({ base: 'v1:profiles/web', head: 'profiles/web' });
    const repeated = await findSides(
      { base: first.base.file, head: first.head.file },
      { names: namesOf(first), sideFolders: foldersOfSides(first) },
    );
    for (const key of ['base', 'head', 'copies'] as const) expect(repeated[key]).to.deep.equal(first[key]);
    repeated.remove();
    expect(existsSync(first.base.file), 'the copy belongs to the first command').to.equal(true);
    first.remove();
  });

  it('leave no copy behind when the second one is not found', async () => {
    const temporary = join(repository, 'tmp');
    mkdirSync(temporary);
    const usual = process.env['TMPDIR'];
    process.env['TMPDIR'] = temporary;
    const thrown = await findSides({ base: 'v1:profiles/web', head: 'v2:profiles/web' }).catch(
      (error: unknown) => error,
    );
    expect((thrown as HarnessError).code).to.equal('revision-unreadable');
    if (usual === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = usual;
    expect(readdirSync(temporary)).to.deep.equal([]);
  });

  it('are refused when an operand is neither a file nor REVISION:PATH', async () => {
    const thrown = await findSides({ base: 'none', head: profile }).catch((error: unknown) => error);
    expect((thrown as HarnessError).code).to.equal('profile-unreadable');
    expect((thrown as HarnessError).message).to.contain('"none"');
  });

  describe('with folders for includes', () => {
    const commit = async (): Promise<void> => {
      await git('add', '-A');
      await git('commit', '-qm', 'a change');
    };
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(join(repository, path)), { recursive: true });
      writeFileSync(join(repository, path), text);
    };

    it('read the version of each revision, and folders outside as they are', async () => {
      write('tree/abstractions/web', 'old');
      write('profiles/web', 'include <abstractions/web>\n');
      await commit();
      write('tree/abstractions/web', 'new');
      const outside = mkdtempSync(join(tmpdir(), 'outside-'));
      const includes = { search: [join(repository, 'tree'), outside] };
      const sides = await findSides({ base: 'main:profiles/web', head: 'profiles/web' }, { includes });
      const [own = '', other] = sides.base.includes.search ?? [];
      expect(readFileSync(join(own, 'abstractions/web'), 'utf8')).to.equal('old');
      expect(other).to.equal(outside);
      expect(sides.base.includes).to.not.have.property('base');
      expect(sides.head.includes).to.deep.equal(includes);
      sides.remove();
      rmSync(outside, { recursive: true });
    });

    it('are refused where a revision names a file of the work tree by its absolute path', async () => {
      for (const statement of ['include "PATH"', '#include if exists "PATH"', 'abi "PATH",']) {
        write('tree/rules', '');
        write('profiles/web', `${statement.replace('PATH', join(repository, 'tree/rules'))}\n`);
        await commit();
        const thrown = await findSides({ base: 'main:profiles/web', head: 'profiles/web' }).catch(
          (error: unknown) => error,
        );
        expect((thrown as HarnessError).code, statement).to.equal('revision-unreadable');
        expect((thrown as HarnessError).message).to.contain('work tree');
      }
    });

    it('are refused where a revision includes what is not in its repository', async () => {
      symlinkSync('/etc', join(repository, 'profiles/out'));
      write('profiles/web', 'profile web {\n  include if exists "out/rules"\n}\n');
      await commit();
      const thrown = await findSides({ base: 'main:profiles/web', head: 'profiles/web' }).catch(
        (error: unknown) => error,
      );
      expect((thrown as HarnessError).code).to.equal('profile-unread');
      expect((thrown as HarnessError).message).to.contain('a link to itself');
      rmSync(join(repository, 'profiles/out'));
    });

    it('are found under the former name of a file that was renamed', async () => {
      write('profiles/before', 'profile web {\n  file,\n}\n');
      await commit();
      await git('mv', 'profiles/before', 'profiles/after');
      await commit();
      const sides = await findSides({ base: 'main~1', head: 'main', file: 'profiles/after' });
      expect([sides.base.label, sides.head.label]).to.deep.equal(['main~1:profiles/before', 'main:profiles/after']);
      sides.remove();
    });
  });
});
