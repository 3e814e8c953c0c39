/** What a change of a profile changes: twenty pairs, each answer confirmed by the kernel, and the gate. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { compareProfiles } from '#harness/diff/compare-profiles.ts';
import type { Side } from '#harness/diff/diff-options.ts';
import { compile } from '#adapters/kernel/parser/apparmor-parser.ts';
import { removeProfile, replacePolicy } from '#adapters/kernel/securityfs/loaded-profiles.ts';
import { PolicyQuery } from '#adapters/kernel/securityfs/access-query.ts';
import { policyOf } from '#core/profile/semantics/policy.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import { PATH } from '#core/profile/patterns/possible-names.ts';
import { contradictions, newlyAllowed, type DiffReport } from '#core/report/diff-report.ts';
import { FORM_ONLY, MEANINGFUL, profileText as pairText, type Pair } from '../profile-pairs.ts';
import { file, hostState, profileText, spec } from './kit.ts';

const silent = (): void => undefined;
const EVENTS = { progress: silent, suite: silent, entry: silent, fault: silent };

function compare(base: string, head: string, more: { spec?: string } = {}): Promise<DiffReport> {
  const side = (label: string, text: string): Side => ({
    label,
    file: file('profile', text),
    includes: {},
  });
  return compareProfiles(
    {
      base: side('base', base),
      head: side('head', head),
      kernel: true,
      waivers: [],
      today: '2026-12-01',
      signal: new AbortController().signal,
      ...more,
    },
    EVENTS,
  );
}

const both = (pair: Pair): Promise<DiffReport> =>
  compare(pairText('pair', pair, 'base'), pairText('pair', pair, 'head'));

describe('the difference of two profiles', () => {
  for (const pair of MEANINGFUL) {
    it(`is one change where ${pair.name}, and the kernel agrees`, async () => {
      const report = await both(pair);
      const found = report.profiles.flatMap(({ differences }) => differences);
      expect(
        found.map(({ change, class: kind }) => [change, kind]),
        JSON.stringify(report),
      ).to.deep.equal([[pair.change, pair.class]]);
      expect(contradictions(report)).to.deep.equal([]);
      const asked = found.flatMap(({ examples }) => examples).filter(({ kernel }) => kernel === 'agrees');
      // the kernel answers for files that the asking user owns and for sockets, not for capabilities or transitions
      if (pair.class !== 'capability' && pair.change !== 'transition' && !pair.head.includes('owner'))
        expect(asked).to.not.deep.equal([]);
    });
  }

  for (const pair of FORM_ONLY) {
    it(`is empty for ${pair.name}, and the kernel answers both alike`, async () => {
      const report = await both(pair);
      expect(report.profiles.map(({ status, differences }) => [status, differences])).to.deep.equal([['both', []]]);
      const labels = ['form-base', 'form-head'] as const;
      const paths = new Set<string>();
      for (const [i, side] of (['base', 'head'] as const).entries()) {
        const text = pairText(labels[i]!, pair, side);
        replacePolicy((await compile(file('profile', text), text)).policy);
        const read = readProfileText('p', text, () => undefined);
        if (!isRead(read)) throw new Error(read.message);
        for (const { examples } of policyOf(read.profiles[0]!).domains.file.automaton.tagSets(PATH, { examples: 20 })
          .sets)
          for (const one of examples) paths.add(Buffer.from(one).toString('latin1'));
      }
      const line = new PolicyQuery();
      try {
        for (const path of paths) {
          const [base, head] = labels.map((label) => line.file(label, Buffer.from(path, 'latin1')));
          expect(head, path).to.equal(base);
          expect(base).to.not.equal(undefined);
        }
      } finally {
        line.close();
        for (const label of labels) removeProfile(label);
      }
    });
  }

  it('is empty where an include is replaced by its text, also of an abstraction with variables', async () => {
    const rules = '  deny /etc/** w,\n  deny @{PROC}/kcore r,\n';
    const text = (body: string): string =>
      `abi <abi/3.0>,\ninclude <tunables/global>\nprofile pair flags=(attach_disconnected) {\n  file,\n${body}}\n`;
    const base = text(`  include "${file('rules', rules)}"\n  include <abstractions/base>\n`);
    const report = await compare(base, text(`${rules}${readFileSync('/etc/apparmor.d/abstractions/base', 'utf8')}\n`));
    expect(
      report.profiles.map(({ status, differences }) => [status, differences]),
      JSON.stringify(report),
    ).to.deep.equal([['both', []]]);
    const changed = await compare(base, text(`${rules.replace('w', 'a')}  include <abstractions/base>\n`));
    expect(
      changed.profiles.flatMap(({ differences }) => differences.map(({ change, class: kind }) => [change, kind])),
      JSON.stringify(changed),
    ).to.deep.equal([['allowed', 'file']]);
  });

  it('leaves nothing loaded', async () => {
    const before = await hostState();
    await both(MEANINGFUL[0]!);
    expect(await hostState()).to.deep.equal(before);
  });

  it('names the probes of a spec that end differently on the real container', async () => {
    const base = profileText('gate', '  deny /etc/passwd w,\n  deny /etc/group w,');
    const head = profileText('gate', '  deny /etc/passwd w,');
    const probes = ['passwd', 'group'].map((name) => ({ name, open: `/etc/${name}`, for: 'write', expect: 'denied' }));
    const report = await compare(base, head, { spec: spec(base, probes) });
    expect(newlyAllowed(report).map(({ examples: [first] }) => [first?.access, first?.kernel])).to.deep.equal([
      [{ class: 'file', path: '/etc/group', permission: 'w', owner: true }, 'agrees'],
    ]);
    expect(report.probes?.tried).to.equal(2);
    expect(report.probes?.changed.map(({ name, base: was, head: is }) => [name, was.kind, is.kind])).to.deep.equal([
      ['group', 'pass', 'fail'],
    ]);
  });
});
