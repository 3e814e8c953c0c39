import { expect } from 'chai';
import type { Expectation, Observation } from '#core/model/model.ts';
import { VERDICTS } from '#core/verdict/verdicts.ts';
import { decide } from '#core/verdict/decide.ts';
import { captured, command, facts, operation, seen, shell, witness, type FactParts } from '../../builders.ts';

const OK = seen();
const EACCES = seen({ errno: 'EACCES' });
const DENIED = witness();
/** A denial that only fell into the time of the command. */
const NOISE = witness({ by: 'window' });
/** A denial of the command's own process. */
const OWN = witness({ by: 'pid' });

/** A command that failed, and said that it was refused /x. */
const REFUSED = seen({ exit: 1, stderr: captured('cat: /x: Permission denied\n') });
const REFUSED_START = witness({ fields: { operation: 'exec', name: '/usr/bin/x', denied_mask: 'x' } });
const RUN = command('x');
const CAT = command('cat', '/x');
const SHELL = shell('x');
const HTTP = { kind: 'http', url: 'http://container/' } as const;

const denied = { access: 'denied' } as const satisfies Expectation;
const allowed = { access: 'allowed' } as const satisfies Expectation;
const complains = { access: 'complains' } as const satisfies Expectation;

interface Row extends FactParts {
  /** When this verdict is given. */
  readonly name: string;
  /** Kind and code. */
  readonly verdict: string;
}

/** Verdicts that are given without an attempt, each with the file that gives it. */
const WITHOUT_ATTEMPT = {
  'not-mediated': 'src/harness/suite/decided-in-advance.ts',
  'service-down': 'src/harness/suite/decided-in-advance.ts',
  'engine-older': 'src/core/verdict/engine-version.ts',
  'not-tried': 'src/harness/run/run-suite.ts',
  bail: 'src/harness/run/run-suite.ts',
};

const reached = new Set<string>(Object.keys(WITHOUT_ATTEMPT));

/** One test a row. */
function judges(rows: readonly Row[]): void {
  for (const { name, verdict, ...parts } of rows) {
    reached.add(verdict.split('/')[1] ?? '');
    it(`is ${verdict} when ${name}`, () => {
      const { kind, code } = decide(facts(parts));
      expect(`${kind}/${code}`).to.equal(verdict);
    });
  }
}

function under(label: string, expected: string): NonNullable<Observation['process']> {
  return { pid: 2, label, expected };
}

function printed(text: string): Observation {
  return seen({ exit: 0, stdout: captured(text) });
}

/** Records of a second attempt, under `noquiet`: in complain mode, in kill mode, and of a command. */
const LET_THROUGH = witness({ type: 'ALLOWED' });
const ENDED = witness({ type: 'KILLED' });
const MEANWHILE = witness({ by: 'window' });
const LET_THROUGH_MEANWHILE = witness({ type: 'ALLOWED', by: 'window' });

/** Reached in closed-class.test.ts and compare-files.test.ts. */
const OF_CLASSES = ['let-pass', 'may-leave', 'answered-allowed', 'answered-denied', 'rule-allows'];

