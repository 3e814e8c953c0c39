import { expect } from 'chai';
import { appendFileSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { followFile } from '#adapters/kernel/log/follow-file.ts';

describe('followFile', () => {
  let folder: string;
  let file: string;
  const believe = (): undefined => undefined;
  const rotate = (count: number): void => {
    for (let n = count; n > 0; n--) {
      try {
        renameSync(n === 1 ? file : `${file}.${n - 1}`, `${file}.${n}`);
      } catch {
        /* not so many yet */
      }
    }
    writeFileSync(file, '');
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'follow-'));
    file = join(folder, 'audit.log');
    writeFileSync(file, 'old\n');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('starts at the end, and reads whole lines only', () => {
    const follower = followFile(file, believe);
    expect(follower.read()).to.deep.equal({ lines: [] });
    appendFileSync(file, 'a\nb');
    expect(follower.read()).to.deep.equal({ lines: ['a'] });
    appendFileSync(file, 'c\nd\n');
    expect(follower.read()).to.deep.equal({ lines: ['bc', 'd'] });
    follower.close();
  });

  it('leaves out a line that was begun before it started', () => {
    appendFileSync(file, 'half');
    const follower = followFile(file, believe);
    appendFileSync(file, ' a line\nwhole\n');
    expect(follower.read().lines).to.deep.equal(['whole']);
    follower.close();
  });

  it('keeps a character whole that two reads cut', () => {
    const follower = followFile(file, believe);
    const bytes = Buffer.from('é\n');
    appendFileSync(file, bytes.subarray(0, 1));
    follower.read();
    appendFileSync(file, bytes.subarray(1));
    expect(follower.read().lines).to.deep.equal(['é']);
    follower.close();
  });

  for (const times of [1, 2, 3])
    it(`reads on over ${times} rotation(s) between two reads`, () => {
      const follower = followFile(file, believe);
      const expected: string[] = [];
      for (let n = 0; n < times; n++) {
        appendFileSync(file, `before ${n}\n`);
        expected.push(`before ${n}`);
        rotate(5);
      }
      appendFileSync(file, 'after\n');
      expect(follower.read()).to.deep.equal({ lines: [...expected, 'after'] });
      appendFileSync(file, 'on\n');
      expect(follower.read()).to.deep.equal({ lines: ['on'] });
      follower.close();
    });

  it('reports a loss when its file is no longer among the rotated ones', () => {
    const follower = followFile(file, believe);
    rmSync(file);
    writeFileSync(file, 'new\n');
    expect(follower.read()).to.deep.equal({ lines: ['new'], lost: `${file} was replaced, and the old one is gone` });
    follower.close();
  });

  it('waits while the file is missing', () => {
    const follower = followFile(file, believe);
    appendFileSync(file, 'a\n');
    renameSync(file, `${file}.1`);
    expect(follower.read()).to.deep.equal({ lines: ['a'] });
    writeFileSync(file, 'b\n');
    expect(follower.read()).to.deep.equal({ lines: ['b'] });
    follower.close();
  });

  it('reports a truncated file as a loss', () => {
    const follower = followFile(file, believe);
    truncateSync(file);
    appendFileSync(file, 'n\n');
    expect(follower.read()).to.deep.equal({ lines: ['n'], lost: `${file} was truncated` });
    follower.close();
  });

  it('does not read a new file that is refused', () => {
    const follower = followFile(file, () => 'forged');
    rotate(1);
    appendFileSync(file, 'x\n');
    expect(follower.read()).to.deep.equal({ lines: [], lost: 'forged' });
    expect(follower.read()).to.deep.equal({ lines: [] });
    follower.close();
  });

  it('does not follow a symbolic link', () => {
    const link = join(folder, 'link');
    symlinkSync(file, link);
    expect(() => followFile(link, believe)).to.throw('ELOOP');
  });
});
