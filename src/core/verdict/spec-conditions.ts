/** The further conditions of `expect`, on top of the access itself. Pure. */
import { labelText, sameLabel } from '../model/labels.ts';
import type {
  ResultingLabel,
  Expectation,
  Observation,
  Probe,
  RecordMatch,
  TextMatch,
  Verdict,
  Witness,
} from '../model/model.ts';
import { verdict } from './verdicts.ts';
import { isComplaint, isDenial, isOfAccess, silentDenials, unmetBy, type Facts } from './facts.ts';
import { matchText } from './match.ts';
import { probeOutcome } from './outcome.ts';

/** @returns the verdict on the first condition that does not hold, or cannot be checked; undefined when all hold. */
export function unmetCondition(facts: Facts): Verdict | undefined {
  const { expect } = facts.probe;
  const { observation } = facts;

  return (
    wrongExit(expect, observation) ??
    wrongErrno(expect, observation) ??
    wrongStatus(expect, observation) ??
    wrongOutput(expect, observation) ??
    wrongResultingLabel(expect, observation) ??
    wrongRecords(facts)
  );
}

function unmet(problem: string): Verdict {
  return verdict('condition', { problem });
}

function wrongExit({ exit: expected }: Expectation, { exit }: Observation): Verdict | undefined {
  const holds = expected === 'nonzero' ? exit !== undefined && exit !== 0 : exit === expected;
  if (expected === undefined || holds) return undefined;
  return unmet(`Expected exit status ${expected}, got ${exit ?? 'none'}`);
}

function wrongErrno({ errno: expected }: Expectation, { errno }: Observation): Verdict | undefined {
  if (expected === undefined || errno === expected) return undefined;
  return unmet(`Expected errno ${expected}, got ${errno ?? 'none'}`);
}

function wrongStatus({ status: expected }: Expectation, { status }: Observation): Verdict | undefined {
  if (expected === undefined || status === expected) return undefined;
  return unmet(`Expected HTTP status ${expected}, got ${status ?? 'none'}`);
}

function wrongOutput({ stdout, stderr, body }: Expectation, observation: Observation): Verdict | undefined {
  return (
    wrongText('Standard output', stdout, observation.stdout) ??
    wrongText('Standard error', stderr, observation.stderr) ??
    wrongText('The body', body, observation.stdout)
  );
}

function wrongText(
  stream: string,
  expected: TextMatch | undefined,
  { text, truncated }: Observation['stdout'],
): Verdict | undefined {
  if (expected === undefined) return undefined;
  if (truncated) return verdict('output-cut', { stream });
  const problem = matchText(expected, text);
  return problem === undefined ? undefined : unmet(`${stream}: ${problem}`);
}

/** Label, mode and AT_SECURE of what was executed, or of a process that changed its label. */
function wrongResultingLabel(expect: Expectation, { carried: resulting }: Observation): Verdict | undefined {
  const { label, mode, secure } = expect;
  if (label === undefined && mode === undefined && secure === undefined) return undefined;
  if (resulting === undefined) return verdict('label-unread', { unread: 'The label after exec' });

  const problem = wrongName(label, resulting);
  if (problem !== undefined) return verdict('other-label', { problem: `Label: ${problem}` });
  if (mode !== undefined && resulting.mode !== mode) {
    const actual = labelText(resulting.label, resulting.mode);
    return verdict('other-label', { problem: `Expected mode ${mode}, got ${actual}` });
  }
  return secure === undefined ? undefined : wrongSecureMode(secure, resulting);
}

/** A stack that is written in another order is the same label. */
function wrongName(expected: TextMatch | undefined, { label }: ResultingLabel): string | undefined {
  if (expected === undefined) return undefined;
  const isSameStack = expected.equals?.includes('//&') === true && sameLabel(expected.equals, label);
  return isSameStack ? undefined : matchText(expected, label);
}

function wrongSecureMode(expected: boolean, { secure }: ResultingLabel): Verdict | undefined {
  if (secure === undefined) return verdict('label-unread', { unread: 'Whether the environment was scrubbed' });
  if (secure === expected) return undefined;
  return verdict('other-label', {
    problem: secure
      ? 'Expected the environment to be kept, but it was scrubbed (AT_SECURE)'
      : 'Expected the environment to be scrubbed, but it was not (no AT_SECURE)',
  });
}

function wrongRecords(facts: Facts): Verdict | undefined {
  const { audit } = facts.probe.expect;
  if (audit === undefined) return undefined;
  if (audit !== 'none') return wrongRecord(facts, audit);

  const count = facts.witnesses.length;
  return count === 0 ? undefined : unmet(`Expected no audit records, got ${count}`);
}

/** At least one record has to fit, and has to be the probe's own where the control shows no difference. */
function wrongRecord(facts: Facts, audit: RecordMatch): Verdict | undefined {
  const witnesses = [...facts.witnesses, ...evidenceFor(facts, audit)];
  const candidates = witnesses.filter((witness) => mayMeet(facts.probe, audit, witness));
  const problems = candidates.map(({ record }) => unmetBy(audit, record, facts));
  const fitting = candidates.filter((_, i) => problems[i] === undefined);

  if (fitting.length === 0) {
    const [firstProblem] = problems;
    return unmet(`No audit record fits the spec${firstProblem === undefined ? '' : ` (${firstProblem})`}`);
  }
  if (isShownByControl(facts) || fitting.some(({ by }) => by !== 'window')) return undefined;
  return verdict('no-witness', { missing: 'owner', record: 'the record that the spec names' });
}

/** The type of its records is what a second attempt cannot show. */
function evidenceFor({ evidence }: Facts, audit: RecordMatch): readonly Witness[] {
  return audit['apparmor'] === undefined ? silentDenials(evidence) : [];
}

/** A denial is met by a record of a denial, and a complaint by one of a complaint, unless the spec names the type. */
function mayMeet(probe: Probe, audit: RecordMatch, witness: Witness): boolean {
  const { access } = probe.expect;
  if (access === 'allowed') return true;
  if (!isOfAccess(probe, witness)) return false;
  if (audit['apparmor'] !== undefined) return true;
  return access === 'denied' ? isDenial(witness) : isComplaint(witness);
}

/** Whether the control shows that the profile makes the difference. */
function isShownByControl({ probe, control }: Facts): boolean {
  if (probe.expect.access !== 'denied' || control === undefined) return false;
  return probeOutcome(probe, control).kind === 'succeeded';
}
