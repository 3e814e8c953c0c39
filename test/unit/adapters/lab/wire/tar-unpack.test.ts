import { expect } from 'chai';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pack, type Header } from 'tar-stream';
import { packFiles } from '#adapters/lab/wire/tar-pack.ts';
import { safeName, unpackHostile } from '#adapters/lab/wire/tar-unpack.ts';

function archive(
  entries: readonly { readonly header: Partial<Header> & { name: string }; readonly text?: string }[],
): Readable {
  const tar = pack();
  for (const { header, text } of entries) tar.entry(header, text ?? '');
  tar.finalize();
  return Readable.from(tar);
}

describe('unpackHostile', () => {
  let folder: string;
  let target: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lab-tar-test-'));
    target = join(folder, 'target');
    await mkdir(target);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const refused = async (source: Readable, why: string, limits?: { bytes: number; entries: number }): Promise<void> => {
    const error: unknown = await unpackHostile(source, target, limits).catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'lab-guest' });
    expect((error as Error).message).to.contain(why);
  };

  it('writes plain files and folders, with safe modes', async () => {
    await unpackHostile(
      archive([
        { header: { name: './a/', type: 'directory', mode: 0o777 } },
        { header: { name: './a/b', mode: 0o4777 }, text: 'x' },
        { header: { name: 'c/d', mode: 0o600 }, text: 'y' },
      ]),
      target,
    );
    expect(await readFile(join(target, 'a/b'), 'utf8')).to.equal('x');
    expect((await lstat(join(target, 'a/b'))).mode & 0o7022).to.equal(0);
    expect(await readFile(join(target, 'c/d'), 'utf8')).to.equal('y');
  });

  for (const name of ['../out', 'a/../../out', '/etc/out', 'a/..']) {
    it(`refuses the name ${name}`, async () => {
      await refused(archive([{ header: { name }, text: 'x' }]), 'leads out');
      expect(await readdir(folder)).to.deep.equal(['target']);
    });
  }

  for (const type of ['symlink', 'link', 'fifo', 'character-device', 'block-device'] as const) {
    it(`refuses a ${type}`, () =>
      refused(archive([{ header: { name: 'l', type, linkname: '/etc/passwd', devmajor: 1, devminor: 3 } }]), type));
  }

  it('refuses too many files and too many bytes', async () => {
    await refused(archive([{ header: { name: 'big' }, text: 'x'.repeat(101) }]), '100 bytes', {
      bytes: 100,
      entries: 10,
    });
    await refused(archive(['a', 'b', 'c'].map((name) => ({ header: { name }, text: '' }))), '2 files', {
      bytes: 100,
      entries: 2,
    });
  });

  it('does not write through a link that lay in the folder', async () => {
    await writeFile(join(folder, 'precious'), 'kept');
    await symlink(join(folder, 'precious'), join(target, 'l'));
    const error: unknown = await unpackHostile(archive([{ header: { name: 'l' }, text: 'x' }]), target).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.include({ code: 'lab-guest' });
    expect(await readFile(join(folder, 'precious'), 'utf8')).to.equal('kept');
  });

  it('refuses bytes that are no archive, and one that breaks off', async () => {
    await refused(Readable.from([Buffer.alloc(2048, 'x')]), 'broken');
    const whole = Buffer.concat(
      (await archive([{ header: { name: 'f' }, text: 'x'.repeat(5000) }]).toArray()) as Buffer[],
    );
    await refused(Readable.from([whole.subarray(0, 2000)]), 'broken');
  });

  it('reads what packFiles writes', async () => {
    await mkdir(join(folder, 'in/sub'), { recursive: true });
    await writeFile(join(folder, 'in/sub/f'), 'hello', { mode: 0o755 });
    await unpackHostile(packFiles([{ hostPath: join(folder, 'in'), guestPath: '/root/in' }]), target);
    expect(await readFile(join(target, 'root/in/sub/f'), 'utf8')).to.equal('hello');
    expect((await lstat(join(target, 'root/in/sub/f'))).mode & 0o111).to.equal(0o111);
  });

  it('cleans names that stay inside the folder', () => {
    expect(safeName('./')).to.equal('');
    expect(safeName('./a//b/')).to.equal('a/b');
    expect(safeName('a\0b')).to.equal(undefined);
    expect(safeName('..a/b..')).to.equal('..a/b..');
  });
});
