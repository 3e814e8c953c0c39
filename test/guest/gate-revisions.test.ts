/** What each side of a comparison reads and mediates, as the real parser and kernel have it. */
import { expect } from 'chai';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareProfiles } from '#harness/diff/compare-profiles.ts';
import type { Side } from '#harness/diff/diff-options.ts';
import { compile } from '#adapters/kernel/parser/apparmor-parser.ts';
import { mediatedClasses } from '#core/profile/binary/mediated-classes.ts';
import { contradictions, diffExit, newlyAllowed, regressions, type DiffReport } from '#core/report/diff-report.ts';
import { blockOf, cli, file, folder, hostState, printed, profileOf, profileText, spec } from './kit.ts';

const silent = (): void => undefined;
const EVENTS = { progress: silent, suite: silent, entry: silent, fault: silent };

/** Profiles as files with one name, so that only their text and their folders differ. */
function compare(base: Side, head: Side, more: { spec?: string } = {}): Promise<DiffReport> {
  const options = { kernel: true, waivers: [], today: '2026-12-01', signal: new AbortController().signal };
  return compareProfiles({ base, head, ...options, ...more }, EVENTS);
}

function side(text: string, search: readonly string[] = []): Side {
  return { label: 'p', file: file('profile', text), includes: { search } };
}

function changes({ profiles }: DiffReport): string[] {
  return profiles.flatMap(({ differences }) =>
    differences.map(({ change, class: name, permissions }) => `${change} ${name} ${permissions.join(' ')}`),
  );
}

const rules = ['network,', 'capability,', 'file,', 'signal,', 'ptrace,'];
const WITHOUT_ABI = blockOf('gate', rules);
const WITH_ABI = profileOf('gate', rules);

describe('the sides of a comparison on a real host', () => {
  it('lose the classes that an abi line takes away, and probes show it', async () => {
    const probes = [
      { name: 'userns', try: 'userns', expect: 'denied' },
      { name: 'sqpoll', try: 'io_uring sqpoll', expect: 'denied' },
    ];
    const before = await hostState();
    const given = spec(WITHOUT_ABI, probes, { container: { 'only-apparmor': true } });
    const report = await compare(side(WITHOUT_ABI), side(WITH_ABI), { spec: given });
    expect(changes(report), JSON.stringify(report)).to.include.members([
      'loosened mediation userns',
      'loosened mediation io_uring',
    ]);
    expect(regressions(report).map(({ name }) => name)).to.have.members(['userns', 'sqpoll']);
    expect(diffExit(report)).to.equal(1);
    expect(await hostState()).to.deep.equal(before);

    const back = await compare(side(WITH_ABI), side(WITHOUT_ABI));
    expect(changes(back)).to.include('tightened mediation userns');
    expect(diffExit(back)).to.equal(0);
  });

  it('read a feature file of their own', async () => {
    const [before, after] = [folder(), folder()];
    const features = readFileSync('/etc/apparmor.d/abi/4.0', 'utf8');
    writeFileSync(join(before, 'features'), features);
    writeFileSync(join(after, 'features'), features.replace(/^signal \{mask \{[^}]*\}\n\}\n/m, ''));
    const text = `abi <features>,\n${blockOf('gate', rules)}`;
    const report = await compare(side(text, [before]), side(text, [after]));
    expect(changes(report)).to.deep.equal(['loosened mediation signal']);
    expect(changes(await compare(side(text, [before]), side(text, [before])))).to.deep.equal([]);
  });

  it('are compiled for what stands before the first profile, not for an abi within it', async () => {
    const inside = blockOf('gate', ['abi <abi/3.0>,', ...rules]);
    const classesOf = async (text: string): Promise<string[]> => {
      const { policy } = await compile(file('profile', text), text);
      return [...(mediatedClasses(policy)?.get('gate') ?? [])];
    };
    expect(await classesOf(inside)).to.deep.equal(await classesOf(WITHOUT_ABI));
    const old = await classesOf(WITH_ABI);
    expect(old).to.include('signal');
    expect(old).to.not.include('userns');
    expect(changes(await compare(side(WITHOUT_ABI), side(inside)))).to.deep.equal([]);
    const profile = blockOf('gate', rules);
    expect(await classesOf(`abi <abi/3.0>,\n${profile}`)).to.deep.equal(await classesOf(WITH_ABI));
    expect(await classesOf(`abi <kernel>,\n${profile}`)).to.include.members(['userns', 'io_uring']);
  });

  it('read includes of their own, and the kernel agrees', async () => {
    const [before, after] = [folder(), folder()];
    for (const place of [before, after]) mkdirSync(join(place, 'abstractions'));
    writeFileSync(join(before, 'abstractions/web'), '  deny /etc/shadow r,\n');
    writeFileSync(join(after, 'abstractions/web'), '  deny /etc/shadow w,\n');
    const text = profileText('gate', '  include <abstractions/web>');
    const report = await compare(side(text, [before]), side(text, [after]));
    expect(changes(report)).to.have.members(['allowed file r', 'denied file w']);
    const asked = report.profiles.flatMap(({ differences }) => differences.flatMap(({ examples }) => examples));
    expect(asked.map(({ kernel }) => kernel)).to.include('agrees');
    expect(contradictions(report)).to.deep.equal([]);
    expect(diffExit(report)).to.equal(1);
  });

  it('are compared under two names of one profile', async () => {
    const own = '  signal peer=NAME,\n  deny /etc/shadow r,';
    const base = profileText('before', own.replace('NAME', 'before'));
    const head = profileText('after', own.replace('NAME', 'after').replace('  deny /etc/shadow r,', ''));
    const report = await compare(side(base), side(head));
    expect(changes(report), JSON.stringify(report)).to.deep.equal(['allowed file r']);
    expect(contradictions(report)).to.deep.equal([]);
    expect(newlyAllowed(report)[0]?.examples.map(({ kernel }) => kernel)).to.include('agrees');
  });

  it('are compared without the kernel where they mean something else under another name', async () => {
    const rules = '  deny /run/@{profile_name} w,\n';
    const base = profileText('gate', `${rules}  deny /etc/shadow r,`);
    const report = await compare(side(base), side(profileText('gate', rules)));
    expect(changes(report)).to.deep.equal(['allowed file r']);
    expect(report.notes[0]).to.include('Not confirmed');
  });

  it('are an error where the parser rejects one, whatever the reader makes of it', async () => {
    const broken = WITH_ABI.replace('capability,', 'capability no_such_thing,');
    const good = file('good', WITH_ABI);
    const result = await cli(['diff', '--host=local', good, file('broken', broken)]);
    expect(result.exit, printed(result)).to.equal(2);
    expect(printed(result)).to.include('[profile-invalid]');
    const empty = await cli(['diff', '--host=local', good, file('empty', '')]);
    expect(empty.exit, printed(empty)).to.be.oneOf([1, 2]);
    const same = await cli(['diff', '--host=local', good, file('same', WITH_ABI.replaceAll('\n', '\r\n'))]);
    expect(same.exit, printed(same)).to.equal(0);
  });

  it('fail a gate whose probe no longer passes, though no rule allows more', async () => {
    const base = profileText('gate', '  deny /etc/passwd w,');
    const head = profileText('gate', '  deny /etc/passwd w,\n  deny /etc/group r,');
    const probes = [{ name: 'group', open: '/etc/group', expect: 'allowed' }];
    const args = ['diff', '--host=local', `--spec=${spec(base, probes)}`, file('base', base), file('head', head)];
    const result = await cli(args);
    expect(result.exit, printed(result)).to.equal(1);
    expect(printed(result)).to.include('1 probe no longer passes');
  });
});
