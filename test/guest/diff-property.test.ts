/** Whatever is changed in a profile: where the compiled policies differ, the comparison of the rules says so. */
import { expect } from 'chai';
import fc from 'fast-check';
import { compileAlike } from '#adapters/kernel/parser/apparmor-parser.ts';
import { HarnessError } from '#core/model/errors.ts';
import { compiledChanges } from '#core/profile/binary/compiled-changes.ts';
import { compiledProfiles, type CompiledProfile } from '#core/profile/binary/compiled-profiles.ts';
import { compareBlocks } from '#core/profile/compare/access-difference.ts';
import { unexplainedDifferences } from '#core/profile/compare/unexplained.ts';
import { surroundingsOf } from '#core/profile/semantics/policy.ts';
import type { ProfileText } from '#core/profile/syntax/ast.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import { contradictions, newlyAllowed, type DiffReport } from '#core/report/diff-report.ts';
import { compareProfiles } from '#harness/diff/compare-profiles.ts';
import { Choices, edited, someProfile } from '../profile-edits.ts';
import { file } from './kit.ts';

/** Kept, so that every run tries the same; about a quarter of the edits are valid. */
const SEEDS = [1, 20261126];
const EDITS_PER_SEED = 120;

/** A text that is read, and its compiled profiles. */
interface Version {
  readonly text: ProfileText;
  readonly compiled: ReadonlyMap<string, CompiledProfile>;
}

const findNone = (): undefined => undefined;
const path = file('base', '');

/** Undefined where the parser rejects the text, or only the parser can read it: then a comparison ends in an error. */
async function versionOf(source: string): Promise<Version | undefined> {
  const text = readProfileText('p', source, findNone);
  if (!isRead(text)) return undefined;
  try {
    const compiled = compiledProfiles(await compileAlike(path, source));
    if (compiled === undefined) throw new Error(`the compiled policy cannot be read:\n${source}`);
    return { text, compiled };
  } catch (error) {
    if (error instanceof HarnessError && error.code === 'profile-invalid') return undefined;
    throw error;
  }
}

/** What the compiled profiles differ in, and whether the rules show it. */
function compare(base: Version, head: Version): { readonly differ: boolean; readonly holes: readonly string[] } {
  const holes: string[] = [];
  let differ = false;
  for (const block of base.text.profiles) {
    const current = head.text.profiles.find(({ name }) => name === block.name);
    const was = base.compiled.get(block.name);
    const is = head.compiled.get(block.name);
    if (current === undefined || was === undefined || is === undefined) continue;
    const changes = compiledChanges(was, is);
    differ ||= changes.length > 0;
    const { differences } = compareBlocks(block, current, {
      base: surroundingsOf(base.text, block),
      head: surroundingsOf(head.text, current),
    });
    holes.push(...unexplainedDifferences(changes, differences, block).map(({ detail }) => detail ?? ''));
  }
  return { differ, holes };
}

describe('any edit of a profile', () => {
  for (const seed of SEEDS) {
    it(`is a difference wherever the compiled policies differ, with the seed ${seed}`, async () => {
      const numbers = fc.array(fc.nat(), { minLength: 24, maxLength: 24 });
      let differing = 0;
      for (const sample of fc.sample(numbers, { seed, numRuns: EDITS_PER_SEED })) {
        const choices = new Choices(sample);
        const source = someProfile(choices);
        const changed = edited(source, choices, findNone);
        if (changed === undefined || changed === source) continue;
        const base = await versionOf(source);
        const head = base && (await versionOf(changed));
        if (base === undefined || head === undefined) continue;
        const [there, back] = [compare(base, head), compare(head, base)];
        expect([...there.holes, ...back.holes], `${source}\n${changed}`).to.deep.equal([]);
        if (there.differ) differing += 1;
      }
      expect(differing).to.be.greaterThan(5);
    });
  }
});

describe('a comparison that asks the kernel', () => {
  const silent = (): void => undefined;
  const events = { progress: silent, suite: silent, entry: silent, fault: silent };

  function report(base: string, head: string): Promise<DiffReport> {
    const side = (label: string, rules: string) => ({
      label,
      file: file('profile', `profile diff-property flags=(attach_disconnected) {\n${rules}\n}\n`),
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
      },
      events,
    );
  }

  const looser: readonly (readonly [base: string, head: string, ruleClass: string])[] = [
    ['/opt/* rw,\nlink subset /opt/* -> /etc/issue,', '/opt/* rw,\nlink /opt/* -> /etc/issue,', 'file'],
    ['file,\nchange_profile /bin/x -> a,', 'file,\nchange_profile unsafe /bin/x -> a,', 'change_profile'],
    ['/bin/x Px -> a,', '/bin/x px -> a,', 'file'],
    ['file,', 'all,', 'capability'],
    ['all,\ndeny capability kill,', 'all,', 'capability'],
  ];
  for (const [base, head, ruleClass] of looser) {
    it(`finds ${head.replaceAll('\n', ' ')} looser, and nothing contradicts it`, async () => {
      const found = await report(base, head);
      expect(contradictions(found), JSON.stringify(found)).to.deep.equal([]);
      expect(newlyAllowed(found).map(({ class: name }) => name)).to.include(ruleClass);
      expect(found.gaps).to.deep.equal([]);
      expect(JSON.stringify(found)).to.not.contain('unexplained');
    });
  }

  it('fails where the compiled policies differ and the rules do not show it', async () => {
    // the parser takes an arrow without a blank after it for the beginning of a name
    const found = await report('mount options=(rw, make-private) ->/,', 'mount options=(rw, make-private) -> /,');
    expect(newlyAllowed(found).map(({ class: name, permissions }) => [name, permissions])).to.deep.equal([
      ['unexplained', ['mount']],
    ]);
  });
});
