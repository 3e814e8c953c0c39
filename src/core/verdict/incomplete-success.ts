/** Whether a command that ended as if it had succeeded did what it is for. Pure. */
import type { AuditRecord, Observation, TextMatch } from '../model/model.ts';
import { decisiveDenial, namedDenial } from './decisive-denial.ts';
import { denialText } from './denial-text.ts';
import type { Facts } from './facts.ts';
import { matchText } from './match.ts';
import { isCommand } from './outcome.ts';

/** Why a success may be none. */
export interface Incomplete {
  /** What was denied, where the command names it: `open /etc/shadow (r)`. */
  readonly denial: string | undefined;
}

/**
 * A command may swallow that it was denied what it is for. Where the spec declares nothing of its output, it is not
 * known to have done it: if what was denied is what it names; if it ended otherwise than the control; or if a denial
 * fits the failure that the spec declares as a success.
 * @returns undefined where no denial casts doubt on the success.
 */
export function incompleteSuccess(facts: Facts): Incomplete | undefined {
  const { probe, observation, control } = facts;
  const { exit = 0, stdout, stderr } = probe.expect;
  if (!isCommand(probe) || isOutputDeclared(stdout) || isOutputDeclared(stderr)) return undefined;

  const named = namedDenial(facts);
  if (named !== undefined) return { denial: denialText(named) };
  if (exit === 0) return control !== undefined && differs(observation, control) ? { denial: undefined } : undefined;
  return control?.exit === exit ? undefined : declaredFailure(decisiveDenial(facts)?.record);
}

/** Whether a condition asks for any output: one that silence meets does not tell that a command did its work. */
function isOutputDeclared(match: TextMatch | undefined): boolean {
  return match !== undefined && matchText(match, '') !== undefined;
}

function declaredFailure(record: AuditRecord | undefined): Incomplete | undefined {
  return record && { denial: undefined };
}

function differs(one: Observation, other: Observation): boolean {
  return one.exit !== other.exit || one.stdout.text !== other.stdout.text || one.stderr.text !== other.stderr.text;
}
