/** What the attempts of a closed class add up to. */
import { expect } from 'chai';
import type { ClosedResult, Entry, Expectation, Observation, PolicyStart, Witness } from '#core/model/model.ts';
import { closedText } from '#core/report/closed-rows.ts';
import { decide } from '#core/verdict/decide.ts';
import { judgedForClass, memberState, notableEntries, secondAttempt, tallyOf } from '#core/verdict/closed-class.ts';
import { verdict } from '#core/verdict/verdicts.ts';
import { facts, operation, seen, witness } from '../../builders.ts';

const FILES = { paths: 2, examples: 1, denied: 30, allowed: 10, differing: 0, leftOpen: 0, others: true, cuts: [] };

interface Tried {
  readonly access?: Expectation['access'];
  readonly seen?: Partial<Observation>;
  readonly control?: Partial<Observation>;
  readonly witnesses?: readonly Witness[];
}

const DENIED = { errno: 'EACCES' };
const NO_FAMILY = { errno: 'EAFNOSUPPORT' };

/** An attempt that goes through the rules for every probe, and then through those for its class. */
function attempt(line: string, { access = 'denied', seen: shown = {}, control = {}, witnesses = [] }: Tried): Entry {
  const known = facts({
    action: operation(line),
    expect: { access },
    seen: seen(shown),
    control: seen(control),
    witnesses,
  });
  const member = line.split(' ').slice(1).join(' ');
  const probe = { ...known.probe, closed: { class: line.startsWith('capable') ? 'capability' : 'x', member } };
  const { observation, control: inControl = seen() } = known;
  return judgedForClass({ probe, observation, control: inControl, witnesses, verdict: decide({ ...known, probe }) });
}

const mountRecord = witness({ fields: { operation: 'mount', name: '/dev/shm/' } });
const capRecord: Witness = {
  ...witness({ fields: { operation: 'capable', capname: 'sys_admin' } }),
  before: 'capability',
};

// prettier-ignore
const CASES: readonly (readonly [string, string, Entry])[] = [
  ['denied, with its record', 'denied', attempt('capable chown', { seen: { errno: 'EPERM' }, witnesses: [witness()] })],
  ['let through', 'failed', attempt('capable chown', {})],
  ['allowed as declared', 'allowed', attempt('capable chown', { access: 'allowed' })],
  ['declared allowed, and denied', 'failed', attempt('capable chown', { access: 'allowed', seen: { errno: 'EPERM' }, witnesses: [witness()] })],
  ['missing in the control too', 'untried', attempt('capable chown', { seen: { errno: 'EPERM' }, control: { errno: 'EPERM' } })],
  ['never asked', 'untried', attempt('capable mac_override', { seen: { errno: 'ECANCELED' }, control: { errno: 'ECANCELED' } })],
  ['without an answer', 'undecided', attempt('capable chown', { seen: { stage: 'lost', problem: 'gone' } })],
  ['no such family, and denied before', 'absent', attempt('socket x25 raw', { seen: DENIED, control: NO_FAMILY, witnesses: [witness()] })],
  ['no such family, and let pass before', 'failed', attempt('socket x25 raw', { seen: NO_FAMILY, control: NO_FAMILY })],
  ['no such family, and declared allowed', 'absent', attempt('socket x25 raw', { access: 'allowed', seen: NO_FAMILY, control: NO_FAMILY })],
  ['a socket that only a capability is missing for', 'failed', attempt('socket packet raw', { seen: { errno: 'EPERM' }, witnesses: [capRecord] })],
  ['a mount that is denied where nobody may mount', 'denied', attempt('mount tmpfs none /dev/shm', { seen: DENIED, control: { errno: 'EPERM', stoppedAt: 'capability sys_admin' }, witnesses: [mountRecord] })],
  ['a mount that only the container keeps from being made', 'failed', attempt('mount tmpfs none /dev/shm', { seen: { errno: 'EPERM', stoppedAt: 'capability sys_admin' }, control: { errno: 'EPERM', stoppedAt: 'capability sys_admin' } })],
  ['a mount that another class denies', 'failed', attempt('mount tmpfs none /dev/shm', { seen: { errno: 'EPERM', stoppedAt: 'capability sys_admin' }, witnesses: [capRecord] })],
  ['an umount that another class denies', 'untried', attempt('umount /dev/shm', { seen: { errno: 'EPERM', stoppedAt: 'capability sys_admin' }, witnesses: [capRecord] })],
  ['declared allowed, and denied by another class', 'untried', attempt('umount /dev/shm', { access: 'allowed', seen: { errno: 'EPERM' }, witnesses: [capRecord] })],
];

