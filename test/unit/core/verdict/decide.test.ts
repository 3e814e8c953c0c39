import { expect } from 'chai';
import type { AuditRecord, Expectation, Observation, Probe, Witness } from '#core/model/model.ts';
import { decide } from '#core/verdict/decide.ts';
import type { Facts } from '#core/verdict/facts.ts';

const NOTHING = { text: '', bytes: 0, truncated: false };
const seen = (more: Partial<Observation>): Observation => ({
  stage: 'done',
  stdout: NOTHING,
  stderr: NOTHING,
  durationMs: 1,
  ...more,
});
const OK = seen({});
const EACCES = seen({ errno: 'EACCES' });
const record = (type: string, fields: Record<string, string> = {}): Witness => ({
  by: 'comm',
  record: {
    type,
    timeMs: 0,
    serial: 1,
    raw: '',
    fields: { operation: 'open', name: '/x', denied_mask: 'r', ...fields },
  } satisfies AuditRecord,
});
const probe = (
  expect_: Partial<Expectation> & Pick<Expectation, 'access'>,
  action: Probe['action'] = {
    kind: 'operation',
    name: 'open',
    args: ['read', '/x'],
    words: ['open', 'read', '/x'],
    class: 'file',
  },
): Probe => ({
  id: 'a',
  name: 'n',
  action,
  timeoutMs: 1,
  control: true,
  direct: false,
  expect: expect_,
  at: { file: 'f', line: 1, column: 1 },
});
const RUN: Probe['action'] = { kind: 'run', argv: ['x'], tildes: [], terminal: false };
const SHELL: Probe['action'] = { kind: 'shell', script: 'x', terminal: false };

const ruling = (facts: Facts): string => {
  const { kind, code } = decide(facts);
  return `${kind}/${code}`;
};
const facts = (
  expect_: Partial<Expectation> & Pick<Expectation, 'access'>,
  observation: Observation,
  witnesses: Witness[] = [],
  control?: Observation,
  more: Partial<Facts> = {},
  action?: Probe['action'],
): Facts => ({
  probe: probe(expect_, action),
  observation,
  witnesses,
  ...(control === undefined ? {} : { control }),
  ...more,
});

const under = (label: string, expected: string): NonNullable<Observation['process']> => ({ pid: 2, label, expected });
const DENIED = record('DENIED');
const noise: Witness = { ...DENIED, by: 'window' };
const own = (name = '/x'): Witness => ({ ...record('DENIED', { name }), by: 'pid' });
const says = (text: string): Observation => seen({ exit: 0, stdout: { text, bytes: text.length, truncated: false } });
const denied = { access: 'denied' } as const;
const allowed = { access: 'allowed' } as const;
const complains = { access: 'complains' } as const;

