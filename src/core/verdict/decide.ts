/**
 * The order of the rules that lead from expectation, observation, records and control to one verdict. Every verdict is
 * a row of src/core/verdict/verdicts.ts. One that could not be reached is never a pass. Pure.
 */
import { describeAction } from '../model/describe-action.ts';
import { sameLabel } from '../model/labels.ts';
import type { Probe, Verdict, VerdictCode, Witness } from '../model/model.ts';
import { NOTES, verdict } from './verdicts.ts';
import { isRefusedStart, judgeDeniedCommand } from './command-denial.ts';
import { likelyDenial } from './decisive-denial.ts';
import { incompleteSuccess } from './incomplete-success.ts';
import { looseConditionNotes } from './loose-conditions.ts';
import { unmetCondition } from './spec-conditions.ts';
import { denialText } from './denial-text.ts';
import { isComplaint, isDenial, isOfAccess, isProof, silentDenials, unmetBy, type Facts } from './facts.ts';
import {
  isAppArmorErrno,
  isRefusedByNoNewPrivs,
  strangeEnd,
  unaskedReason,
  undecidedDenial,
  withoutUndecided,
} from './not-asked.ts';
import { likelyLayer } from './other-layers.ts';
import { isDeniedAgainst } from './policy-question.ts';
import { isTelling } from './telling.ts';
import { exitOutcome, isCommand, outcomeAsDeclared, outcomeText, probeOutcome, type ProbeOutcome } from './outcome.ts';

/** Verdicts that a record alone does not lead to. */
const RESTS_ON_CONTROL: ReadonlySet<string> = new Set<VerdictCode>([
  'denied',
  'denied-silently',
  'denied-quietly',
  'not-started',
  'vacuous',
  'denied-silently-but-allowed',
  'denied-on-the-way',
  'not-the-profile',
  'no-witness',
]);

/** Judges one probe. */
export function decide(known: Facts): Verdict {
  const facts = withoutUndecided(known);
  const undecided = undecidedDenial(known);
  const outcome = outcomeOf(facts);

  return (
    wrongLabel(facts) ??
    letThrough(facts, outcome) ?? // before lost records, which cannot change it
    recordsLost(facts) ??
    noUsableAnswer(outcome) ??
    nothingDecided(facts, undecided) ??
    withConditions(
      facts,
      withNotes(facts, ofSameFile(facts, withRuling(facts, notByLeftover(facts, judgeAccess(facts, outcome))))),
    )
  );
}

/** A shell exits with the same status whether it finds no program or a program is kept from starting. */
function outcomeOf(facts: Facts): ProbeOutcome {
  const outcome = outcomeAsDeclared(facts.probe, facts.observation);
  const isNotFound = outcome.kind === 'unclear' && outcome.code === 'not-runnable' && isCommand(facts.probe);
  return isNotFound && isRefusedStart(facts) ? exitOutcome(facts.observation) : outcome;
}

function wrongLabel({ observation, control }: Facts): Verdict | undefined {
  const processes = [observation.process, observation.other, control?.process, control?.other];
  const stray = processes.find((proof) => proof !== undefined && !sameLabel(proof.label, proof.expected));
  return stray && verdict('wrong-label', stray);
}

function letThrough(facts: Facts, outcome: ProbeOutcome): Verdict | undefined {
  const { action, expect } = facts.probe;
  if (expect.access !== 'denied' || outcome.kind !== 'succeeded') return undefined;
  return withNotes(facts, verdict('let-through', { action: describeAction(action) }));
}

function recordsLost({ loss }: Facts): Verdict | undefined {
  return loss === undefined ? undefined : verdict('records-lost', { loss });
}

function noUsableAnswer(outcome: ProbeOutcome): Verdict | undefined {
  return outcome.kind === 'unclear' ? verdict(outcome.code, outcome) : undefined;
}

/** All that was refused was refused by no rule. */
function nothingDecided({ probe, witnesses }: Facts, why: string | undefined): Verdict | undefined {
  if (probe.expect.access !== 'denied' || why === undefined || witnesses.some(isDenial)) return undefined;
  return verdict('not-asked', { why });
}

