import { expect } from 'chai';
import { candidatesIn, type NamedFile } from '#core/generate/candidates.ts';
import { examplesIn } from '#core/generate/rule-examples.ts';
import { Pool, predict } from '#core/generate/predict.ts';
import { neededFor, placeholderPaths, placeholderRoots, placeholdersAmong } from '#core/generate/placeholder-paths.ts';
import { untestableChanges } from '#core/generate/untestable-changes.ts';
import { changesOf } from '#core/generate/variants.ts';
import { policyOf, surroundingsOf } from '#core/profile/semantics/policy.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';

function read(body: string) {
  const text = readProfileText('/p', `profile p {\n  file,\n${body}\n}\n`, () => undefined);
  if (!isRead(text)) throw new Error(text.message);
  const block = text.profiles[0]!;
  const changes = changesOf(text, block, () => undefined);
  return { text, block, changes, names: examplesIn(block, changes, surroundingsOf(text, block)) };
}

describe('examplesIn and placeholderPaths', () => {
  it('have a name for each set of expressions that match alike, so that every change shows', () => {
    const { text, block, changes, names } = read(
      '  deny /sys/[^f]*/** wklx,\n  deny /sys/f[^s]*/** wklx,\n  deny /sys/firmware/** rwklx,',
    );
    const placeholders = placeholdersAmong(names, ['/sys']);
    const paths = new Set(placeholderPaths(placeholders));
    const found = [...paths].map((path): NamedFile => ({
      path,
      kind: placeholders.includes(path) ? 'file' : 'folder',
      mode: 0o755,
      device: 2,
    }));
    const passwd: NamedFile = { path: '/etc/passwd', kind: 'file', mode: 0o644, device: 1 };
    const candidates = candidatesIn(
      [passwd, ...found],
      (path) => ({ path, folder: paths.has(path) && !placeholders.includes(path), missing: !paths.has(path) }),
      'p',
      { names },
    );
    const pool = new Pool(candidates.map((one) => predict(one, policyOf(block, surroundingsOf(text, block)))));
    const unshown = [...changes.values()]
      .flat()
      .filter(({ variant }) => !pool.all.some((one) => variant.shows(one)))
      .map(({ what }) => what);
    // what means the same, and what the rule before denies as well
    expect(unshown).to.deep.equal([
      'deny /sys/[^f]*/** wklx → deny /sys/[^f]**/** wklx',
      'deny /sys/f[^s]*/** wklx → deny /sys/f[^s]**/** wklx',
      ...['rklx', 'rwlx', 'rwkx', 'rwkl'].map(
        (letters) => `deny /sys/firmware/** rwklx → deny /sys/firmware/** ${letters}`,
      ),
    ]);
    expect(
      candidates.some(({ words }) => words.join(' ') === 'link /etc/passwd /sys/x/thing'),
      'no link leads into another file system',
    ).to.equal(false);
    expect(candidates.some(({ words }) => words[0] === 'link' && words[2] === '/sys/x/thing')).to.equal(true);
  });

  it('count letters where the expression does', () => {
    expect(read('  deny /proc/sys/kernel/{?,??,[^s][^h][^m]**} w,').names).to.include.members([
      '/proc/sys/kernel/x',
      '/proc/sys/kernel/xx',
      '/proc/sys/kernel/file',
    ]);
  });

  it('become probes that create a file where only the name is missing', () => {
    const { names } = read('  deny /opt/secret w,');
    const look = (path: string) => ({ path, folder: path === '/opt', missing: path !== '/opt' });
    const words = candidatesIn([{ path: '/opt', kind: 'folder', mode: 0o755 }], look, 'p', { names }).map((one) =>
      one.words.join(' '),
    );
    expect(words).to.include.members(['open create /opt/secret', 'mkdir /opt/secret']);
  });

  it('have no placeholder that is a folder of another, and none outside the roots', () => {
    expect(
      placeholdersAmong(['/sys/x', '/sys/x/file', '/sys/x/y/file', '/etc/x', '/sys/a/../b'], ['/sys']),
    ).to.deep.equal(['/sys/x/file', '/sys/x/y/file']);
  });

  it('are mounted in place of folders that the image lacks, and make folders that rules name exist', () => {
    const folders = ['/opt', '/etc', '/srv'];
    const lookIn = (path: string): { path: string; folder: boolean; missing: boolean } => ({
      path,
      folder: true,
      missing: !folders.includes(path),
    });
    const names = ['/srv/secret/', '/srv/secret/a', '/opt/app/sub/', '/opt/x', '/etc/passwd', '/proc/no/x', '/a/b/c'];
    const roots = placeholderRoots(names, lookIn);
    expect(roots).to.deep.equal(['/sys', '/a', '/opt/app', '/srv/secret']);
    expect(placeholdersAmong(names, roots)).to.deep.equal(['/a/b/c', '/opt/app/placeholder', '/srv/secret/a']);
  });

  it('keep only the placeholders that a probe needs', () => {
    const all = ['/sys/a/file', '/sys/b/file', '/sys/b/c/file', '/sys/d/e/file', '/sys/f/file'];
    expect(neededFor(all, ['mkdir', '/sys/a/thing', '/sys/b/file', '/sys/d/e', '/etc/passwd'])).to.deep.equal([
      '/sys/a/file',
      '/sys/b/file',
      '/sys/d/e/file',
    ]);
  });
});

describe('untestableChanges', () => {
  const of = (body: string, missing: boolean) => {
    const { block, changes } = read(body);
    return block.rules.flatMap((rule) =>
      untestableChanges(rule, changes.get(rule.id) ?? [], (path) => ({ path, folder: false, missing })),
    );
  };

  it('are the letters l and x of a file that exists in /proc, and nothing else', () => {
    expect(of('  deny /proc/kcore rwklx,', false).map(({ becomes }) => becomes)).to.deep.equal([
      'deny /proc/kcore rwkx',
      'deny /proc/kcore rwkl',
    ]);
    expect(of('  deny /proc/kcore rwklx,', true)).to.deep.equal([]);
    expect(of('  deny /proc/k* rwklx,\n  deny /etc/passwd rwklx,', false)).to.deep.equal([]);
  });
});