describe('the verdict table', () => {
  // prettier-ignore
  const rows: readonly (readonly [string, Facts, string])[] = [
    ['denied, record, control succeeds', facts(denied, EACCES, [DENIED], OK), 'pass/denied'],
    ['denied, record, no control', facts(denied, EACCES, [DENIED]), 'pass/denied'],
    ['denied, record, control fails', facts(denied, EACCES, [DENIED], EACCES), 'pass/denied-twice'],
    ['denied by kill mode', facts(denied, seen({ signal: 'SIGKILL' }), [record('KILLED')], OK), 'pass/denied'],
    ['denied, no record, control succeeds', facts(denied, EACCES, [], OK), 'fail/silent-denial'],
    ['denied, no record, no control', facts(denied, EACCES), 'fail/silent-denial'],
    ['denied, no record, waived', facts({ ...denied, audit: 'none' }, EACCES, [], OK), 'pass/denied-silently'],
    ['denied, record although waived', facts({ ...denied, audit: 'none' }, EACCES, [DENIED], OK), 'fail/condition'],
    ['denied, waived, no control', facts({ ...denied, audit: 'none' }, EACCES), 'inconclusive/no-witness'],
    ['denied, no record, control fails', facts(denied, EACCES, [], EACCES), 'vacuous/vacuous'],
    ['denied, waived, control fails', facts({ ...denied, audit: 'none' }, EACCES, [], EACCES), 'vacuous/vacuous'],
    ['denied, missing file', facts(denied, seen({ errno: 'ENOENT' }), [], seen({ errno: 'ENOENT' })), 'vacuous/vacuous'],
    ['denied, succeeded', facts(denied, OK, [], OK), 'fail/let-through'],
    ['denied, succeeded with a record', facts(denied, OK, [DENIED], OK), 'fail/let-through'],
    ['denied, only an AUDIT record', facts(denied, EACCES, [record('AUDIT')], OK), 'fail/silent-denial'],
    ['denied, only an ALLOWED record', facts(denied, EACCES, [record('ALLOWED')], OK), 'fail/silent-denial'],
    ['denied, control timed out', facts(denied, EACCES, [DENIED], seen({ stage: 'timeout' })), 'inconclusive/control-unclear'],
    ['denied, an operation at a file that is busy', facts(denied, seen({ errno: 'ETXTBSY' }), [], OK), 'inconclusive/not-asked'],
    ['denied, command exits nonzero', facts(denied, seen({ exit: 1 }), [DENIED], seen({ exit: 0 }), {}, RUN), 'pass/denied'],
    ['denied, command not in the image', facts(denied, seen({ stage: 'exec', errno: 'ENOENT' }), [DENIED], OK, {}, RUN), 'inconclusive/not-runnable'],
    ['denied, shell says 127', facts(denied, seen({ exit: 127 }), [DENIED], OK, {}, SHELL), 'inconclusive/not-runnable'],
    ['denied, command missing in the control', facts(denied, seen({ exit: 1 }), [DENIED], seen({ stage: 'exec', errno: 'ENOENT' }), {}, RUN), 'inconclusive/control-unclear'],
    ['the wrong label', facts(allowed, seen({ process: under('unconfined', 'x (enforce)') }), []), 'inconclusive/wrong-label'],
    ['the wrong mode', facts(denied, { ...EACCES, process: under('x (complain)', 'x (enforce)') }, [DENIED], OK), 'inconclusive/wrong-label'],
    ['no label any more', facts(denied, { ...EACCES, process: under('none', 'x (enforce)') }, [DENIED], OK), 'inconclusive/wrong-label'],
    ['the right label', facts(denied, { ...EACCES, process: under('x (enforce)', 'x (enforce)') }, [DENIED], OK), 'pass/denied'],
    ['a stack in another order', facts(denied, { ...EACCES, process: under('y//&x (enforce)', 'x//&y (enforce)') }, [DENIED], OK), 'pass/denied'],
    ['a control that is confined', facts(denied, EACCES, [DENIED], seen({ process: under('x (enforce)', 'unconfined') })), 'inconclusive/wrong-label'],
    ['carries the label', facts({ ...allowed, label: { equals: 'x//in' } }, seen({ carried: { pid: 1, label: 'x//in', mode: 'enforce', secure: true } })), 'pass/allowed'],
    ['carries the stack', facts({ ...allowed, label: { equals: 'a//&b' } }, seen({ carried: { pid: 1, label: 'b//&a', mode: 'enforce' } })), 'pass/allowed'],
    ['carries another label', facts({ ...allowed, label: { equals: 'x' } }, seen({ carried: { pid: 1, label: 'x//in' } })), 'fail/other-label'],
    ['carries another mode', facts({ ...allowed, mode: 'enforce' }, seen({ carried: { pid: 1, label: 'x', mode: 'complain' } })), 'fail/other-label'],
    ['scrubbed as expected', facts({ ...allowed, secure: true }, seen({ carried: { pid: 1, label: 'x', secure: true } })), 'pass/allowed'],
    ['scrubbed, which it was not to be', facts({ ...allowed, secure: false }, seen({ carried: { pid: 1, label: 'x', secure: true } })), 'fail/other-label'],
    ['scrubbing not known', facts({ ...allowed, secure: false }, seen({ carried: { pid: 1, label: 'x' } })), 'inconclusive/label-unread'],
    ['carries something unknown', facts({ ...allowed, label: { equals: 'x' } }, OK), 'inconclusive/label-unread'],
    ['denied, HTTP 500', facts(denied, seen({ status: 500 }), [DENIED], seen({ status: 200 }), {}, { kind: 'http', url: 'http://container/' }), 'pass/denied'],
    ['denied, a command with only noise, no control', facts(denied, seen({ exit: 1 }), [noise], undefined, {}, RUN), 'inconclusive/no-witness'],
    ['denied, the same with the record declared', facts({ ...denied, audit: { name: { equals: '/x' } } }, seen({ exit: 1 }), [noise], undefined, {}, RUN), 'inconclusive/no-witness'],
    ['denied, the same with a control that succeeds', facts(denied, seen({ exit: 1 }), [noise], seen({ exit: 0 }), {}, RUN), 'pass/denied'],
    ['denied, the same with a control that fails', facts(denied, seen({ exit: 1 }), [noise], seen({ exit: 1 }), {}, RUN), 'vacuous/vacuous'],
    ['denied, a record of its very process, and a control that fails', facts(denied, seen({ exit: 1 }), [noise, own()], seen({ exit: 1 }), {}, RUN), 'vacuous/vacuous'],
    ['denied, a record of its very process, no control', facts(denied, seen({ exit: 1 }), [own()], undefined, {}, RUN), 'inconclusive/no-witness'],
    ['denied, the declared record of its very process, and a control that fails', facts({ ...denied, audit: { name: { equals: '/x' } } }, seen({ exit: 1 }), [own()], seen({ exit: 1 }), {}, RUN), 'pass/denied-twice'],
    ['denied, the declared record of its very process, no control', facts({ ...denied, audit: { name: { equals: '/x' } } }, seen({ exit: 1 }), [own()], undefined, {}, RUN), 'pass/denied'],
    ['denied, its own record, but the declared one is noise', facts({ ...denied, audit: { name: { equals: '/y' } } }, seen({ exit: 1 }), [own(), { ...own('/y'), by: 'window' }], seen({ exit: 1 }), {}, RUN), 'vacuous/vacuous'],
    ['denied, its own record, but another is declared, no control', facts({ ...denied, audit: { name: { equals: '/y' } } }, seen({ exit: 1 }), [own()], undefined, {}, RUN), 'fail/condition'],
    ['denied, one of its name refused on the search path, and another started', facts(denied, seen({ exit: 1 }), [record('DENIED', { operation: 'exec' })], seen({ exit: 1 }), {}, RUN), 'vacuous/vacuous'],
    ['denied, killed by the profile, no control', facts(denied, seen({ signal: 'SIGKILL' }), [{ ...record('KILLED'), by: 'pid' }], undefined, {}, RUN), 'pass/denied'],
    ['denied, the declared record is of an access that was allowed', facts({ ...denied, audit: { name: { equals: '/y' } } }, seen({ exit: 1 }), [own(), { ...record('AUDIT', { name: '/y' }), by: 'pid' }], OK, {}, RUN), 'fail/condition'],
    ['denied, and the record of an allowed access is asked for', facts({ ...denied, audit: { apparmor: { equals: 'AUDIT' }, name: { equals: '/y' } } }, seen({ exit: 1 }), [own(), { ...record('AUDIT', { name: '/y', apparmor: 'AUDIT' }), by: 'pid' }], OK, {}, RUN), 'pass/denied'],
    ['denied, succeeded, although records may be missing', facts(denied, OK, [], OK, { loss: 'x' }), 'fail/let-through'],
    ['denied, waived, for another reason', facts({ ...denied, audit: 'none' }, seen({ errno: 'ENOENT' }), [], OK), 'inconclusive/no-witness'],
    ['denied, waived, with the errno that the profile gives', facts({ ...denied, audit: 'none', errno: 'ENOENT' }, seen({ errno: 'ENOENT' }), [], OK), 'pass/denied-silently'],
    ['allowed, with a denial on the way, and as without the profile', facts(allowed, seen({ exit: 0 }), [own()], seen({ exit: 0 }), {}, SHELL), 'pass/allowed'],
    ['allowed, with a denial on the way, and unlike without the profile', facts(allowed, says('0'), [own()], says('84'), {}, SHELL), 'inconclusive/denied-on-the-way'],
    ['allowed, the same with the output declared', facts({ ...allowed, stdout: { equals: '0' } }, says('0'), [own()], says('84'), {}, SHELL), 'pass/allowed'],
    ['allowed, another output without a denial', facts(allowed, says('1'), [], says('2'), {}, SHELL), 'pass/allowed'],
    ['complains, a command with another complaint on the way', facts(complains, seen({ exit: 0 }), [{ ...record('ALLOWED'), by: 'pid' }], OK, {}, RUN), 'inconclusive/no-witness'],
    ['complains, a command with the declared complaint', facts({ ...complains, audit: { name: { equals: '/x' } } }, seen({ exit: 0 }), [{ ...record('ALLOWED'), by: 'pid' }], OK, {}, RUN), 'pass/complained'],
    ['complains, the start of a command', facts(complains, seen({ exit: 0 }), [record('ALLOWED', { operation: 'exec' })], OK, {}, RUN), 'pass/complained'],
    ['denied, the declared record of a child, and a control that succeeds', facts({ ...denied, audit: { name: { equals: '/x' } } }, seen({ exit: 1 }), [noise], OK, {}, RUN), 'pass/denied'],
    ['allowed, the declared record is noise', facts({ ...allowed, audit: { operation: { equals: 'open' } } }, OK, [{ ...record('AUDIT'), by: 'window' }], OK, {}, RUN), 'inconclusive/no-witness'],
    ['allowed, the declared record is its own', facts({ ...allowed, audit: { operation: { equals: 'open' } } }, OK, [{ ...record('AUDIT'), by: 'pid' }], OK, {}, RUN), 'pass/allowed'],
    ['complains, a record by time alone', facts(complains, OK, [{ ...record('ALLOWED'), by: 'window' }], OK, {}, RUN), 'inconclusive/no-witness'],
    ['denied, the exec itself refused, no control', facts(denied, seen({ stage: 'exec', errno: 'EACCES' }), [DENIED], undefined, {}, RUN), 'pass/denied'],
    ['allowed, with the exit status declared', facts({ ...allowed, exit: 1 }, seen({ exit: 1 }), [], seen({ exit: 1 }), {}, RUN), 'pass/allowed'],
    ['allowed, with the HTTP status declared', facts({ ...allowed, status: 404 }, seen({ status: 404 }), [], OK, {}, { kind: 'http', url: 'http://container/' }), 'pass/allowed'],
    ['denied, with the exit status declared', facts({ ...denied, exit: 1 }, seen({ exit: 1 }), [], seen({ exit: 1 }), {}, RUN), 'vacuous/vacuous'],
    ['timeout', facts(denied, seen({ stage: 'timeout' }), [DENIED], OK), 'inconclusive/timeout'],
    ['lost', facts(allowed, seen({ stage: 'lost', problem: 'gone' }), [], OK), 'inconclusive/no-answer'],
    ['records lost', facts(denied, EACCES, [DENIED], OK, { loss: 'overrun' }), 'inconclusive/records-lost'],
    ['records lost, allowed', facts(allowed, OK, [], OK, { loss: 'overrun' }), 'inconclusive/records-lost'],
    ['allowed, succeeded', facts(allowed, OK, [], OK), 'pass/allowed'],
    ['allowed, succeeded with denials on the way', facts(allowed, OK, [DENIED], OK), 'pass/allowed'],
    ['allowed, denials declared none', facts({ ...allowed, audit: 'none' }, OK, [DENIED], OK), 'fail/condition'],
    ['allowed, denied', facts(allowed, EACCES, [DENIED], OK), 'fail/denied-but-allowed'],
    ['allowed, denied, control fails', facts(allowed, EACCES, [DENIED], EACCES), 'fail/denied-but-allowed'],
    ['allowed, fails silently', facts(allowed, EACCES, [], OK), 'fail/denied-silently-but-allowed'],
    ['allowed, control fails too', facts(allowed, EACCES, [], EACCES), 'inconclusive/not-the-profile'],
    ['allowed, fails, no control', facts(allowed, EACCES), 'inconclusive/not-the-profile'],
    ['complains', facts(complains, OK, [record('ALLOWED')], OK), 'pass/complained'],
    ['complains, silent', facts(complains, OK, [], OK), 'fail/no-complaint'],
    ['complains, denied', facts(complains, EACCES, [DENIED], OK), 'fail/denied-in-complain'],
    ['exit as declared', facts({ ...denied, exit: 2 }, seen({ exit: 2 }), [DENIED], OK, {}, RUN), 'pass/denied'],
    ['exit not as declared', facts({ ...denied, exit: 2 }, seen({ exit: 1 }), [DENIED], OK, {}, RUN), 'fail/condition'],
    ['exit nonzero, but it was not executed', facts({ ...denied, exit: 'nonzero' }, seen({ stage: 'exec', errno: 'EACCES' }), [DENIED], OK, {}, RUN), 'fail/condition'],
    ['errno not as declared', facts({ ...denied, errno: 'EPERM' }, EACCES, [DENIED], OK), 'fail/condition'],
    ['record fits', facts({ ...denied, audit: { name: { equals: '/x' }, denied_mask: { equals: 'r' } } }, EACCES, [DENIED], OK), 'pass/denied'],
    ['one of two records fits', facts({ ...denied, audit: { name: { equals: '/x' } } }, EACCES, [record('DENIED', { name: '/y' }), DENIED], OK), 'pass/denied'],
    ['record does not fit', facts({ ...denied, audit: { name: { equals: '/y' } } }, EACCES, [DENIED], OK), 'fail/condition'],
    ['record lacks the key', facts({ ...denied, audit: { family: { equals: 'inet' } } }, EACCES, [DENIED], OK), 'fail/condition'],
    ['output fits', facts({ ...allowed, stdout: { contains: 'a' } }, seen({ exit: 0, stdout: { text: 'ab', bytes: 2, truncated: false } }), [], OK, {}, RUN), 'pass/allowed'],
    ['output does not fit', facts({ ...allowed, stdout: { contains: 'c' } }, seen({ exit: 0, stdout: { text: 'ab', bytes: 2, truncated: false } }), [], OK, {}, RUN), 'fail/condition'],
    ['output was cut', facts({ ...allowed, stdout: { contains: 'a' } }, seen({ exit: 0, stdout: { text: 'ab', bytes: 3, truncated: true } }), [], OK, {}, RUN), 'inconclusive/output-cut'],
  ];
  for (const [name, given, expected] of rows)
    it(`${name}: ${expected}`, () => expect(ruling(given)).to.equal(expected));

  it('never passes what did not come to an end, whatever else is known', () => {
    for (const access of ['denied', 'allowed', 'complains'] as const)
      for (const stage of ['timeout', 'lost'] as const)
        for (const witness of ['DENIED', 'ALLOWED', 'KILLED']) {
          expect(decide(facts({ access }, seen({ stage, problem: 'x' }), [record(witness)], OK)).kind).to.equal(
            'inconclusive',
          );
        }
  });

  it('names a rule that would allow what was denied', () => {
    expect(decide(facts(allowed, EACCES, [DENIED], OK)).hint).to.match(/\/x r,/);
  });
});

