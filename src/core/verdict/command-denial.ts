/** Judges a command that was to be denied and did not succeed. Pure. */
import type { Verdict, Witness } from '../model/model.ts';
import { oneLine } from '../text/visible.ts';
import { isByTheWay } from './by-the-way.ts';
import { decisiveDenial, type DecisiveDenial } from './decisive-denial.ts';
import { denialText, recordCondition, startDenialText } from './denial-text.ts';
import { failureLines, type TellingLine } from './failure-lines.ts';
import { isDenial, isProof, unmetBy, type Facts } from './facts.ts';
import { outcomeText, type ProbeOutcome } from './outcome.ts';
import { unmetCondition } from './spec-conditions.ts';
import { isTelling } from './telling.ts';
import { verdict } from './verdicts.ts';

/** Longest line of a command's output in a sentence. */
const SAID = 160;
/** What a shell exits with when it cannot execute what it found. */
const NOT_EXECUTABLE = 126;

/**
 * @param outcome how it failed. @param controlFailure how the control failed, in words; undefined when it did not fail,
 * or was not tried.
 */
export function judgeDeniedCommand(facts: Facts, outcome: ProbeOutcome, controlFailure: string | undefined): Verdict {
  if (controlFailure !== undefined) return judgeWithFailedControl(facts, controlFailure);
  const decisive = facts.control === undefined ? provedDenial(facts) : shownDenial(facts);
  if (decisive !== undefined) return passOf(decisive);

  if (facts.witnesses.some(isDenial)) return unmetCondition(facts) ?? withoutFit(facts);
  if (facts.probe.expect.audit === 'none') return judgeSilently(facts);
  return verdict('silent-denial', { how: outcomeText(outcome) });
}

function passOf({ record, isStart }: DecisiveDenial): Verdict {
  return isStart
    ? verdict('not-started', { denial: startDenialText(record) })
    : verdict('denied', { denial: denialText(record) });
}

/** The denial that shows the cause by itself, without a control. */
function provedDenial(facts: Facts): DecisiveDenial | undefined {
  const proofs = facts.witnesses.filter((witness) => isDenial(witness) && isProof(facts, witness));
  const decisive = decisiveDenial({ ...facts, witnesses: proofs });
  const [proof] = proofs;
  return decisive ?? (proof && { record: proof.record, isStart: false });
}

/** The denial that a control which succeeds shows to be the cause: the one that the spec names, or that fits. */
function shownDenial(facts: Facts): DecisiveDenial | undefined {
  const { audit } = facts.probe.expect;
  const decisive = decisiveDenial(facts);
  if (!isTelling(audit) || (decisive !== undefined && unmetBy(audit, decisive.record, facts) === undefined))
    return decisive;

  const named = facts.witnesses.filter(
    (witness) => isDenial(witness) && unmetBy(audit, witness.record, facts) === undefined,
  );
  const fitting = decisiveDenial({ ...facts, witnesses: named });
  const own = named.find(({ by }) => by !== 'window');
  return fitting ?? (own && { record: own.record, isStart: false }) ?? decisive;
}

function judgeWithFailedControl(facts: Facts, how: string): Verdict {
  const denials = facts.witnesses.filter(isDenial);
  const proved = provedDenial(facts);
  if (proved === undefined) return verdict('vacuous', { how, hasDenial: denials.length > 0 });

  const denial = proved.isStart ? startDenialText(proved.record) : denialText(proved.record);
  const isStartedThere = facts.control?.stage !== 'exec';
  if (proved.isStart && isStartedThere && !isTelling(facts.probe.expect.audit))
    return verdict('vacuous', { how, hasDenial: true, notStarted: denial });
  return verdict('denied-twice', { how, denial });
}

/** There are denials, but none that fits. */
function withoutFit(facts: Facts): Verdict {
  const { probe, observation, control, witnesses } = facts;
  if (control === undefined) return verdict('no-witness', { missing: 'cause' });
  const { audit } = probe.expect;
  if (isTelling(audit)) return verdict('no-witness', { missing: 'owner', record: 'the record that the spec names' });

  const denials = witnesses.filter(isDenial);
  const likely = denials.findLast((witness) => isLikely(witness));
  const shown = likely ?? denials.at(-1);
  const { telling } = failureLines(observation, control);
  return verdict('no-witness', {
    missing: 'fit',
    denial: shown === undefined ? 'something' : denialText(shown.record),
    said: telling?.kind === 'elsewhere' ? quotedLine(telling.text) : undefined,
    condition: likely && recordCondition(likely.record),
  });
}

function isLikely({ record, by }: Witness): boolean {
  return by !== 'window' && !isByTheWay(record);
}

/** The spec expects no record. So the control has to show that the profile is the cause. */
function judgeSilently({ observation, control, isRecorded }: Facts): Verdict {
  if (control === undefined) return verdict('no-witness', { missing: 'control' });

  const { telling } = failureLines(observation, control);
  const isOfFile = observation.stage === 'exec' || telling?.kind === 'loader' || isAboutPath(telling);
  if (isRecorded === true && isOfFile) return verdict('no-witness', { missing: 'record' });
  if (observation.stage === 'exec' || telling?.kind === 'loader') return verdict('not-started', { denial: undefined });
  if (telling?.kind === 'elsewhere')
    return verdict('no-witness', { missing: 'permission', said: quotedLine(telling.text) });
  if (telling !== undefined && observation.exit === NOT_EXECUTABLE)
    return verdict('not-started', { denial: undefined });
  return verdict('denied-silently');
}

/** Whether the line says that permission for a file was missing. */
function isAboutPath(telling: TellingLine | undefined): boolean {
  return telling?.kind === 'permission' && /(^|[\s'"`:(])\//.test(telling.text);
}

function quotedLine(line: string): string {
  return `“${oneLine(line, SAID)}”.`;
}

/** Whether a command could not be started under the profile, by its records. A shell exits with 127 for that too. */
export function isRefusedStart(facts: Facts): boolean {
  const { stage, exit } = facts.observation;
  if (stage !== 'done' || exit === undefined || exit === 0) return false;
  return decisiveDenial(facts)?.isStart === true;
}