function judgeAccess(facts: Facts, outcome: ProbeOutcome): Verdict {
  switch (facts.probe.expect.access) {
    case 'denied':
      return judgeDenied(facts, outcome);
    case 'allowed':
      return judgeAllowed(facts, outcome);
    case 'complains':
      return judgeComplains(facts, outcome);
  }
}

/** A difference to the control proves nothing where the two differ in what an earlier probe left. */
function notByLeftover(facts: Facts, judged: Verdict): Verdict {
  const { leftover, witnesses, evidence, control } = facts;
  if (leftover === undefined || control === undefined || !RESTS_ON_CONTROL.has(judged.code)) return judged;
  const denials = [...witnesses.filter(isDenial), ...silentDenials(evidence)];
  const isProved = denials.some((denial) => isOfAccess(facts.probe, denial) && isProof(facts, denial));
  return isProved ? judged : verdict('earlier-probe', leftover);
}

/** A pass is of the file that the probe names, wherever it leads, only if it leads there in both containers. */
function ofSameFile({ elsewhere }: Facts, judged: Verdict): Verdict {
  return judged.kind === 'pass' && elsewhere !== undefined ? verdict('leads-elsewhere', elsewhere) : judged;
}

/** The access was to be denied, and did not succeed. */
function judgeDenied(facts: Facts, outcome: ProbeOutcome): Verdict {
  const quiet = judgeQuietDenial(facts, outcome);
  if (quiet !== undefined) return quiet;

  const control = controlOutcome(facts);
  return isCommand(facts.probe) ? judgeCommand(facts, outcome, control) : judgeDeniedAccess(facts, outcome, control);
}

function judgeCommand(facts: Facts, outcome: ProbeOutcome, control: ProbeOutcome | undefined): Verdict {
  if (control?.kind === 'unclear') return controlUnclear(control);
  return judgeDeniedCommand(facts, outcome, control?.kind === 'failed' ? controlFailure(facts, control) : undefined);
}

function controlUnclear({ why, code }: Extract<ProbeOutcome, { kind: 'unclear' }>): Verdict {
  return verdict('control-unclear', { why, isProgramMissing: code === 'not-runnable' });
}

function judgeDeniedAccess(facts: Facts, outcome: ProbeOutcome, control: ProbeOutcome | undefined): Verdict {
  const denials = facts.witnesses.filter((witness) => isDenial(witness) && isOfAccess(facts.probe, witness));
  const hasDenial = denials.length > 0;
  const proof = denials.find((denial) => isProof(facts, denial));
  const isProved = proof !== undefined && !endedOtherwise(facts);
  const denial = denialOf(proof ?? denials[0]);

  const other = hasDenial ? strangeDenial(facts, denials) : otherDenial(facts);
  if (other !== undefined) return other;
  if (control?.kind === 'unclear') return controlUnclear(control);
  if (control?.kind === 'failed') {
    const how = controlFailure(facts, control);
    return isProved ? verdict('denied-twice', { how, denial }) : verdict('vacuous', { how, hasDenial });
  }
  if (isProved) return verdict('denied', { denial });
  if (hasDenial && control === undefined) return unmetCondition(facts) ?? verdict('no-witness', { missing: 'cause' });
  if (hasDenial) return judgeDeniedRequest(facts);
  return judgeWithoutRecord(facts, outcome);
}

function strangeDenial(facts: Facts, denials: readonly Witness[]): Verdict | undefined {
  const why = strangeEnd(facts, denials);
  return why === undefined ? undefined : verdict('not-asked', { why });
}

/**
 * A capability is often asked for and refused by the way: the kernel then tries another one, goes on, and finds that
 * the file is not there. Such a denial has decided nothing where the control ends with the same errno.
 */
function endedOtherwise({ probe: { expect }, observation: { errno, signal }, control }: Facts): boolean {
  if (expect.by === undefined || errno === undefined || signal !== undefined || isAppArmorErrno(errno)) return false;
  return control === undefined || control.errno === errno;
}

