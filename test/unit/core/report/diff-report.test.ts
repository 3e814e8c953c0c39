import { expect } from 'chai';
import { verdict } from '#core/verdict/verdicts.ts';
import type { Rule } from '#core/profile/syntax/ast.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import {
  contradictions,
  diffExit,
  diffJson,
  diffMarkdown,
  diffText,
  newlyAllowed,
  type DiffReport,
  type Example,
  type ProfileDiff,
} from '#core/report/diff-report.ts';

type Difference = ProfileDiff['differences'][number];

/** Rules of /repo/p, one a line from line 2 on. */
function rules(...texts: readonly string[]): readonly Rule[] {
  const read = readProfileText('/repo/p', `profile p {\n${texts.join('\n')}\n}\n`, () => undefined);
  if (!isRead(read)) throw new Error(read.message);
  return read.profiles.flatMap((profile) => profile.rules);
}

const [READ, WRITE] = rules('/x r,', '/x w,') as [Rule, Rule];
const WRITE_X = { class: 'file', permission: 'w', path: '/x' } as const;

function difference(changes: Partial<Difference> = {}): Difference {
  return {
    change: 'allowed',
    class: 'file',
    permissions: ['w', 'l'],
    examples: [],
    base: [],
    head: [],
    ...changes,
  };
}

function reportOf(differences: readonly Difference[], changes: Partial<DiffReport> = {}): DiffReport {
  const profile: ProfileDiff = {
    name: 'p',
    status: 'both',
    rules: { added: [], removed: [], changed: [] },
    differences,
  };
  return { base: 'main', head: 'HEAD', profiles: [profile], notes: [], gaps: [], ...changes };
}

function textOf(report: DiffReport): readonly string[] {
  return diffText(report, { root: '/repo', places: [] });
}

