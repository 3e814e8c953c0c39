/** A closed class of files: what a policy answers, against what a spec declares, and who makes the difference. */
import { expect } from 'chai';
import type { DeclaredFiles, Position } from '#core/model/model.ts';
import { exampleNames } from '#core/generate/example-names.ts';
import { FileMasks, type Masks } from '#core/profile/semantics/file-masks.ts';
import { policyOf, type Policy } from '#core/profile/semantics/policy.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import { declarationOf } from '#core/spec/closed/file-entries.ts';
import { compareFiles, declaredMasks, type AskedPath, type FileComparison } from '#core/verdict/compare-files.ts';
import { differenceEntry } from '#core/verdict/file-answers.ts';

const INVENTORY = ['/', '/etc/', '/etc/passwd', '/etc/shadow', '/srv/', '/srv/www/', '/srv/www/index', '/usr/bin/free'];
const TARGET = '/etc/passwd';

const PROFILE = ['/{,**} r,', '/usr/bin/* rmix,', '/srv/** rwk,', 'owner /srv/own/** wl,', 'deny /etc/shadow r,'];
const DECLARED: DeclaredFiles = {
  allow: ['/{,**} r', '/usr/bin/* mx', '/srv/** wk', 'owner /srv/own/** l'],
  except: ['/etc/shadow r'],
};

function policy(rules: readonly string[]): Policy {
  const text = readProfileText('p', `profile p {\n${rules.join('\n')}\n}\n`, () => undefined);
  if (!isRead(text) || text.profiles[0] === undefined) throw new Error(JSON.stringify(text));
  return policyOf(text.profiles[0]);
}

/** The rules answer in the kernel's place. */
function compare(rules: readonly string[], declared: DeclaredFiles = DECLARED): FileComparison {
  const profile = policy(rules);
  const declaration = declarationOf(declared);
  const { examples } = exampleNames([profile, ...declaration.policies]);
  const paths: readonly AskedPath[] = [
    ...INVENTORY.map((path) => ({ path, isExample: false })),
    ...examples.filter(({ path, target }) => target !== undefined || !INVENTORY.includes(path)).map(asExample),
  ];
  const masks = new FileMasks(profile);
  const nameOf = (path: string): Masks => {
    const { owner, other } = masks.at(path);
    return { owner: owner | 8, other: other | 8 };
  };
  return compareFiles(paths, {
    declared: declaredMasks(paths, declaration, TARGET),
    answers: { at: nameOf, link: (path, target) => masks.link(path, target) },
    rules: [masks],
    target: TARGET,
  });
}

function asExample(one: { path: string; target?: string }): AskedPath {
  return { ...one, isExample: true };
}

const at: Position = { file: 's.yml', line: 1, column: 1 };

function members({ differences }: FileComparison): string[] {
  const closed = { class: 'file', allow: [], attempts: [], untried: [], at };
  return differences.map((one) => {
    const { probe, verdict } = differenceEntry(one, { closed, newId: () => 'id' });
    return `${probe.closed?.member}: ${verdict.code}`;
  });
}

function without(rule: string, ...more: readonly string[]): readonly string[] {
  expect(PROFILE).to.include(rule);
  return [...PROFILE.filter((other) => other !== rule), ...more];
}

describe('files of a closed class', () => {
  it('agree where the policy says what is declared, and are counted by path, permission and user', () => {
    const { counts, differences } = compare(PROFILE);
    expect(differences).to.deep.equal([]);
    expect(counts.differing).to.equal(0);
    const ofInventory = compareFiles([{ path: '/etc/shadow', isExample: false }], {
      declared: [{ wanted: { owner: 1, other: 0 }, open: { owner: 0, other: 2 } }],
      answers: { at: () => ({ owner: 1 }), link: () => ({ owner: 0 }) },
      rules: [],
      target: TARGET,
    });
    expect(ofInventory.counts, 'nobody says what others may do').to.deep.equal({
      denied: 6,
      allowed: 1,
      differing: 0,
      leftOpen: 0,
    });
  });

  // prettier-ignore
  const WEAKENED: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['a rule that is added', [...PROFILE, '/etc/passwd w,'], /^\/etc\/passwd w: answered-allowed$/],
    ['a rule for what the container lacks', [...PROFILE, '/opt/x/** w,'], /^\/opt\/x\/\S+ w: answered-allowed$/],
    ['a folder alone', [...PROFILE, '/etc/ w,'], /^\/etc\/ w: answered-allowed$/],
    ['a deny rule that is removed', without('deny /etc/shadow r,'), /^\/etc\/shadow r: answered-allowed$/],
    ['a deny rule for owners only', without('deny /etc/shadow r,', 'deny owner /etc/shadow r,'), /^\/etc\/shadow r other: answered-allowed$/],
    ['a letter that is removed', without('/srv/** rwk,', '/srv/** rw,'), /k: answered-denied$/],
    ['a letter that is added', without('/srv/** rwk,', '/srv/** rwkm,'), /^\/srv\/www\/index m: answered-allowed$/],
    ['an owner that is removed', without('owner /srv/own/** wl,', '/srv/own/** wl,'), /^\/srv\/own\/\S+ l other: answered-allowed$/],
    ['an owner that is added', without('/srv/** rwk,', 'owner /srv/** rwk,'), /wk other: answered-denied$/],
    ['an expression that is narrowed', without('/srv/** rwk,', '/srv/*/** rwk,'), /^\/srv\/www\/ wk: answered-denied$/],
    ['an expression that is widened', without('/usr/bin/* rmix,', '/usr/bin/** rmix,'), /^\/usr\/bin\/\S+\/\S+ mx: answered-allowed$/],
    ['a link to one file', [...PROFILE, 'link /srv/a -> /etc/group,'], /^\/srv\/a -> \/etc\/group l: answered-allowed$/],
  ];
  for (const [name, rules, expected] of WEAKENED) {
    it(`show ${name}`, () => {
      const found = compare(rules);
      expect(
        members(found).some((member) => expected.test(member)),
        members(found).join('\n'),
      ).to.equal(true);
    });
  }

  it('stand together for one rule, with the plainest path first', () => {
    const [one, ...more] = compare([...PROFILE, '/{etc,srv}/** a,']).differences;
    expect(more).to.deep.equal([]);
    expect(one).to.deep.include({ path: '/etc/passwd', letters: ['a'], allowed: true, whose: undefined });
    expect(one?.others).to.include('/etc/shadow');
  });

  it('may be left open', () => {
    const open = { ...DECLARED, open: ['/etc/** rw', 'owner /opt/** r'] };
    const { counts, differences } = compare(without('deny /etc/shadow r,', '/etc/* w,'), open);
    expect(differences).to.deep.equal([]);
    expect(counts.leftOpen).to.be.greaterThan(7);
  });
});
