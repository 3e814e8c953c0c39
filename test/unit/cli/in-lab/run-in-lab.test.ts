import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { harnessFiles, profileFiles, samePaths } from '#cli/in-lab/run-in-lab.ts';

describe('the files for a lab guest', () => {
  const folder = mkdtempSync(join(tmpdir(), 'run-in-lab-'));
  const profile = join(folder, 'profiles', 'web');

  before(() => {
    mkdirSync(join(folder, 'profiles'));
    writeFileSync(profile, '');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('have the same paths there, each once, and only those that exist', () => {
    const files = samePaths([profile, join(folder, 'profiles/../profiles/web'), join(folder, 'missing')]);
    expect(files).to.deep.equal([{ hostPath: profile, guestPath: profile }]);
  });

  it('include what stands beside a profile, for its includes', () => {
    expect(profileFiles(profile)).to.deep.equal([join(folder, 'profiles')]);
  });

  it('leave out the neighbours of a profile in a large folder, and of one that is missing', () => {
    const large = join(folder, 'large');
    mkdirSync(large);
    for (let i = 0; i <= 500; i++) writeFileSync(join(large, String(i)), '');
    expect(profileFiles(join(large, '0'))).to.deep.equal([join(large, '0')]);
    expect(profileFiles('/no/such/folder/web')).to.deep.equal(['/no/such/folder/web']);
  });

  it('include the bundle of the harness', () => {
    const names = harnessFiles().map(({ hostPath }) => hostPath.split('/').at(-1));
    expect(names).to.deep.equal(['package.json', 'dist']);
  });
});