describe('the report on a difference', () => {
  it('says first what is newly allowed', () => {
    const waiver = { allows: '/x', because: 'It is needed.', until: '2027-03-31' };
    expect(textOf(reportOf([difference()]))[0]).to.equal('main → HEAD: 1 newly allowed');
    expect(textOf(reportOf([difference({ waiver })]))[0]).to.equal(
      'main → HEAD: nothing newly allowed without a waiver',
    );
    expect(textOf(reportOf([]))).to.deep.equal(['main → HEAD: no difference']);
  });

  it('shows rules, accesses, probes and notes', () => {
    const changed: ProfileDiff = {
      name: 'p',
      status: 'both',
      rules: { added: [WRITE], removed: [READ], changed: [{ base: READ, head: WRITE }] },
      differences: [difference({ examples: [{ access: WRITE_X }], head: [WRITE] })],
    };
    const report = reportOf([], {
      profiles: [changed, { ...changed, name: 'q', status: 'added', differences: [] }],
      probes: {
        spec: 's.yml',
        tried: 4,
        changed: [
          {
            name: 'x is denied',
            base: verdict('denied', { denial: 'open /x (r)' }),
            head: verdict('let-through', { action: 'w /x' }),
          },
        ],
        faults: [],
        refused: [],
      },
      notes: ['A note.'],
    });
    expect(textOf(report)).to.deep.equal([
      'main → HEAD: 1 newly allowed, 1 probe no longer passes',
      '\nProfile p',
      '\n  Rules: 1 added, 1 removed, 1 changed',
      '  + /x w (p:3)',
      '  - /x r (p:2)',
      '  /x r → /x w (p:3)',
      '\n  Accesses that the compiled policies decide differently: 1',
      '  newly allowed: file wl',
      '    for example w /x (not confirmed)',
      '    because /x w is at p:3',
      '\nProfile q',
      '  was added',
      '\nProbes of s.yml whose verdict changed: 1 of 4',
      '  x is denied: pass (denied) → fail (let-through): Not denied: w /x succeeded.',
      '\nNotes',
      '  A note.',
    ]);
  });

  it('fails for a probe that no longer passes, and for one that fails now', () => {
    const kinds = {
      pass: verdict('denied', { denial: 'open /x (r)' }),
      fail: verdict('let-through', { action: 'w /x' }),
      vacuous: { ...verdict('denied', { denial: 'open /x (r)' }), kind: 'vacuous' } as const,
    };
    const exitOf = (base: keyof typeof kinds, head: keyof typeof kinds): number => {
      const changed = [{ name: 'x', base: kinds[base], head: kinds[head] }];
      return diffExit(reportOf([], { probes: { spec: 's.yml', tried: 1, changed, refused: [], faults: [] } }));
    };
    expect(exitOf('pass', 'fail')).to.equal(1);
    expect(exitOf('pass', 'vacuous')).to.equal(1);
    expect(exitOf('vacuous', 'fail')).to.equal(1);
    expect(exitOf('fail', 'pass')).to.equal(0);
    expect(exitOf('vacuous', 'pass')).to.equal(0);
  });

  it('is not green where something could not be compared', () => {
    const gaps = ['A rule.'];
    const probes = { spec: 's.yml', tried: 0, changed: [], refused: [], faults: ['It broke.'] };
    expect(diffExit(reportOf([], { gaps }))).to.equal(3);
    expect(diffExit(reportOf([difference()], { gaps }))).to.equal(1);
    expect(diffExit(reportOf([difference()], { probes }))).to.equal(4);
    expect(textOf(reportOf([], { gaps }))).to.include.members([
      'main → HEAD: not all could be compared',
      '\nNot compared',
      '  A rule.',
    ]);
    expect(textOf(reportOf([], { probes }))[0]).to.equal('main → HEAD: the probes could not be compared');
  });

  it('shows what the kernel answers for each example', () => {
    const examples: readonly Example[] = [
      { access: WRITE_X, kernel: 'agrees' },
      { access: { ...WRITE_X, owner: false }, kernel: 'disagrees' },
      { access: { class: 'file', permission: 'l', path: '/x', target: '/y' } },
    ];
    const report = reportOf([difference({ examples })]);
    expect(textOf(report)).to.include.members([
      '    for example w /x (the kernel agrees)',
      '    for example w /x (of another user) (THE KERNEL DISAGREES)',
      '    for example l /x -> /y (not confirmed)',
    ]);
    expect(contradictions(report)).to.deep.equal([examples[1]]);
  });

  it('shows waivers, also those that have expired', () => {
    const waiver = { allows: '/x', because: 'It is needed.', until: '2027-03-31' };
    const waived = difference({ waiver });
    const expired = difference({ expired: waiver });
    expect(textOf(reportOf([waived, expired]))).to.include.members([
      '  newly allowed: file wl — waived until 2027-03-31: It is needed.',
      '  newly allowed: file wl — its waiver expired on 2027-03-31',
    ]);
    expect(newlyAllowed(reportOf([waived, expired]))).to.deep.equal([expired]);
  });

  it('lists at most eight permissions that are words', () => {
    const permissions = Array.from({ length: 9 }, (_, index) => `cap_${index}`);
    const eight = difference({ class: 'capability', permissions: permissions.slice(0, 8) });
    const nine = difference({ class: 'capability', permissions });
    expect(textOf(reportOf([eight, nine]))).to.include.members([
      `  newly allowed: capability ${permissions.slice(0, 8).join(', ')}`,
      `  newly allowed: capability ${permissions.slice(0, 6).join(', ')} and 3 more`,
    ]);
  });

  it('names a copy by what it was copied from', () => {
    const places = [['/repo/', 'main:profiles/']] as const;
    const report = reportOf([difference({ base: [READ] })]);
    expect(diffText(report, { places })).to.include('    because /x r was at main:profiles/p:2');
  });

  it('has foreign text as text only in Markdown', () => {
    const report = reportOf([difference({ detail: '<b>|' })], { base: '# main' });
    const text = diffMarkdown(report, { places: [] });
    expect(text).to.contain('\n## &#35; main → HEAD: 1 newly allowed\n').and.to.contain('&#60;b&#62;&#124;');
  });

  it('is JSON with the number of newly allowed accesses', () => {
    expect(JSON.parse(diffJson(reportOf([difference()])))).to.include({ schema: 1, base: 'main', newlyAllowed: 1 });
  });
});
