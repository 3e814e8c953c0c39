/** What the action runs on a pull request, without a kernel: which profiles are compared, and with what. */
import { expect } from 'chai';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runDiffSpecs } from '#cli/commands/diff-specs.ts';
import { exec } from '#adapters/host/exec.ts';

const STRICT = 'profile web {\n  /etc/** r,\n}\n';
const LOOSE = 'profile web {\n  /etc/** rw,\n}\n';
const SPEC = 'profile: PROFILE\ncontainer: { image: i, hold: true }\nprobes: [{ open: /etc/x, expect: denied }]\n';

describe('the profiles of specs, compared with a commit', () => {
  let repository = '';
  const git = async (...args: string[]): Promise<string> => {
    const { exit, stdout, stderr } = await exec(
      ['git', '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args],
      { cwd: repository },
    );
    expect(exit, stderr).to.equal(0);
    return stdout.toString().trim();
  };
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(repository, path)), { recursive: true });
    writeFileSync(join(repository, path), text);
  };
  const writeSpec = (path: string, profile: string): void => {
    write(path, SPEC.replace('PROFILE', profile));
  };
  const commit = async (): Promise<void> => {
    await git('add', '-A');
    await git('commit', '-q', '-m', 'a change');
  };

  beforeEach(async () => {
    repository = realpathSync(mkdtempSync(join(tmpdir(), 'diff-specs-test-')));
    await git('init', '-q', '-b', 'main');
    write('profiles/web', STRICT);
    writeSpec('specs/web.yml', '../profiles/web');
    await commit();
  });
  afterEach(() => {
    rmSync(repository, { recursive: true });
  });

  /** Commits what was written, and compares it with the first commit. */
  async function compare(spec = 'specs/web.yml'): Promise<{ exit: number; markdown: string }> {
    await commit();
    const since = await git('rev-list', '--max-parents=0', 'HEAD');
    const markdown = join(repository, 'diff.md');
    const args = { since, markdown, include: [], host: 'none', labSuite: 'trixie' } as const;
    const exit = await runDiffSpecs([join(repository, spec)], args);
    return { exit, markdown: readFileSync(markdown, 'utf8') };
  }

  it('are left out where nothing that they read has changed', async () => {
    write('README', 'new\n');
    expect(await compare()).to.deep.equal({ exit: 0, markdown: '' });
  });

  it('are compared where only a file outside their folder has changed', async () => {
    write('common/rules', '/etc/** r,\n');
    write('profiles/web', 'profile web {\n  include if exists "../common/rules"\n}\n');
    await git('checkout', '-q', '--orphan', 'fresh');
    await commit();
    write('common/rules', '/etc/** rw,\n');
    expect((await compare()).exit).to.equal(1);
  });

  it('are compared with a file that was renamed', async () => {
    await git('mv', 'profiles/web', 'profiles/site');
    write('profiles/site', LOOSE);
    await git('rm', '-q', 'specs/web.yml');
    writeSpec('specs/site.yml', '../profiles/site');
    const { exit, markdown } = await compare('specs/site.yml');
    expect(exit).to.equal(1);
    expect(markdown).to.include('profiles/web');
  });

  it('are compared with the file that the spec named before', async () => {
    write('other/web', `# nothing is left\n# of the file\n# that it was\n${LOOSE}`);
    writeSpec('specs/web.yml', '../other/web');
    expect((await compare()).exit).to.equal(1);
  });

  describe('where the spec alone has changed', () => {
    const STACK = 'profile: { file: ../profiles/web, name: NAME }';
    const named = (name: string): string => SPEC.replace('profile: PROFILE', STACK.replace('NAME', name));

    beforeEach(async () => {
      write('profiles/web', `${STRICT}${LOOSE.replace('web', 'loose')}`);
      write('strict/rules', '/etc/** r,\n');
      write('loose/rules', '/etc/** rw,\n');
      write('profiles/including', 'profile web {\n  include <rules>\n}\n');
      write('specs/web.yml', named('web'));
      write('specs/including.yml', SPEC.replace('PROFILE', '{ file: ../profiles/including, include: [../strict] }'));
      await git('checkout', '-q', '--orphan', 'fresh');
      await commit();
    });

    it('fail where it names another profile of the same file', async () => {
      write('specs/web.yml', named('loose'));
      const { exit, markdown } = await compare();
      expect(exit).to.equal(1);
      expect(markdown).to.include('another profile of the same file');
    });

    it('pass where it adds a profile to a stack', async () => {
      write('specs/web.yml', named('web//&loose'));
      expect(await compare()).to.deep.equal({ exit: 0, markdown: '' });
    });

    it('fail where a stack loses a profile', async () => {
      write('specs/web.yml', named('web//&loose'));
      await git('checkout', '-q', '--orphan', 'stacked');
      await commit();
      write('specs/web.yml', named('loose'));
      expect((await compare()).exit).to.equal(1);
    });

    it('pass where a waiver accepts the other profile', async () => {
      const waiver = 'waivers: [{ allows: profile loose, because: accepted, until: "2999-01-01" }]\n';
      write('specs/web.yml', `${waiver}${named('loose')}`);
      expect((await compare()).exit).to.equal(0);
    });

    it('are compared with what the folders of includes had that it named', async () => {
      write('specs/including.yml', SPEC.replace('PROFILE', '{ file: ../profiles/including, include: [../loose] }'));
      expect((await compare('specs/including.yml')).exit).to.equal(1);
    });
  });

  it('fail where the spec no longer names a file', async () => {
    write('specs/web.yml', SPEC.replace('PROFILE', '{ engine: docker-default }'));
    const { exit, markdown } = await compare();
    expect(exit).to.equal(1);
    expect(markdown).to.include('cannot be compared');
  });

  describe('where a spec is gone', () => {
    /** Of no likeness to the one that is gone. */
    const another = (profile: string): string =>
      `${'# this spec is another one\n'.repeat(30)}${SPEC.replace('PROFILE', profile)}`;

    beforeEach(async () => {
      await git('rm', '-q', 'specs/web.yml');
      write('profiles/other', 'profile other {\n}\n');
    });

    it('fail where its profile is still there, and no other spec tests it', async () => {
      write('specs/other.yml', another('../profiles/other'));
      const { exit, markdown } = await compare('specs/other.yml');
      expect(exit).to.equal(1);
      expect(markdown).to.include('was removed, and no other tests the profile');
    });

    it('pass where another spec tests its profile', async () => {
      write('specs/other.yml', another('../profiles/web'));
      expect((await compare('specs/other.yml')).exit).to.equal(0);
    });

    it('pass where its profile is gone too', async () => {
      write('specs/other.yml', another('../profiles/other'));
      await git('rm', '-q', 'profiles/web');
      expect((await compare('specs/other.yml')).exit).to.equal(0);
    });
  });

  it('that are new have nothing to be compared with', async () => {
    write('profiles/new', 'profile new {\n  /srv/** rw,\n  signal,\n  ptrace,\n}\n');
    writeSpec('specs/new.yml', '../profiles/new');
    const { exit, markdown } = await compare('specs/new.yml');
    expect(exit).to.equal(0);
    expect(markdown).to.include('is new');
  });
});