function classOf(entries: readonly Entry[], untried: ClosedResult['untried'] = []): ClosedResult {
  return { class: 'capability', allow: [], entries, untried, durationMs: 1 };
}

const of = (name: string): Entry => CASES.find(([title]) => title === name)![2];
const skipped: Entry = { ...of('let through'), verdict: verdict('not-mediated', { why: 'the kernel has none' }) };

describe('a closed class', () => {
  for (const [name, state, entry] of CASES) {
    it(`has a member that is ${state}: ${name}`, () => {
      expect(memberState(entry), entry.verdict.reason).to.equal(state);
    });
  }

  it('asks of a program only under which label it starts', () => {
    const start = (shown: Partial<Observation>, witnesses: readonly Witness[] = []): string => {
      const action = operation('exec /usr/bin/x');
      const expected = { access: 'allowed', label: { equals: 'p' } } as const;
      const known = facts({ action, expect: expected, seen: seen(shown), control: seen(), witnesses });
      const probe = { ...known.probe, closed: { class: 'exec', member: '/usr/bin/x' } };
      const entry = { probe, observation: known.observation, witnesses, verdict: decide({ ...known, probe }) };
      return memberState(judgedForClass(entry));
    };
    expect(start({ carried: { pid: 1, label: 'p' } })).to.equal('allowed');
    expect(start({ carried: { pid: 1, label: 'unconfined' } })).to.equal('failed');
    expect(start({})).to.equal('undecided');
    expect(start({ errno: 'EACCES' }, [witness({ fields: { operation: 'exec' } })])).to.equal('denied');
    expect(start({ errno: 'EACCES' })).to.equal('denied');
  });

  it('says of what AppArmor let pass that another reason kept it', () => {
    const { verdict: judged } = of('no such family, and let pass before');
    expect(`${judged.kind} ${judged.code}`).to.equal('fail let-pass');
    expect(judged.reason).to.match(/let socket x25 raw pass; it failed for another reason \(EAFNOSUPPORT\)/);
  });

  it('is green only for what was tried', () => {
    const denied = of('denied, with its record');
    const untried = of('missing in the control too');
    expect(tallyOf(classOf([denied, untried]))).to.deep.include({ kind: 'pass', total: 2, denied: 1, untried: 1 });
    expect(tallyOf(classOf([untried])).kind).to.equal('inconclusive');
    expect(tallyOf(classOf([])).kind).to.equal('inconclusive');
    expect(tallyOf(classOf([skipped, skipped])).kind).to.equal('skipped');
    expect(tallyOf(classOf([denied, skipped])).kind).to.equal('pass');
    expect(tallyOf(classOf([denied, of('without an answer')])).kind).to.equal('inconclusive');
    expect(tallyOf(classOf([of('without an answer'), of('let through')])).kind).to.equal('fail');
  });

  it('is one row, with the reasons of what was not tried, and with what stands alone', () => {
    const untried = of('missing in the control too');
    const entries = [of('denied, with its record'), of('allowed as declared'), untried, of('let through')];
    const result = classOf(entries, [{ member: '41', why: 'this version does not know capability 41' }]);
    expect(closedText(result)).to.equal(
      '1 of 5 denied, 1 allowed as declared, 1 not as declared, 2 not tried ' +
        '(41: this version does not know capability 41; chown: refused without the profile as well: EPERM)',
    );
    expect(notableEntries(result)).to.deep.equal([of('let through')]);
    expect(closedText(classOf([untried]))).to.match(/: nothing of it could be tried$/);
  });

  it('tries a capability again that was denied before, and so has no record', () => {
    const silent = attempt('capable chown', { seen: { errno: 'EPERM' } });
    expect(silent.verdict.code).to.equal('silent-denial');
    const probe = secondAttempt(silent, { id: 'again', hasControl: false })!;
    expect(probe.id).to.equal('again');
    const known = facts({ expect: probe.expect, seen: seen({ errno: 'EPERM' }), control: seen() });
    expect(decide({ ...known, probe }).code).to.equal('denied-silently');
    const other = attempt('userns', { seen: { errno: 'EACCES' } });
    expect(secondAttempt(other, { id: 'again', hasControl: true })).to.equal(undefined);
  });

  it('counts programs that the compiled policy alone was asked about, which make no class green', () => {
    const started = attempt('exec /a', { access: 'allowed' });
    const entry = { ...started, probe: { ...started.probe, closed: { class: 'exec', member: '/a' } } };
    const asked = [
      { member: '/b', answer: 'stays' },
      { member: '/c', answer: 'refused' },
    ] as const;
    const result = { ...classOf([entry]), class: 'exec', asked };
    expect(tallyOf(result)).to.include({ total: 3, denied: 1, allowed: 2, kind: 'pass' });
    expect(closedText(result)).to.match(
      /^1 of 3 denied, 2 under the declared label, 2 of them by the word of the comp/,
    );
    expect(tallyOf({ ...result, entries: [] }).kind).to.equal('inconclusive');
  });

  it('is not green where a program does otherwise than the compiled policy says', () => {
    const judged = (policy: PolicyStart, tried: Tried): string => {
      const entry = attempt('exec /a', { access: 'allowed', ...tried });
      return judgedForClass({ ...entry, probe: { ...entry.probe, closed: { class: 'exec', member: '/a', policy } } })
        .verdict.code;
    };
    const denied = { seen: DENIED, witnesses: [witness()] };
    expect(judged('stays', denied)).to.equal('contradiction');
    expect(judged('refused', {})).to.equal('contradiction');
    expect(judged('refused', denied)).to.equal('denied-but-allowed');
    expect(judged('leaves', denied)).to.equal('denied-but-allowed'); // the other profile may not be loaded
    expect(judged('stays', {})).to.equal('allowed');
  });

  it('is red for a path where a program would leave the profile by the policy, though none can be put there', () => {
    const entry = attempt('exec-copy /a /opt/b', { access: 'allowed', seen: { errno: 'ENOENT', stoppedAt: 'create' } });
    const of = (changes: object): Entry =>
      judgedForClass({
        ...entry,
        probe: { ...entry.probe, closed: { class: 'exec', member: 'copy /opt/b', policy: 'leaves', ...changes } },
      });
    expect(of({}).verdict).to.include({ kind: 'fail', code: 'may-leave' });
    expect(of({}).verdict.reason).to.match(/at \/opt\/b start under another label. None .* \(ENOENT at create\)/);
    expect(memberState(of({}))).to.equal('failed');
    expect(memberState(of({ declared: true }))).to.equal('untried');
    expect(memberState(of({ policy: 'stays' }))).to.equal('untried');
  });

  it('has not tried a copy that the profile does not let be made', () => {
    const tried = { access: 'allowed', seen: { errno: 'EACCES', stoppedAt: 'create' } } as const;
    const entry = attempt('exec-copy /a /tmp/b', { ...tried, witnesses: [{ ...witness(), before: 'copy' }] });
    const ofClass = { ...entry, probe: { ...entry.probe, closed: { class: 'exec', member: 'copy /tmp/b' } } };
    expect(memberState(ofClass)).to.equal('untried');
  });

  it('tries with the control what was tried without it, and not decided', () => {
    const again = (line: string, tried: Tried, control = false): boolean | undefined => {
      const entry = attempt(line, { ...tried, control: NO_FAMILY });
      const first = { ...entry, probe: { ...entry.probe, control } };
      return secondAttempt(first, { id: 'again', hasControl: true })?.control;
    };
    const refused = { seen: { errno: 'ENOEXEC' }, access: 'allowed' } as const;
    expect(again('exec /x', refused)).to.equal(true);
    expect(again('exec /x', refused, true)).to.equal(undefined);
    expect(again('exec /x', { access: 'allowed' })).to.equal(undefined);
    // EPERM without a record: perhaps another layer refuses it, as Yama does
    expect(again('ptrace trace child', { seen: { errno: 'EPERM' } })).to.equal(true);
    expect(again('ptrace trace child', {})).to.equal(undefined); // let through
    const entry = attempt('exec /x', refused);
    expect(secondAttempt(entry, { id: 'again', hasControl: false })).to.equal(undefined);
  });

  it('skips changes of the label where the profile denies the file for them, and the kernel has no other way', () => {
    const record = { operation: 'open', class: 'file', name: '/proc/7/attr/apparmor/current', denied_mask: 'w' };
    const entry = attempt('change_profile p', {
      seen: { errno: 'EACCES', stoppedAt: 'open' },
      witnesses: [{ ...witness({ fields: record }), before: 'file' }],
    });
    const barred = {
      ...entry,
      probe: { ...entry.probe, closed: { class: 'change_profile', member: 'change_profile p' } },
    };
    const result = { ...classOf([barred]), class: 'change_profile' };
    expect(entry.verdict.code).to.equal('other-denial');
    expect(tallyOf(result).kind).to.equal('skipped');
    expect(closedText(result)).to.match(/change_profile p: the profile denies the file for it, and lsm_set/);
    expect(tallyOf(classOf([entry])).kind).to.equal('inconclusive');
  });
});