/** The service is refused much that no request is about: only a record that the spec names shows why one failed. */
function judgeDeniedRequest(facts: Facts): Verdict {
  const { witnesses } = facts;
  const { audit } = facts.probe.expect;
  const named = isTelling(audit)
    ? witnesses.find((witness) => isDenial(witness) && unmetBy(audit, witness.record, facts) === undefined)
    : undefined;
  return named === undefined
    ? verdict('no-witness', { missing: 'request', denial: denialOf(witnesses.find(isDenial)) })
    : verdict('denied', { denial: denialOf(named) });
}

/** It was to be denied and failed, and nothing was recorded. */
function judgeWithoutRecord(facts: Facts, outcome: ProbeOutcome): Verdict {
  const { probe, observation } = facts;
  const { audit, by } = probe.expect;
  const isAtAccess = observation.stoppedAt === undefined || by !== undefined;
  if (audit === 'none' && isAtAccess) return judgeSilentDenial(facts);

  const unasked = unaskedReason(probe, observation);
  if (unasked !== undefined) return verdict('not-asked', { why: unasked });
  return verdict('silent-denial', { how: outcomeText(outcome) });
}

/** Denied without a record, under an audit mode that takes part in the decision: the evidence stands for the record. */
function judgeQuietDenial({ evidence, ...facts }: Facts, outcome: ProbeOutcome): Verdict | undefined {
  const denials = silentDenials(evidence);
  const { probe, witnesses } = facts;
  if (denials.length === 0 || witnesses.some(isDenial) || probe.expect.audit === 'none') return undefined;

  const judged = judgeDenied({ ...facts, witnesses: denials }, outcome);
  if (judged.code === 'not-started') return judged;
  if (judged.kind === 'pass')
    return verdict('denied-quietly', { denial: denialOf(denials.find((one) => isOfAccess(probe, one))) });
  return judged.code === 'other-denial' ? judged : undefined;
}

/** AppArmor denied something of an operation, but not what the probe is about. */
function otherDenial({ probe, witnesses }: Facts): Verdict | undefined {
  const first = witnesses.find(isDenial);
  if (first === undefined) return undefined;
  return verdict('other-denial', {
    denial: denialText(first.record),
    action: describeAction(probe.action),
    by: first.before,
    declared: probe.expect.by,
  });
}

function denialOf(witness: Witness | undefined): string | undefined {
  return witness && denialText(witness.record);
}

/** The spec expects no record. So the control has to show that the profile is the cause. */
function judgeSilentDenial({ probe, observation, control, isRecorded }: Facts): Verdict {
  if (control === undefined) return verdict('no-witness', { missing: 'control' });

  const { errno, stoppedAt } = observation;
  const unasked = stoppedAt === undefined ? undefined : unaskedReason(probe, observation);
  if (unasked !== undefined) return verdict('not-asked', { why: unasked });
  const isExpectedErrno = probe.expect.errno !== undefined || isAppArmorErrno(errno);
  if (probe.action.kind === 'http' && errno !== undefined && probe.expect.errno === undefined)
    return verdict('no-witness', { missing: 'answer', errno });
  if (probe.action.kind === 'operation' && !isExpectedErrno) return verdict('no-witness', { missing: 'errno', errno });

  if (isRecorded === true && isAlwaysRecorded(probe)) return verdict('no-witness', { missing: 'record' });
  return verdict('denied-silently');
}

/**
 * Classes of which the kernel records each denial by a rule: other than capabilities, which it records once, and
 * changes of the profile, which it also refuses before it asks a rule.
 */
const RECORDED_CLASSES: ReadonlySet<string> = new Set([
  'file',
  'network',
  'mount',
  'ptrace',
  'signal',
  'rlimit',
  'mqueue',
  'io_uring',
  'userns',
]);

function isAlwaysRecorded({ action }: Probe): boolean {
  return action.kind === 'operation' && RECORDED_CLASSES.has(action.class);
}

/** The kernel says that it was denied, the answer that it was not: one of them is somebody else's. */
function deniedAndDone(denial: Witness): Verdict {
  return verdict('denied-and-done', { denial: denialOf(denial) });
}

