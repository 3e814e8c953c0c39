import { expect } from 'chai';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoadedPolicy } from '#adapters/kernel/load-profile.ts';
import type { Entry } from '#core/model/model.ts';
import { verdict } from '#core/verdict/verdicts.ts';
import { ProfileHints } from '#harness/run/profile-hints.ts';
import { command, entry, operation, probe, seen, witness } from '../../builders.ts';

/** This process stands for one of the container: paths are those of this machine. */
const PID = process.pid;

describe('ProfileHints', () => {
  let folder = '';

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'apparmor-probe-hints-'));
    mkdirSync(join(folder, 'real'));
    writeFileSync(join(folder, 'real/tool'), '');
    symlinkSync('real', join(folder, 'link'));
    writeFileSync(join(folder, 'secret'), '');
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  function hintsFor(rules: readonly string[], source = `profile p {\n${rules.join('\n')}\n}\n`): ProfileHints {
    const file = join(folder, 'profile');
    writeFileSync(file, source);
    const policy: LoadedPolicy = {
      name: 'p',
      loadedAs: 'p.run',
      names: ['p.run'],
      written: new Map([['p.run', 'p']]),
      mode: 'enforce',
      alsoUnder: [],
      source,
      warnings: [],
    };
    return new ProfileHints({ from: 'file', file, mode: 'enforce' }, policy, PID);
  }

  const self = { pid: PID, label: 'p.run (enforce)', expected: 'p.run (enforce)' };
  const passed = (action: Entry['probe']['action']): Entry =>
    entry({
      probe: probe({ action }),
      verdict: verdict('let-through', { action: '' }),
      observation: seen({ process: self, exit: 0 }),
      witnesses: [],
    });
  const denied = (name: string): Entry =>
    entry({
      probe: probe({ action: operation('open read /x') }),
      verdict: verdict('denied-but-allowed', { how: 'EACCES', isQuiet: false }),
      witnesses: [witness({ fields: { profile: 'p.run', name } })],
    });

  const hintOf = async (hints: ProfileHints, given: Entry): Promise<string | undefined> =>
    (await hints.add(given)).verdict.hint;

  it('follows the links of the container for a program', async () => {
    const hints = hintsFor(['file,', `deny ${folder}/link/* x,`]);
    expect(await hintOf(hints, passed(command(`${folder}/link/tool`)))).to.equal(
      `The deny rule in line 3 names ${folder}/link/*, but ${folder}/link is a link: ` +
        `the kernel sees ${folder}/real/tool, which no deny rule matches.`,
    );
  });

  it('asks who owns the file', async () => {
    const given = passed(operation(`open read ${folder}/secret`));
    const file = `${folder}/secret`;
    expect(await hintOf(hintsFor(['file,', `deny other ${file} r,`]), given)).to.include('those who do not own it');
    expect(await hintOf(hintsFor(['file,', `deny owner ${file} w,`]), given)).to.include('denies w, not r');
  });

  it('shows a rule, and says whether it was checked', async () => {
    const hint = await hintOf(hintsFor([]), denied('/y'));
    expect(hint).to.match(/^A rule that would allow it: \/y r,(?: \(not checked: apparmor_parser was not asked\))?$/);
  });

  it('checks no more than a few rules', async () => {
    const hints = hintsFor([]);
    const shown = [];
    for (let at = 0; at < 30; at += 1) shown.push(await hintOf(hints, denied(`/${at}`)));
    expect(shown.filter((hint) => hint?.includes('enough others were checked before'))).to.have.length(6);
  });

  it('changes nothing where the profile cannot be read', async () => {
    const given = passed(operation(`open read ${folder}/secret`));
    expect(await hintsFor([], 'profile p {').add(given)).to.equal(given);
  });

  it('changes no verdict that the rules do not explain', async () => {
    const given = entry();
    expect(await hintsFor(['file,']).add(given)).to.equal(given);
  });
});
