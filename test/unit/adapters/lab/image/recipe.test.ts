import { expect } from 'chai';
import {
  aptOptions,
  guestArgv,
  guestPackages,
  machineArgs,
  recipeHash,
  SUITES,
  targetArgv,
  type MachinePlan,
} from '#adapters/lab/image/recipe.ts';

const plan: MachinePlan = {
  accel: 'tcg',
  kernel: 'K',
  initrd: 'I',
  disk: 'D',
  ram: 'R',
  channel: 'C',
  console: 'L',
  qmp: 'Q',
  resume: true,
  keep: false,
};
const option = (args: readonly string[], name: string): string => args[args.indexOf(name) + 1] ?? '';

describe('the recipe of a lab image', () => {
  it('names each content with its own hash, and the same content with the same', () => {
    const hashes = SUITES.map((suite) => recipeHash(suite, 'agent', '24.0.0'));
    expect(new Set(hashes)).to.have.property('size', SUITES.length);
    expect(recipeHash('trixie', 'agent', '24.0.0'))
      .to.equal(hashes[SUITES.indexOf('trixie')])
      .and.to.match(/^[0-9a-f]{12}$/);
    expect(recipeHash('trixie', 'other agent', '24.0.0')).not.to.equal(hashes[1]);
    expect(recipeHash('trixie', 'agent', '24.0.1')).not.to.equal(hashes[1]);
  });

  it('knows that bookworm has no docker-cli package', () => {
    expect(guestPackages('bookworm')).not.to.include('docker-cli');
    expect(guestPackages('trixie')).to.include('docker-cli');
  });

  it('accepts expired release files only where releases move', () => {
    expect(aptOptions('trixie')).to.deep.equal([]);
    expect(aptOptions('sid').join()).to.contain('Check-Valid-Until');
  });

  it('builds both trees from the mirror given, and names no other', () => {
    for (const argv of [
      guestArgv('trixie', 'http://m.example/debian', '/l', '/f'),
      targetArgv('trixie', 'http://m.example/debian', '/t'),
    ]) {
      expect(argv.at(-1)).to.equal('deb http://m.example/debian trixie main');
      expect(argv.slice(0, -1).join(' ')).not.to.match(/https?:/);
    }
  });

  it('never lets a resumed guest write to the image', () => {
    const args = machineArgs(plan);
    expect(option(args, '-object')).to.contain('share=off,readonly=on');
    expect(option(args, '-drive')).to.contain('snapshot=on');
    expect(option(args, '-incoming')).to.equal('defer');
  });

  it('keeps memory and disk only of the boot that makes the image', () => {
    const args = machineArgs({ ...plan, resume: false, keep: true });
    expect(option(args, '-object')).to.contain('share=on');
    expect(option(args, '-drive')).to.contain('snapshot=off');
    expect(args).not.to.include('-incoming');
    expect(option(machineArgs({ ...plan, resume: false }), '-object')).to.match(/share=off$/);
  });

  it('resumes the machine that the snapshot was made of: its devices do not depend on how it starts', () => {
    const devices = (args: readonly string[]): string[] =>
      args.filter((_, index) => args[index - 1] === '-device' || args[index - 1] === '-machine');
    expect(devices(machineArgs(plan))).to.deep.equal(devices(machineArgs({ ...plan, resume: false, keep: true })));
  });
});