describe('the verdict', () => {
  describe('where a path leads to another file in the control', () => {
    const elsewhere = { path: '/x', here: '/proc/kcore', there: '/x' };
    // prettier-ignore
    judges([
      { name: 'it was denied', expect: denied, seen: EACCES, witnesses: [DENIED], control: OK, elsewhere, verdict: 'inconclusive/leads-elsewhere' },
      { name: 'it was allowed', expect: allowed, seen: OK, control: OK, elsewhere, verdict: 'inconclusive/leads-elsewhere' },
      { name: 'it was let through', expect: denied, seen: OK, control: OK, elsewhere, verdict: 'fail/let-through' },
    ]);
  });

  describe('where the containers differ in what an earlier probe left', () => {
    const leftover = { what: '/opt/a', by: 'first' };
    const failed = seen({ exit: 1 });
    const silent = { access: 'denied', audit: 'none' } as const;
    // prettier-ignore
    judges([
      { name: 'a command failed by the way of another denial', expect: denied, seen: REFUSED, witnesses: [OWN], control: OK, action: CAT, leftover, verdict: 'inconclusive/earlier-probe' },
      { name: 'it failed without a record, as the spec allows', expect: silent, seen: EACCES, control: OK, leftover, verdict: 'inconclusive/earlier-probe' },
      { name: 'a command failed, and no denial fits', expect: denied, seen: failed, witnesses: [MEANWHILE], control: OK, action: RUN, leftover, verdict: 'inconclusive/earlier-probe' },
      { name: 'the control fails', expect: denied, seen: failed, control: failed, action: RUN, leftover, verdict: 'inconclusive/earlier-probe' },
      { name: 'it was to be allowed, and fails without a record', expect: allowed, seen: failed, control: OK, action: RUN, leftover, verdict: 'inconclusive/earlier-probe' },
      { name: 'the record is proof', expect: denied, seen: EACCES, witnesses: [DENIED], control: OK, leftover, verdict: 'pass/denied' },
      { name: 'a second attempt has the proof', expect: denied, seen: EACCES, evidence: [LET_THROUGH], control: OK, leftover, verdict: 'pass/denied-quietly' },
      { name: 'it succeeded, and was to be denied', expect: denied, seen: OK, control: OK, leftover, verdict: 'fail/let-through' },
      { name: 'it succeeded, as it was to', expect: allowed, seen: OK, control: failed, leftover, verdict: 'pass/allowed' },
    ]);
  });

  describe('of a denial without a record, with a second attempt under noquiet', () => {
    const named = (audit: object): Expectation => ({ access: 'denied', audit: audit as Expectation['audit'] & object });
    // prettier-ignore
    judges([
      { name: 'complain mode lets it through with a record', expect: denied, seen: EACCES, evidence: [LET_THROUGH], control: OK, verdict: 'pass/denied-quietly' },
      { name: 'kill mode ends the process with a record', expect: denied, seen: EACCES, evidence: [ENDED], verdict: 'pass/denied-quietly' },
      { name: 'enforce mode denies it with a record', expect: denied, seen: EACCES, evidence: [DENIED], control: EACCES, verdict: 'pass/denied-quietly' },
      { name: 'its record is of a step before the access', expect: denied, seen: EACCES, evidence: [{ ...LET_THROUGH, before: 'step' }], control: OK, verdict: 'vacuous/other-denial' },
      { name: 'its record is of no rule', expect: denied, seen: EACCES, evidence: [witness({ type: 'ALLOWED', fields: { info: 'label not found' } })], control: OK, verdict: 'fail/silent-denial' },
      { name: 'it has no record either', expect: denied, seen: EACCES, evidence: [], control: OK, verdict: 'fail/silent-denial' },
      { name: 'its record is AUDIT', expect: denied, seen: EACCES, evidence: [witness({ type: 'AUDIT' })], control: OK, verdict: 'fail/silent-denial' },
      { name: 'the first attempt succeeded', expect: denied, seen: OK, evidence: [ENDED], control: OK, verdict: 'fail/let-through' },
      { name: 'a command failed, and the control shows the difference', expect: denied, seen: REFUSED, action: CAT, evidence: [LET_THROUGH_MEANWHILE], control: OK, verdict: 'pass/denied-quietly' },
      { name: 'a command failed, and nothing shows the difference', expect: denied, seen: seen({ exit: 1 }), action: RUN, evidence: [LET_THROUGH_MEANWHILE], verdict: 'fail/silent-denial' },
      { name: 'no record is expected', expect: named('none' as unknown as object), seen: EACCES, evidence: [LET_THROUGH], control: OK, verdict: 'pass/denied-silently' },
      { name: 'the spec names the record', expect: named({ name: { equals: '/x' } }), seen: EACCES, evidence: [LET_THROUGH], control: OK, verdict: 'pass/denied-quietly' },
      { name: 'the spec names another record', expect: named({ name: { equals: '/y' } }), seen: EACCES, evidence: [LET_THROUGH], control: OK, verdict: 'fail/condition' },
      { name: 'the spec names a type, which only the second attempt has', expect: named({ apparmor: { equals: 'KILLED' } }), seen: EACCES, evidence: [ENDED], control: OK, verdict: 'fail/condition' },
      { name: 'the access was to be allowed', expect: allowed, seen: EACCES, evidence: [LET_THROUGH], control: OK, verdict: 'fail/denied-but-allowed' },
      { name: 'complain mode was to let it through', expect: complains, seen: EACCES, evidence: [LET_THROUGH], control: OK, verdict: 'fail/denied-in-complain' },
    ]);
  });

  describe('of an access that was to be denied', () => {
    // prettier-ignore
    judges([
      { name: 'it failed with a record, and the control succeeded', expect: denied, seen: EACCES, witnesses: [DENIED], control: OK, verdict: 'pass/denied' },
      { name: 'it failed with a record, and there is no control', expect: denied, seen: EACCES, witnesses: [DENIED], verdict: 'pass/denied' },
      { name: 'it failed with a record, and the control failed too', expect: denied, seen: EACCES, witnesses: [DENIED], control: EACCES, verdict: 'pass/denied-twice' },
      { name: 'the profile killed the process, and the control succeeded', expect: denied, seen: seen({ signal: 'SIGKILL' }), witnesses: [witness({ type: 'KILLED' })], control: OK, verdict: 'pass/denied' },
      { name: 'the profile killed a command, and there is no control', expect: denied, seen: seen({ signal: 'SIGKILL' }), witnesses: [witness({ type: 'KILLED', by: 'pid' })], action: RUN, verdict: 'pass/denied' },
      { name: 'it failed without a record, and the control succeeded', expect: denied, seen: EACCES, control: OK, verdict: 'fail/silent-denial' },
      { name: 'it failed without a record, and there is no control', expect: denied, seen: EACCES, verdict: 'fail/silent-denial' },
      { name: 'it failed without a record, and the control failed too', expect: denied, seen: EACCES, control: EACCES, verdict: 'vacuous/vacuous' },
      { name: 'the file is missing in both containers', expect: denied, seen: seen({ errno: 'ENOENT' }), control: seen({ errno: 'ENOENT' }), verdict: 'vacuous/vacuous' },
      { name: 'it succeeded', expect: denied, seen: OK, control: OK, verdict: 'fail/let-through' },
      { name: 'it succeeded although there is a record', expect: denied, seen: OK, witnesses: [DENIED], control: OK, verdict: 'fail/let-through' },
      { name: 'it succeeded, even if records may be missing', expect: denied, seen: OK, control: OK, loss: 'x', verdict: 'fail/let-through' },
      { name: 'it failed, and the only record is AUDIT', expect: denied, seen: EACCES, witnesses: [witness({ type: 'AUDIT' })], control: OK, verdict: 'fail/silent-denial' },
      { name: 'it failed, and the only record is ALLOWED', expect: denied, seen: EACCES, witnesses: [witness({ type: 'ALLOWED' })], control: OK, verdict: 'fail/silent-denial' },
      { name: 'the control timed out', expect: denied, seen: EACCES, witnesses: [DENIED], control: seen({ stage: 'timeout' }), verdict: 'inconclusive/control-unclear' },
      { name: 'the file was busy, which the kernel finds before it asks AppArmor', expect: denied, seen: seen({ errno: 'ETXTBSY' }), control: OK, verdict: 'inconclusive/not-asked' },
      { name: 'the service answered with HTTP status 403, without a record, as declared', expect: { ...denied, audit: 'none' }, seen: seen({ status: 403 }), control: seen({ status: 200 }), action: HTTP, verdict: 'pass/denied-silently' },
      { name: 'the service did not answer, which may have been too early', expect: { ...denied, audit: 'none' }, seen: seen({ errno: 'ECONNREFUSED' }), control: seen({ status: 200 }), action: HTTP, verdict: 'inconclusive/no-witness' },
      { name: 'the service did not answer, as declared', expect: { ...denied, audit: 'none', errno: 'ECONNREFUSED' }, seen: seen({ errno: 'ECONNREFUSED' }), control: seen({ status: 200 }), action: HTTP, verdict: 'pass/denied-silently' },
      { name: 'the service answered with HTTP status 500, and 200 in the control, and the spec names the record', expect: { access: 'denied', audit: { name: { equals: '/x' } } }, seen: seen({ status: 500 }), witnesses: [MEANWHILE], control: seen({ status: 200 }), action: HTTP, verdict: 'pass/denied' },
      { name: 'the service answered with HTTP status 500, and was refused something meanwhile', expect: denied, seen: seen({ status: 500 }), witnesses: [MEANWHILE], control: seen({ status: 200 }), action: HTTP, verdict: 'inconclusive/no-witness' },
      { name: 'the service answered with HTTP status 500, and the record is not the one that the spec names', expect: { access: 'denied', audit: { name: { equals: '/y' } } }, seen: seen({ status: 500 }), witnesses: [MEANWHILE], control: seen({ status: 200 }), action: HTTP, verdict: 'inconclusive/no-witness' },
    ]);
  });

  describe('of a denial of something else than the access', () => {
    const CAPABILITY = { ...witness({ fields: { operation: 'capable', capname: 'sys_admin' } }), before: 'capability' };
    const OPEN = { ...DENIED, before: 'open' };
    const byCapability = { ...denied, by: 'capability' } as const;
    const MISSING = seen({ errno: 'ENOENT' });
    const byOpen = { ...denied, by: 'open' } as const;
    // prettier-ignore
    judges([
      { name: 'another class answered first', expect: denied, seen: EACCES, witnesses: [CAPABILITY], control: OK, verdict: 'vacuous/other-denial' },
      { name: 'an earlier step was denied', expect: denied, seen: EACCES, witnesses: [OPEN], verdict: 'vacuous/other-denial' },
      { name: 'an earlier step was denied, and the control fails too', expect: denied, seen: EACCES, witnesses: [OPEN], control: EACCES, verdict: 'vacuous/other-denial' },
      { name: 'an earlier step was denied, as declared', expect: byOpen, seen: EACCES, witnesses: [OPEN], control: OK, verdict: 'pass/denied' },
      { name: 'another step was denied than the declared one', expect: byOpen, seen: EACCES, witnesses: [CAPABILITY], control: OK, verdict: 'vacuous/other-denial' },
      { name: 'the access itself was denied, and a step is declared', expect: byOpen, seen: EACCES, witnesses: [DENIED], control: OK, verdict: 'vacuous/other-denial' },
      { name: 'a capability was denied by the way, and the file is missing in both', expect: byCapability, seen: MISSING, witnesses: [CAPABILITY], control: MISSING, verdict: 'vacuous/vacuous' },
      { name: 'a capability was denied by the way, the file is missing, and there is no control', expect: byCapability, seen: MISSING, witnesses: [CAPABILITY], verdict: 'inconclusive/no-witness' },
      { name: 'a declared capability was denied, with an errno of its own', expect: byCapability, seen: seen({ errno: 'ENOMEM' }), witnesses: [CAPABILITY], control: OK, verdict: 'pass/denied' },
      { name: 'the access was denied, and a capability beside it', expect: denied, seen: EACCES, witnesses: [CAPABILITY, DENIED], control: OK, verdict: 'pass/denied' },
      { name: 'the declared record is of a step', expect: { ...denied, audit: { operation: { equals: 'capable' } } }, seen: EACCES, witnesses: [CAPABILITY, DENIED], control: OK, verdict: 'fail/condition' },
      { name: 'it stopped at an earlier step without a record', expect: denied, seen: seen({ errno: 'EPERM', stoppedAt: 'capability sys_admin' }), control: OK, verdict: 'inconclusive/not-asked' },
      { name: 'it was to be allowed, and an earlier step was denied', expect: allowed, seen: EACCES, witnesses: [OPEN], control: OK, verdict: 'fail/denied-but-allowed' },
      { name: 'only an earlier step is complained about', expect: complains, seen: OK, witnesses: [{ ...witness({ type: 'ALLOWED' }), before: 'open' }], verdict: 'fail/no-complaint' },
    ]);
  });

  describe("beside the kernel's own answer", () => {
    const ALLOWS = { path: '/x', permissions: 'r', allowed: true };
    const FORBIDS = { ...ALLOWS, allowed: false };
    const inMode = (mode: string): Observation => seen({ process: under(`p (${mode})`, `p (${mode})`) });
    // prettier-ignore
    judges([
      { name: 'the policy allows what was denied', expect: denied, seen: EACCES, witnesses: [DENIED], control: OK, ruling: ALLOWS, verdict: 'inconclusive/contradiction' },
      { name: 'the policy allows what failed silently', expect: { ...denied, audit: 'none' }, seen: EACCES, control: OK, ruling: ALLOWS, verdict: 'inconclusive/contradiction' },
      { name: 'the policy allows it, and a transition was refused', expect: denied, seen: EACCES, witnesses: [witness({ fields: { info: 'ptrace prevents transition' } })], control: OK, ruling: ALLOWS, verdict: 'pass/denied' },
      { name: 'the policy denies what was denied', expect: denied, seen: EACCES, witnesses: [DENIED], control: OK, ruling: FORBIDS, verdict: 'pass/denied' },
      { name: 'the policy allows it, and a declared step was denied', expect: { ...denied, by: 'open' }, seen: EACCES, witnesses: [{ ...DENIED, before: 'open' }], control: OK, ruling: ALLOWS, verdict: 'pass/denied' },
      { name: 'the policy does not allow what succeeded', expect: allowed, seen: inMode('enforce'), ruling: FORBIDS, verdict: 'inconclusive/contradiction' },
      { name: 'the policy does not allow what succeeded, in complain mode', expect: allowed, seen: inMode('complain'), ruling: FORBIDS, verdict: 'pass/allowed' },
      { name: 'the policy allows what succeeded', expect: allowed, seen: inMode('enforce'), ruling: ALLOWS, verdict: 'pass/allowed' },
      { name: 'the policy does not allow what is complained about', expect: complains, seen: inMode('complain'), witnesses: [witness({ type: 'ALLOWED' })], ruling: FORBIDS, verdict: 'pass/complained' },
    ]);
  });

  describe('of a denial that needs no record', () => {
    // prettier-ignore
    judges([
      { name: 'the control succeeded', expect: { ...denied, audit: 'none' }, seen: EACCES, control: OK, verdict: 'pass/denied-silently' },
      { name: 'there is a record all the same', expect: { ...denied, audit: 'none' }, seen: EACCES, witnesses: [DENIED], control: OK, verdict: 'fail/condition' },
      { name: 'there is no control', expect: { ...denied, audit: 'none' }, seen: EACCES, verdict: 'inconclusive/no-witness' },
      { name: 'the kernel records every denial', expect: { ...denied, audit: 'none' }, seen: EACCES, control: OK, isRecorded: true, verdict: 'inconclusive/no-witness' },
      { name: 'the kernel records every denial of a trace', expect: { ...denied, audit: 'none' }, seen: seen({ errno: 'EPERM' }), control: OK, isRecorded: true, action: operation('ptrace read 1'), verdict: 'inconclusive/no-witness' },
      { name: 'it is of a capability, which the kernel records once', expect: { ...denied, audit: 'none' }, seen: seen({ errno: 'EPERM' }), control: OK, isRecorded: true, action: operation('capable sys_time'), verdict: 'pass/denied-silently' },
      { name: 'the kernel records every denial, and a program was not executed', expect: { ...denied, audit: 'none' }, seen: seen({ stage: 'exec', errno: 'EACCES' }), control: OK, isRecorded: true, action: RUN, verdict: 'inconclusive/no-witness' },
      { name: 'the kernel records every denial, and a command was refused a file', expect: { ...denied, audit: 'none' }, seen: REFUSED, control: OK, isRecorded: true, action: CAT, verdict: 'inconclusive/no-witness' },
      { name: 'the control failed too', expect: { ...denied, audit: 'none' }, seen: EACCES, control: EACCES, verdict: 'vacuous/vacuous' },
      { name: 'it failed for another reason than permissions', expect: { ...denied, audit: 'none' }, seen: seen({ errno: 'ENOENT' }), control: OK, verdict: 'inconclusive/no-witness' },
      { name: 'it failed with the errno that the spec declares', expect: { ...denied, audit: 'none', errno: 'ENOENT' }, seen: seen({ errno: 'ENOENT' }), control: OK, verdict: 'pass/denied-silently' },
    ]);
  });

  describe('of a command that was to be denied', () => {
    // prettier-ignore
    judges([
      { name: 'it exits with an error and a record that fits it, and the control succeeded', expect: denied, seen: REFUSED, witnesses: [OWN], control: seen({ exit: 0 }), action: CAT, verdict: 'pass/denied' },
      { name: 'it exits with an error and a record that does not fit it, and the control succeeded', expect: denied, seen: seen({ exit: 1 }), witnesses: [OWN], control: seen({ exit: 0 }), action: RUN, verdict: 'inconclusive/no-witness' },
      { name: 'it is not in the image', expect: denied, seen: seen({ stage: 'exec', errno: 'ENOENT' }), witnesses: [DENIED], control: OK, action: RUN, verdict: 'inconclusive/not-runnable' },
      { name: 'its shell finds no command', expect: denied, seen: seen({ exit: 127 }), witnesses: [DENIED], control: OK, action: SHELL, verdict: 'inconclusive/not-runnable' },
      { name: 'it is missing in the control only', expect: denied, seen: seen({ exit: 1 }), witnesses: [DENIED], control: seen({ stage: 'exec', errno: 'ENOENT' }), action: RUN, verdict: 'inconclusive/control-unclear' },
      { name: 'its start was refused, and there is no control', expect: denied, seen: seen({ stage: 'exec', errno: 'EACCES' }), witnesses: [REFUSED_START], action: RUN, verdict: 'pass/not-started' },
      { name: 'its start was refused, and the control succeeded', expect: denied, seen: seen({ stage: 'exec', errno: 'EACCES' }), witnesses: [REFUSED_START], control: OK, action: RUN, verdict: 'pass/not-started' },
      { name: 'its start was refused, and the control failed at what it does', expect: denied, seen: seen({ stage: 'exec', errno: 'EACCES' }), witnesses: [REFUSED_START], control: seen({ exit: 1 }), action: RUN, verdict: 'vacuous/vacuous' },
      { name: 'its start was refused in both containers', expect: denied, seen: seen({ stage: 'exec', errno: 'EACCES' }), witnesses: [REFUSED_START], control: seen({ stage: 'exec', errno: 'EACCES' }), action: RUN, verdict: 'pass/denied-twice' },
      { name: 'its only record is noise, and there is no control', expect: denied, seen: seen({ exit: 1 }), witnesses: [NOISE], action: RUN, verdict: 'inconclusive/no-witness' },
      { name: 'the declared record may be noise, and there is no control', expect: { ...denied, audit: { name: { equals: '/x' } } }, seen: seen({ exit: 1 }), witnesses: [NOISE], action: RUN, verdict: 'inconclusive/no-witness' },
      { name: 'its only record is noise, and the control succeeded', expect: denied, seen: seen({ exit: 1 }), witnesses: [NOISE], control: seen({ exit: 0 }), action: RUN, verdict: 'inconclusive/no-witness' },
      { name: 'its only record is noise, and the control failed too', expect: denied, seen: seen({ exit: 1 }), witnesses: [NOISE], control: seen({ exit: 1 }), action: RUN, verdict: 'vacuous/vacuous' },
      { name: 'a record is of its own process, and the control failed too', expect: denied, seen: seen({ exit: 1 }), witnesses: [NOISE, OWN], control: seen({ exit: 1 }), action: RUN, verdict: 'vacuous/vacuous' },
      { name: 'a record is of its own process, and there is no control', expect: denied, seen: seen({ exit: 1 }), witnesses: [OWN], action: RUN, verdict: 'inconclusive/no-witness' },
      { name: 'the declared record is of its own process, and the control failed too', expect: { ...denied, audit: { name: { equals: '/x' } } }, seen: seen({ exit: 1 }), witnesses: [OWN], control: seen({ exit: 1 }), action: RUN, verdict: 'pass/denied-twice' },
      { name: 'the declared record is of its own process, and there is no control', expect: { ...denied, audit: { name: { equals: '/x' } } }, seen: seen({ exit: 1 }), witnesses: [OWN], action: RUN, verdict: 'pass/denied' },
      { name: 'the declared record is of a program that it names, and the control succeeded', expect: { ...denied, audit: { name: { equals: '/x' } } }, seen: REFUSED, witnesses: [witness({ by: 'window', fields: { comm: 'cat' } })], control: OK, action: CAT, verdict: 'pass/denied' },
      { name: 'the declared record may be of another process, and the control succeeded', expect: { ...denied, audit: { name: { equals: '/x' } } }, seen: seen({ exit: 1 }), witnesses: [NOISE], control: OK, action: RUN, verdict: 'inconclusive/no-witness' },
      { name: 'a record is its own, but the declared one is noise, and the control failed too', expect: { ...denied, audit: { name: { equals: '/y' } } }, seen: seen({ exit: 1 }), witnesses: [OWN, witness({ by: 'window', fields: { name: '/y' } })], control: seen({ exit: 1 }), action: RUN, verdict: 'vacuous/vacuous' },
      { name: 'a record is its own, but another is declared, and there is no control', expect: { ...denied, audit: { name: { equals: '/y' } } }, seen: seen({ exit: 1 }), witnesses: [OWN], action: RUN, verdict: 'fail/condition' },
      { name: 'one program of its name was refused on the search path, and another started', expect: denied, seen: seen({ exit: 1 }), witnesses: [witness({ fields: { operation: 'exec' } })], control: seen({ exit: 1 }), action: RUN, verdict: 'vacuous/vacuous' },
      { name: 'the declared record is of an access that was allowed', expect: { ...denied, audit: { name: { equals: '/y' } } }, seen: seen({ exit: 1 }), witnesses: [OWN, witness({ type: 'AUDIT', by: 'pid', fields: { name: '/y' } })], control: OK, action: RUN, verdict: 'fail/condition' },
      { name: 'the spec asks for the record of an allowed access', expect: { ...denied, audit: { apparmor: { equals: 'AUDIT' }, name: { equals: '/y' } } }, seen: REFUSED, witnesses: [OWN, witness({ type: 'AUDIT', by: 'pid', fields: { name: '/y', apparmor: 'AUDIT' } })], control: OK, action: CAT, verdict: 'pass/denied' },
      { name: 'it exits with the declared status, and so does the control', expect: { ...denied, exit: 1 }, seen: seen({ exit: 1 }), control: seen({ exit: 1 }), action: RUN, verdict: 'vacuous/vacuous' },
    ]);
  });

  describe('of an access that was to be allowed', () => {
    // prettier-ignore
    judges([
      { name: 'it succeeded', expect: allowed, seen: OK, control: OK, verdict: 'pass/allowed' },
      { name: 'it succeeded in spite of a denial', expect: allowed, seen: OK, witnesses: [DENIED], control: OK, verdict: 'inconclusive/denied-and-done' },
      { name: 'it succeeded, and another class was denied before', expect: allowed, seen: OK, witnesses: [{ ...DENIED, before: 'capability' }], control: OK, verdict: 'pass/allowed' },
      { name: 'there is a record, and the spec declares none', expect: { ...allowed, audit: 'none' }, seen: OK, witnesses: [DENIED], control: OK, verdict: 'fail/condition' },
      { name: 'a command succeeded in spite of a denial, just as the control', expect: allowed, seen: seen({ exit: 0 }), witnesses: [OWN], control: seen({ exit: 0 }), action: SHELL, verdict: 'pass/allowed' },
      { name: 'a command succeeded in spite of a denial, but not as the control', expect: allowed, seen: printed('0'), witnesses: [OWN], control: printed('84'), action: SHELL, verdict: 'inconclusive/denied-on-the-way' },
      { name: 'a command printed what is declared in spite of a denial, but not what the control printed', expect: { ...allowed, stdout: { equals: '0' } }, seen: printed('0'), witnesses: [OWN], control: printed('84'), action: SHELL, verdict: 'pass/allowed' },
      { name: 'a command succeeded just as the control, and was denied what it names', expect: allowed, seen: seen({ exit: 0 }), witnesses: [OWN], control: seen({ exit: 0 }), action: CAT, verdict: 'inconclusive/denied-on-the-way' },
      { name: 'a command succeeded without a control, and says that it was denied something', expect: allowed, seen: seen({ exit: 0, stderr: captured('cat: /x: Permission denied') }), witnesses: [OWN], action: SHELL, verdict: 'inconclusive/denied-on-the-way' },
      { name: 'a command exits with the declared status 0, but not as the control', expect: { ...allowed, exit: 0 }, seen: printed('0'), witnesses: [OWN], control: printed('84'), action: SHELL, verdict: 'inconclusive/denied-on-the-way' },
      { name: 'another process was denied what a command names', expect: allowed, seen: seen({ exit: 0 }), witnesses: [NOISE], control: seen({ exit: 0 }), action: CAT, verdict: 'pass/allowed' },
      { name: 'a command printed what is declared, and was denied what it names', expect: { ...allowed, stdout: { equals: '0' } }, seen: printed('0'), witnesses: [OWN], action: CAT, verdict: 'pass/allowed' },
      { name: 'a command was denied what it names, and silence meets what is declared of its output', expect: { ...allowed, stdout: { contains: '' }, stderr: { not: { contains: 'x' } } }, seen: seen({ exit: 0 }), witnesses: [OWN], action: CAT, verdict: 'inconclusive/denied-on-the-way' },
      { name: 'a command succeeded without a denial, but not as the control', expect: allowed, seen: printed('1'), control: printed('2'), action: SHELL, verdict: 'pass/allowed' },
      { name: 'a command exits with the declared status', expect: { ...allowed, exit: 1 }, seen: seen({ exit: 1 }), control: seen({ exit: 1 }), action: RUN, verdict: 'pass/allowed' },
      { name: 'the service answers with the declared HTTP status', expect: { ...allowed, status: 404 }, seen: seen({ status: 404 }), control: OK, action: HTTP, verdict: 'pass/allowed' },
      { name: 'it failed with a record, and the control succeeded', expect: allowed, seen: EACCES, witnesses: [DENIED], control: OK, verdict: 'fail/denied-but-allowed' },
      { name: 'it failed with a record, and the control failed too', expect: allowed, seen: EACCES, witnesses: [DENIED], control: EACCES, verdict: 'fail/denied-but-allowed' },
      { name: 'it failed without a record, and the control succeeded', expect: allowed, seen: EACCES, control: OK, verdict: 'fail/denied-silently-but-allowed' },
      { name: 'it failed without a record, and the control failed too', expect: allowed, seen: EACCES, control: EACCES, verdict: 'inconclusive/not-the-profile' },
      { name: 'it failed without a record, and there is no control', expect: allowed, seen: EACCES, verdict: 'inconclusive/not-the-profile' },
      { name: 'the declared record may be noise', expect: { ...allowed, audit: { operation: { equals: 'open' } } }, seen: OK, witnesses: [witness({ type: 'AUDIT', by: 'window' })], control: OK, action: RUN, verdict: 'inconclusive/no-witness' },
      { name: 'the declared record is of its own process', expect: { ...allowed, audit: { operation: { equals: 'open' } } }, seen: OK, witnesses: [witness({ type: 'AUDIT', by: 'pid' })], control: OK, action: RUN, verdict: 'pass/allowed' },
    ]);
  });

  describe('of an access that was to succeed with a complaint', () => {
    // prettier-ignore
    judges([
      { name: 'it succeeded with an ALLOWED record', expect: complains, seen: OK, witnesses: [witness({ type: 'ALLOWED' })], control: OK, verdict: 'pass/complained' },
      { name: 'it succeeded without a record', expect: complains, seen: OK, control: OK, verdict: 'fail/no-complaint' },
      { name: 'it failed', expect: complains, seen: EACCES, witnesses: [DENIED], control: OK, verdict: 'fail/denied-in-complain' },
      { name: 'the record is of the start of a command', expect: complains, seen: seen({ exit: 0 }), witnesses: [witness({ type: 'ALLOWED', fields: { operation: 'exec' } })], control: OK, action: RUN, verdict: 'pass/complained' },
      { name: 'the record is of something else that a command did', expect: complains, seen: seen({ exit: 0 }), witnesses: [witness({ type: 'ALLOWED', by: 'pid' })], control: OK, action: RUN, verdict: 'inconclusive/no-witness' },
      { name: 'the record is the declared one of a command', expect: { ...complains, audit: { name: { equals: '/x' } } }, seen: seen({ exit: 0 }), witnesses: [witness({ type: 'ALLOWED', by: 'pid' })], control: OK, action: RUN, verdict: 'pass/complained' },
      { name: 'the record may be noise', expect: complains, seen: OK, witnesses: [witness({ type: 'ALLOWED', by: 'window' })], control: OK, action: RUN, verdict: 'inconclusive/no-witness' },
    ]);
  });

  describe('of the label of who made the attempt', () => {
    // prettier-ignore
    judges([
      { name: 'it is that of an unconfined process', expect: allowed, seen: seen({ process: under('unconfined', 'x (enforce)') }), verdict: 'inconclusive/wrong-label' },
      { name: 'it has another mode', expect: denied, seen: { ...EACCES, process: under('x (complain)', 'x (enforce)') }, witnesses: [DENIED], control: OK, verdict: 'inconclusive/wrong-label' },
      { name: 'it is gone', expect: denied, seen: { ...EACCES, process: under('none', 'x (enforce)') }, witnesses: [DENIED], control: OK, verdict: 'inconclusive/wrong-label' },
      { name: 'the control is confined', expect: denied, seen: EACCES, witnesses: [DENIED], control: seen({ process: under('x (enforce)', 'unconfined') }), verdict: 'inconclusive/wrong-label' },
      { name: 'it is as expected', expect: denied, seen: { ...EACCES, process: under('x (enforce)', 'x (enforce)') }, witnesses: [DENIED], control: OK, verdict: 'pass/denied' },
      { name: 'its stack is in another order', expect: denied, seen: { ...EACCES, process: under('y//&x (enforce)', 'x//&y (enforce)') }, witnesses: [DENIED], control: OK, verdict: 'pass/denied' },
    ]);
  });

  describe('of the label after an exec', () => {
    // prettier-ignore
    judges([
      { name: 'it is the declared one', expect: { ...allowed, label: { equals: 'x//in' } }, seen: seen({ carried: { pid: 1, label: 'x//in', mode: 'enforce', secure: true } }), verdict: 'pass/allowed' },
      { name: 'its stack is in another order', expect: { ...allowed, label: { equals: 'a//&b' } }, seen: seen({ carried: { pid: 1, label: 'b//&a', mode: 'enforce' } }), verdict: 'pass/allowed' },
      { name: 'it is another one', expect: { ...allowed, label: { equals: 'x' } }, seen: seen({ carried: { pid: 1, label: 'x//in' } }), verdict: 'fail/other-label' },
      { name: 'it has another mode', expect: { ...allowed, mode: 'enforce' }, seen: seen({ carried: { pid: 1, label: 'x', mode: 'complain' } }), verdict: 'fail/other-label' },
      { name: 'it could not be read', expect: { ...allowed, label: { equals: 'x' } }, seen: OK, verdict: 'inconclusive/label-unread' },
      { name: 'the environment was scrubbed, as declared', expect: { ...allowed, secure: true }, seen: seen({ carried: { pid: 1, label: 'x', secure: true } }), verdict: 'pass/allowed' },
      { name: 'the environment was scrubbed, and should not have been', expect: { ...allowed, secure: false }, seen: seen({ carried: { pid: 1, label: 'x', secure: true } }), verdict: 'fail/other-label' },
      { name: 'nothing shows whether the environment was scrubbed', expect: { ...allowed, secure: false }, seen: seen({ carried: { pid: 1, label: 'x' } }), verdict: 'inconclusive/label-unread' },
    ]);
  });

  describe('of the further conditions of a spec', () => {
    // prettier-ignore
    judges([
      { name: 'the exit status is the declared one', expect: { ...denied, exit: 2 }, seen: { ...REFUSED, exit: 2 }, witnesses: [OWN], control: OK, action: CAT, verdict: 'pass/denied' },
      { name: 'the exit status is another one', expect: { ...denied, exit: 2 }, seen: seen({ exit: 1 }), witnesses: [DENIED], control: OK, action: RUN, verdict: 'fail/condition' },
      { name: 'the exit status should be an error, but the command did not start', expect: { ...denied, exit: 'nonzero' }, seen: seen({ stage: 'exec', errno: 'EACCES' }), witnesses: [DENIED], control: OK, action: RUN, verdict: 'fail/condition' },
      { name: 'the errno is another one', expect: { ...denied, errno: 'EPERM' }, seen: EACCES, witnesses: [DENIED], control: OK, verdict: 'fail/condition' },
      { name: 'the record fits', expect: { ...denied, audit: { name: { equals: '/x' }, denied_mask: { equals: 'r' } } }, seen: EACCES, witnesses: [DENIED], control: OK, verdict: 'pass/denied' },
      { name: 'one of two records fits', expect: { ...denied, audit: { name: { equals: '/x' } } }, seen: EACCES, witnesses: [witness({ fields: { name: '/y' } }), DENIED], control: OK, verdict: 'pass/denied' },
      { name: 'the record does not fit', expect: { ...denied, audit: { name: { equals: '/y' } } }, seen: EACCES, witnesses: [DENIED], control: OK, verdict: 'fail/condition' },
      { name: 'the record lacks the declared key', expect: { ...denied, audit: { family: { equals: 'inet' } } }, seen: EACCES, witnesses: [DENIED], control: OK, verdict: 'fail/condition' },
      { name: 'the output fits', expect: { ...allowed, stdout: { contains: 'a' } }, seen: printed('ab'), control: OK, action: RUN, verdict: 'pass/allowed' },
      { name: 'the output does not fit', expect: { ...allowed, stdout: { contains: 'c' } }, seen: printed('ab'), control: OK, action: RUN, verdict: 'fail/condition' },
      { name: 'the output was cut', expect: { ...allowed, stdout: { contains: 'a' } }, seen: seen({ exit: 0, stdout: { text: 'ab', bytes: 3, truncated: true } }), control: OK, action: RUN, verdict: 'inconclusive/output-cut' },
    ]);
  });

  describe('of an attempt without a usable answer', () => {
    // prettier-ignore
    judges([
      { name: 'it timed out', expect: denied, seen: seen({ stage: 'timeout' }), witnesses: [DENIED], control: OK, verdict: 'inconclusive/timeout' },
      { name: 'the answer was lost', expect: allowed, seen: seen({ stage: 'lost', problem: 'gone' }), control: OK, verdict: 'inconclusive/no-answer' },
      { name: 'records may be missing, and it failed as it was to', expect: denied, seen: EACCES, witnesses: [DENIED], control: OK, loss: 'overrun', verdict: 'inconclusive/records-lost' },
      { name: 'records may be missing, and it succeeded as it was to', expect: allowed, seen: OK, control: OK, loss: 'overrun', verdict: 'inconclusive/records-lost' },
    ]);
  });

  it('compares labels of records by the names of the profile file', () => {
    const names = new Map([['web.run', 'web']]);
    const witnesses = [witness({ fields: { profile: 'web.run', peer: 'web.run//child', name: '/srv/web.run' } })];
    const codeFor = (audit: Record<string, string>): string => {
      const wanted = Object.fromEntries(Object.entries(audit).map(([key, equals]) => [key, { equals }]));
      const parts = facts({ expect: { ...denied, audit: wanted }, seen: EACCES, control: OK, witnesses });
      return decide({ ...parts, names }).code;
    };
    expect(codeFor({ profile: 'web', peer: 'web//child', name: '/srv/web.run' })).to.equal('denied');
    expect(codeFor({ profile: 'web.run' })).to.equal('condition');
    expect(codeFor({ name: '/srv/web' })).to.equal('condition');
  });

  it('is never a pass for what did not come to an end, whatever else is known', () => {
    for (const access of ['denied', 'allowed', 'complains'] as const) {
      for (const stage of ['timeout', 'lost'] as const) {
        for (const type of ['DENIED', 'ALLOWED', 'KILLED']) {
          const unfinished = seen({ stage, problem: 'x' });
          const { kind } = decide(
            facts({ expect: { access }, seen: unfinished, witnesses: [witness({ type })], control: OK }),
          );
          expect(kind, `${access}, ${stage}, ${type}`).to.equal('inconclusive');
        }
      }
    }
  });

  it('is reached by a test, whichever row of the table it is', () => {
    const ofProbes = Object.keys(VERDICTS).filter((code) => !OF_CLASSES.includes(code));
    expect([...reached].sort()).to.deep.equal(ofProbes.sort());
  });
});

describe('the notes', () => {
  const proved = { expect: denied, witnesses: [DENIED], control: OK };

  it('are none where a denial is all there is to say', () => {
    expect(decide(facts({ ...proved, seen: EACCES })).notes).to.deep.equal([]);
  });

  it('name what the spec declares in place of the access', () => {
    const stopped = seen({ errno: 'EACCES', stoppedAt: 'open', remark: 'at open' });
    const witnesses = [{ ...DENIED, before: 'open' }];
    const { kind, notes } = decide(facts({ expect: { ...denied, by: 'open' }, control: OK, witnesses, seen: stopped }));
    expect(kind).to.equal('pass');
    expect(notes).to.deep.equal(['Denied by `open`, as declared, so the access itself was not decided on.']);
  });
});