describe('a transition to a profile by attachment', () => {
  it('is not found in a copy, which the hint says', () => {
    const { hint } = decide(
      facts(allowed, EACCES, [record('DENIED', { operation: 'exec', info: 'profile transition not found' })], OK),
    );
    expect(hint).to.match(/attaches to nothing.*--in-place/);
  });

  it('says where an operation was denied on the way', () => {
    const stopped = seen({ errno: 'EACCES', stoppedAt: 'open', remark: 'at open' });
    const { kind, notes } = decide(facts(denied, stopped, [DENIED], OK));
    expect([kind, ...notes]).to.deep.equal([
      'pass',
      'Denied at open, an earlier step, so the access itself was not tried.',
    ]);
    expect(decide(facts(denied, EACCES, [DENIED], OK)).notes).to.deep.equal([]);
  });

  it('says where an operation was denied on the way whatever else the agent remarks', () => {
    const remark = 'no mount namespace of its own: errno 1; at fsopen; not undone: EPERM';
    const stopped = seen({ errno: 'EPERM', stoppedAt: 'fsopen', undoErrno: 'EPERM', remark });
    const { kind, notes } = decide(facts(denied, stopped, [DENIED], OK));
    expect([kind, ...notes]).to.deep.equal([
      'pass',
      'Denied at fsopen, an earlier step, so the access itself was not tried.',
    ]);
  });
});
