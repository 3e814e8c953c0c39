/** The story of a comparison without a kernel: the profiles are read and compared, the probes run in memory. */
import { expect } from 'chai';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { HarnessError } from '#core/model/errors.ts';
import { diffExit, newlyAllowed, type DiffReport } from '#core/report/diff-report.ts';
import { compareProfiles } from '#harness/diff/compare-profiles.ts';
import type { DiffOptions } from '#harness/diff/diff-options.ts';
import { FakeHost } from '../fakes/host.ts';

const NOT_CONFIRMED = 'Not confirmed: no kernel with AppArmor was asked.';

function profileWith(rules: string, name = 'p'): string {
  return `profile ${name} {\n  file,\n${rules}}\n`;
}

describe('compareProfiles', () => {
  let folder = '';
  let host: FakeHost;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'compare-profiles-test-'));
    host = new FakeHost();
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function file(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** A spec in which writing each of these files is to be denied. */
  function spec(paths: readonly string[]): string {
    const probes = paths.map((path) => ({ name: path, open: path, expect: 'denied' }));
    const container = { image: 'i', hold: true };
    return file('spec.yml', stringify({ title: 's', profile: 'p', control: false, container, probes }));
  }

  function compare(base: string, head: string, options: Partial<DiffOptions> = {}): Promise<DiffReport> {
    const silent = (): void => undefined;
    return compareProfiles(
      {
        base: { label: 'old', file: file('base', base), includes: { base: folder } },
        head: { label: 'new', file: file('head', head), includes: { base: folder } },
        kernel: false,
        waivers: [],
        today: '2026-12-01',
        signal: new AbortController().signal,
        ...options,
      },
      { progress: silent, suite: silent, entry: silent, fault: silent },
      host,
    );
  }

  it('finds what a rule that is gone no longer denies, with unconfirmed examples', async () => {
    const report = await compare(profileWith('  deny /etc/passwd w,\n'), profileWith(''));
    expect(report).to.include({ base: 'old', head: 'new' });
    const [profile] = report.profiles;
    expect(profile).to.include({ name: 'p', status: 'both' });
    expect(profile?.rules.removed.map(({ text }) => text)).to.deep.equal(['deny /etc/passwd w']);
    const examples = profile?.differences.flatMap((difference) => difference.examples) ?? [];
    expect(examples.map(({ access, kernel }) => ({ ...access, kernel }))).to.deep.include({
      class: 'file',
      path: '/etc/passwd',
      permission: 'w',
      owner: true,
      kernel: undefined,
    });
    expect(report.notes).to.include(NOT_CONFIRMED);
    expect(report).to.not.have.property('probes');
  });

  it('finds no difference between a profile and itself', async () => {
    const report = await compare(profileWith(''), profileWith(''));
    expect(report.profiles.map(({ status, differences }) => ({ status, differences }))).to.deep.equal([
      { status: 'both', differences: [] },
    ]);
    expect(report.notes).to.deep.equal([NOT_CONFIRMED]);
  });

  const found = ({ profiles }: DiffReport): string[] =>
    profiles.flatMap(({ differences }) =>
      differences.map(({ change, class: name, detail = '' }) => `${change} ${name}: ${detail}`),
    );

  it('compares a profile that was renamed, and what it says of itself is no difference', async () => {
    const rules = '  deny /etc/passwd w,\n  signal peer=NAME,\n  deny /run/@{profile_name}/** w,\n';
    const base = profileWith(rules.replace('NAME', 'before'), 'before');
    const same = await compare(base, profileWith(rules.replace('NAME', 'after'), 'after'));
    expect(same.profiles.map(({ name, formerName, status }) => [name, formerName, status])).to.deep.equal([
      ['after', 'before', 'renamed'],
    ]);
    expect(found(same)).to.deep.equal([]);
    const report = await compare(base, profileWith(rules.slice(rules.indexOf('\n') + 1), 'after'));
    expect(newlyAllowed(report).map(({ class: name }) => name)).to.have.members(['file', 'signal']);
  });

  it('fails for profiles that only one side has, unless a waiver names them', async () => {
    const one = profileWith('', 'one');
    const two = `${one}${profileWith('  change_profile -> three,\n', 'two')}`;
    expect(diffExit(await compare(two, one))).to.equal(1);
    const three = await compare(two, `${two}${profileWith('', 'three')}`);
    expect(found(three)).to.deep.equal(['loosened profile: the profile was added, and two can enter it']);
    expect(diffExit(three)).to.equal(1);
    expect(diffExit(await compare(one, `${one}${profileWith('', 'four')}`))).to.equal(0);
    const waivers = [{ allows: 'profile two', because: 'It is gone.', until: '2027-01-01' }];
    expect(diffExit(await compare(two, one, { waivers }))).to.equal(0);
    expect(diffExit(await compare(two, one, { waivers, today: '2027-02-01' }))).to.equal(1);
  });

  it('names the classes that another feature file leaves out', async () => {
    const features = (...names: string[]): string => names.map((name) => `${name} {mask {x\n}\n}\n`).join('');
    const [before, after] = ['before', 'after'].map((name) => join(folder, name)) as [string, string];
    for (const each of [before, after]) mkdirSync(each);
    writeFileSync(join(before, 'features'), features('signal', 'ptrace', 'io_uring'));
    writeFileSync(join(after, 'features'), features('signal', 'mount'));
    const text = `abi <features>,\n${profileWith('  deny ptrace,\n  io_uring,\n')}`;
    const sides = {
      base: { label: 'old', file: file('base', text), includes: { search: [before], base: folder } },
      head: { label: 'new', file: file('head', text), includes: { search: [after], base: folder } },
    };
    const report = await compare(text, text, sides);
    expect(found(report)).to.deep.equal([
      'loosened mediation: the class ptrace is no longer mediated: all of it is allowed now',
      'loosened mediation: the class io_uring is no longer mediated: all of it is allowed now',
      'tightened mediation: the class mount is mediated now: what no rule allows is denied',
    ]);
    expect(diffExit(report)).to.equal(1);
    const waivers = ['ptrace', 'io_uring'].map((name) => ({
      allows: `mediation ${name}`,
      because: 'The old kernel.',
      until: '2027-01-01',
    }));
    expect(diffExit(await compare(text, text, { ...sides, waivers }))).to.equal(0);
  });

  it('looks at no rules of a class that one side does not mediate', async () => {
    writeFileSync(join(folder, 'all'), 'ptrace {mask {x\n}\n}\n');
    writeFileSync(join(folder, 'none'), 'file {mask {x\n}\n}\n');
    const report = await compare(`abi <none>,\n${profileWith('')}`, `abi <all>,\n${profileWith('  ptrace,\n')}`);
    expect(found(report)).to.deep.equal([
      'tightened mediation: the class ptrace is mediated now: what no rule allows is denied',
    ]);
  });

  it('is not green where it cannot tell what another abi mediates', async () => {
    const report = await compare(`abi <abi/3.0>,\n${profileWith('')}`, `abi <abi/4.0>,\n${profileWith('')}`);
    expect(report.gaps[0]).to.match(/^The abi was <abi\/3\.0> and is <abi\/4\.0>: /);
    expect(diffExit(report)).to.equal(3);
    const same = await compare(`abi <abi/3.0>,\n${profileWith('')}`, `abi <abi/3.0>,\n${profileWith('')}`);
    expect(diffExit(same)).to.equal(0);
    const inside = await compare(profileWith('  abi <abi/3.0>,\n'), profileWith(''));
    expect(inside.gaps, 'an abi within a profile comes too late to count').to.deep.equal([]);
  });

  it('compares a child or hat that was added with its parent, which can enter it', async () => {
    const parent = '  file,\n  deny /etc/** w,\n';
    const within = (child: string): string => `profile p {\n${parent}${child}}\n`;
    const base = within('');
    const harmless = await compare(base, within(`  hat h {\n    /etc/passwd r,\n  }\n`));
    expect(harmless.profiles.map(({ name, status, parent: other }) => [name, status, other])).to.deep.equal([
      ['p', 'both', undefined],
      ['p//h', 'added', 'p'],
    ]);
    expect(newlyAllowed(harmless)).to.deep.equal([]);

    for (const child of ['hat h', 'profile h']) {
      const report = await compare(base, within(`  ${child} {\n    /etc/passwd rw,\n    capability sys_admin,\n  }\n`));
      expect(newlyAllowed(report).map(({ class: name, permissions }) => [name, permissions])).to.deep.equal([
        ['file', ['w']],
        ['capability', ['sys_admin']],
      ]);
    }
  });

  it('compares a child of a child that was added with the profile that there was', async () => {
    const report = await compare(
      'profile p {\n  /proc/** rw,\n  /sys/** r,\n}\n',
      'profile p {\n  /proc/** rw,\n  /sys/** r,\n  profile c {\n    profile d {\n      /a w,\n    }\n  }\n}\n',
    );
    expect(newlyAllowed(report).map(({ class: name, permissions }) => [name, permissions])).to.deep.equal([
      ['file', ['w']],
    ]);
  });

  it('tries the probes of a spec under both profiles, and names those whose verdict changed', async () => {
    host.effects.set('/always', 'denied');
    const loadProfile = host.loadProfile.bind(host);
    host.loadProfile = (source, options) => {
      const isBase = source.from === 'file' && source.file.endsWith('/base');
      host.effects.set('/sometimes', isBase ? 'denied' : 'allowed');
      return loadProfile(source, options);
    };
    const file = spec(['/always', '/sometimes']);
    const { probes, notes } = await compare(profileWith(''), profileWith(''), { spec: file });
    expect(probes).to.include({ spec: file, tried: 2 });
    expect(probes?.changed.map(({ name, base, head }) => `${name}: ${base.kind}, ${head.kind}`)).to.deep.equal([
      '/sometimes: pass, fail',
    ]);
    expect(notes).to.deep.equal([NOT_CONFIRMED]);
  });

  it('names a closed class that is red under the new profile, and its members', async () => {
    host.inventory = { ...host.inventory, lastCapability: 1 };
    host.effects.set('chown', 'silent');
    const loadProfile = host.loadProfile.bind(host);
    host.loadProfile = (source, options) => {
      const isBase = source.from === 'file' && source.file.endsWith('/base');
      host.effects.set('dac_override', isBase ? 'silent' : 'allowed');
      return loadProfile(source, options);
    };
    host.effects.set('/always', 'denied');
    const container = { image: 'i', hold: true };
    const probes = [{ name: '/always', open: '/always', expect: 'denied' }];
    const text = stringify({ title: 's', profile: 'p', container, closed: ['capability'], probes });
    const report = await compare(profileWith(''), profileWith(''), { spec: file('closed.yml', text) });
    expect(report.probes?.changed.map(({ name, base, head }) => `${name}: ${base.kind}, ${head.kind}`)).to.deep.equal([
      'closed: capability: pass, fail',
      'closed capability: dac_override is denied (capable dac_override): pass, fail',
    ]);
    expect(diffExit(report)).to.equal(1);
  });

  it('tries the probes under the former name of a profile that was renamed', async () => {
    host.effects.set('/always', 'denied');
    const container = { image: 'i', hold: true };
    const probes = [{ name: '/always', open: '/always', for: 'write', expect: 'denied' }];
    const profile = { file: 'p', name: 'after' };
    const text = stringify({ title: 's', profile, control: false, container, probes });
    const names: (string | undefined)[] = [];
    const loadProfile = host.loadProfile.bind(host);
    host.loadProfile = (source, options) => {
      names.push(source.name);
      return loadProfile(source, options);
    };
    await compare(profileWith('', 'before'), profileWith('', 'after'), { spec: file('named.yml', text) });
    expect(names).to.deep.equal(['before', 'after']);
  });

  it('is no result where neither version defines a profile', async () =>
    expect(diffExit(await compare('', '# empty\n'))).to.equal(3));

  it('is no result where either run went wrong', async () => {
    const mistakes = [new HarnessError('profile-invalid', 'In base.'), new HarnessError('profile-invalid', 'In head.')];
    host.loadProfile = () => Promise.reject(mistakes.shift());
    const file = spec(['/always']);
    const report = await compare(profileWith(''), profileWith(''), { spec: file });
    expect(report.probes?.faults).to.deep.equal(['In base.', 'In head.']);
    expect(diffExit(report)).to.equal(4);
  });
});
