/** What the conditions of a spec leave open, as notes on a pass. Pure. */
import type { Verdict } from '../model/model.ts';
import { likelyDenial } from './decisive-denial.ts';
import { recordCondition } from './denial-text.ts';
import type { Facts } from './facts.ts';
import { isCommand } from './outcome.ts';
import { isTelling } from './telling.ts';
import { NOTES } from './verdicts.ts';

/** @returns a note for each condition that more than the access in question can meet. */
export function looseConditionNotes(facts: Facts, { kind, code }: Verdict): readonly string[] {
  const { probe, observation } = facts;
  if (kind !== 'pass') return [];
  const { access, audit, exit } = probe.expect;

  if (access === 'allowed')
    return isDeclaredFailure(exit) && observation.exit === exit ? [NOTES.declaredExit(exit)] : [];
  if (!isCommand(probe)) return [];
  if (audit === 'none') return code === 'denied-silently' ? [NOTES.noRecord] : [];

  const record = audit === undefined || isTelling(audit) ? undefined : likelyDenial(facts)?.record;
  return record === undefined ? [] : [NOTES.looseRecord(recordCondition(record))];
}

function isDeclaredFailure(exit: number | 'nonzero' | undefined): exit is number {
  return typeof exit === 'number' && exit !== 0;
}