describe('a closed class of files', () => {
  const of = (line: string, tried: Tried): Entry => {
    const { probe, ...rest } = attempt(line, tried);
    const [, , path = ''] = line.split(' ');
    return judgedForClass({ ...rest, probe: { ...probe, closed: { class: 'file', member: `${path} r` } } });
  };
  const result = (entries: readonly Entry[], files = FILES): ClosedResult => ({
    class: 'file',
    allow: [],
    entries,
    untried: [],
    files,
    durationMs: 1,
  });
  const EACCES = { errno: 'EACCES' };

  it('is green by its answers, whatever of it cannot be tried', () => {
    const shadowed = of('open read /x', { seen: EACCES, control: EACCES });
    expect(memberState(shadowed)).to.equal('untried');
    const allowed = of('open read /y', { access: 'allowed' });
    const tally = tallyOf(result([shadowed, allowed]));
    expect(tally).to.deep.include({ kind: 'pass', total: 40, denied: 30, allowed: 10, untried: 0 });
    const text = closedText(result([shadowed, allowed]));
    expect(text).to.match(
      /^30 of 40 denied, 10 allowed as declared; the kernel was asked about 2 paths and 1 other name/,
    );
    expect(text).to.match(/; 2 tried: 1 agree, 1 show nothing \(\/x r: /);
  });

  it('is not decided where an attempt contradicts its answer', () => {
    const through = of('open read /x', {});
    const denied = of('open read /x', { access: 'allowed', seen: EACCES, witnesses: [witness()] });
    for (const one of [through, denied]) {
      expect(one.verdict.code).to.equal('contradiction');
      expect(tallyOf(result([one])).kind).to.equal('inconclusive');
      expect(notableEntries(result([one]))).to.deep.equal([one]);
    }
  });

  it('is red for an answer that is not as declared', () => {
    const facts = { path: '/x', permissions: 'w', whose: 'other', others: ['/y'] } as const;
    for (const [code, text] of [
      ['answered-allowed', /allows w of \/x to others than its owner, and of 1 more, such as \/y\.$/],
      ['answered-denied', /does not allow w of \/x/],
    ] as const) {
      const one = { ...of('open write /x', {}), verdict: verdict(code, facts) };
      expect(one.verdict.reason).to.match(text);
      const tally = tallyOf(result([one], { ...FILES, differing: 2 }));
      expect(tally).to.deep.include({ kind: 'fail', failed: 2, total: 42 });
    }
  });
});