function judgeAllowed(facts: Facts, outcome: ProbeOutcome): Verdict {
  const { probe, witnesses } = facts;
  const denials = witnesses.filter(isDenial);
  const firstDenial = isCommand(probe) ? likelyDenial(facts) : denials[0];

  if (outcome.kind === 'succeeded') {
    const against = probe.action.kind === 'operation' ? denials.find((one) => isOfAccess(probe, one)) : undefined;
    if (against !== undefined) return unmetCondition(facts) ?? deniedAndDone(against);
    const incomplete = firstDenial === undefined ? undefined : incompleteSuccess(facts);
    if (incomplete !== undefined) return verdict('denied-on-the-way', incomplete);
    return verdict('allowed', { denials: denials.length });
  }

  const how = outcomeText(outcome);
  if (firstDenial !== undefined) return verdict('denied-but-allowed', { how, isQuiet: false });

  if (silentDenials(facts.evidence).length > 0) return verdict('denied-but-allowed', { how, isQuiet: true });

  const controlResult = controlOutcome(facts);
  if (controlResult === undefined) return verdict('not-the-profile', { how, controlHow: undefined });
  if (controlResult.kind === 'succeeded') {
    const isByNoNewPrivs = isRefusedByNoNewPrivs(facts);
    return verdict('denied-silently-but-allowed', { how, isByNoNewPrivs });
  }
  return verdict('not-the-profile', { how, controlHow: controlFailure(facts, controlResult) });
}

function judgeComplains(facts: Facts, outcome: ProbeOutcome): Verdict {
  const complaints = facts.witnesses.filter((witness) => isComplaint(witness) && isOfAccess(facts.probe, witness));

  if (outcome.kind === 'failed') return verdict('denied-in-complain', { how: outcome.how });
  const proof = complaints.find((complaint) => isProof(facts, complaint));
  if (proof !== undefined) return verdict('complained', { denial: denialOf(proof) });
  if (complaints.length > 0) return verdict('no-witness', { missing: 'owner', record: 'an ALLOWED record' });
  return verdict('no-complaint');
}

/** Modes in which what succeeds is what the policy allows. */
const DECIDING_MODES = /^[\s\S]* \((?:enforce|kill)\)$/;

/** What the kernel answers of the policy has a say: a pass that contradicts it is none. */
function withRuling({ probe, observation, witnesses, ruling }: Facts, judged: Verdict): Verdict {
  const { access, by } = probe.expect;
  if (judged.kind !== 'pass' || ruling === undefined || by !== undefined) return judged;

  if (access === 'allowed') {
    const isDecided = DECIDING_MODES.test(observation.process?.label ?? '');
    return isDecided && !ruling.allowed ? verdict('contradiction', ruling) : judged;
  }
  const denials = witnesses.filter((witness) => isDenial(witness) && isOfAccess(probe, witness));
  const isAgainst = access === 'denied' && ruling.allowed;
  return isAgainst && denials.every(({ record }) => isDeniedAgainst(ruling, record))
    ? verdict('contradiction', ruling)
    : judged;
}

/** A pass has to meet the further conditions of the spec as well. */
function withConditions(facts: Facts, judged: Verdict): Verdict {
  if (judged.kind !== 'pass') return judged;
  return unmetCondition(facts) ?? judged;
}

function withNotes(facts: Facts, judged: Verdict): Verdict {
  const { probe } = facts;
  const isProvedDenial = judged.kind === 'pass' && probe.expect.access === 'denied';
  const notes = [...judged.notes, ...looseConditionNotes(facts, judged)];
  if (probe.direct) notes.push(NOTES.startedByDocker);
  if (isProvedDenial && probe.expect.by !== undefined) notes.push(NOTES.deniedBefore(probe.expect.by));
  return { ...judged, notes };
}

function controlOutcome({ probe, control }: Facts): ProbeOutcome | undefined {
  return control && probeOutcome(probe, control);
}

/** @returns how the control failed, and which layer that points at. */
function controlFailure(facts: Facts, outcome: ProbeOutcome): string {
  return `${outcomeText(outcome)}${layerText(facts)}`;
}

/** Which layer the control's failure points at, to follow how it failed. */
function layerText({ probe, control, container }: Facts): string {
  if (control === undefined) return '';
  if (control.process !== undefined && control.process.expected !== 'unconfined')
    return '; its baseline profile may deny it as well';

  const layer = container && likelyLayer(probe, control, container);
  return layer === undefined ? '' : `; likely ${layer}`;
}
