import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Guest } from '#adapters/lab/index.ts';
import { HarnessError } from '#core/model/errors.ts';
import { harnessFiles, makeFolder, profileFiles, samePaths } from '#cli/in-lab/run-in-lab.ts';

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

describe('the folder of a command in a lab guest', () => {
  const guest = (exit: number): { readonly calls: string[][]; exec: Guest['exec'] } => {
    const calls: string[][] = [];
    const exec: Guest['exec'] = (argv) => {
      calls.push([...argv]);
      return Promise.resolve({ exit, timedOut: false });
    };
    return { calls, exec };
  };

  it('is made there: of a repository, the guest may get nothing', async () => {
    const { calls, exec } = guest(0);
    await makeFolder({ exec }, '/repository/-p');
    expect(calls).to.deep.equal([['mkdir', '-p', '--', '/repository/-p']]);
  });

  it('is named when it cannot be made', async () => {
    const error: unknown = await makeFolder(guest(1), '/proc/here').catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(HarnessError);
    expect(String(error)).to.include('/proc/here');
  });
});
