/** The story of a comparison without a kernel: the profiles are read and compared, the probes run in memory. */
import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { HarnessError } from '#core/model/errors.ts';
import { newlyAllowed, type DiffReport } from '#core/report/diff-report.ts';
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
    const probes = paths.map((path) => ({ name: path, open: path, for: 'write', expect: 'denied' }));
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

  it('names profiles that only one side has', async () => {
    const report = await compare(profileWith('', 'removed'), profileWith('', 'added'));
    expect(report.profiles.map(({ name, status }) => `${name}: ${status}`)).to.deep.equal([
      'removed: removed',
      'added: added',
    ]);
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

  it('notes that another abi may mediate other classes', async () => {
    const report = await compare(`abi <abi/3.0>,\n${profileWith('')}`, profileWith(''));
    expect(report.notes[0]).to.match(/^The abi was <abi\/3\.0> and is not given: /);
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

  it('notes what went wrong in either run', async () => {
    const mistakes = [new HarnessError('profile-invalid', 'In base.'), new HarnessError('profile-invalid', 'In head.')];
    host.loadProfile = () => Promise.reject(mistakes.shift());
    const file = spec(['/always']);
    const { notes } = await compare(profileWith(''), profileWith(''), { spec: file });
    expect(notes).to.deep.equal([NOT_CONFIRMED, `${file}: In base.`, `${file}: In head.`]);
  });
});
