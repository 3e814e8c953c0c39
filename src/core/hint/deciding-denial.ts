/** Which of several denials made a probe fail. Pure. */
import type { AuditRecord, Entry } from '../model/model.ts';
import { isDenial, silentDenials } from '../verdict/facts.ts';
import { isCommand } from '../verdict/outcome.ts';

/**
 * An operation ends with the denial that it fails by. A program is refused much that it can do without: of its denials
 * it is the refusal to start it, else what it complains about, else what its command line names, else the last.
 * @returns undefined when nothing was denied.
 */
export function decidingDenial(entry: Entry): AuditRecord | undefined {
  const { probe, observation } = entry;
  const denials = denialsOf(entry);
  if (!isCommand(probe)) return lastActive(denials);

  const printed = observation?.stderr.text ?? '';
  return (
    denials.findLast(({ type }) => type === 'KILLED') ??
    (observation?.stage === 'exec' ? denials.find(isExec) : undefined) ??
    denials.findLast((record) => isNamedIn(record, printed)) ??
    denials.findLast((record) => isNamedIn(record, commandLine(probe.action))) ??
    denials.at(-1)
  );
}

/** @returns what the probe was denied; of silent denials, what a second attempt showed. */
export function denialsOf({ witnesses, evidence }: Entry): readonly AuditRecord[] {
  const recorded = witnesses.filter(isDenial);
  const all = recorded.length > 0 ? recorded : silentDenials(evidence?.witnesses);
  return all.map(({ record }) => record);
}

/** Of the two records of a signal or trace, that of who asked. */
function lastActive(denials: readonly AuditRecord[]): AuditRecord | undefined {
  return denials.findLast((record) => !isPassive(record)) ?? denials.at(-1);
}

/** Whether the record is of the other end's profile. */
export function isPassive({ fields }: AuditRecord): boolean {
  return /^(?:receive|readby|tracedby)$/.test(fields['denied_mask'] ?? '');
}

function isExec({ fields }: AuditRecord): boolean {
  return fields['operation'] === 'exec';
}

/** A path that the text has as a whole word; `/` and the like would be in every text. */
function isNamedIn({ fields }: AuditRecord, text: string): boolean {
  const path = fields['name'];
  if (path === undefined || path.length < 3) return false;
  for (let at = text.indexOf(path); at >= 0; at = text.indexOf(path, at + 1)) {
    if (!/[\w./-]/.test(text[at + path.length] ?? ' ') && !/[\w.-]/.test(text[at - 1] ?? ' ')) return true;
  }
  return false;
}

function commandLine(action: Entry['probe']['action']): string {
  if (action.kind === 'run') return action.argv.join('\n');
  return action.kind === 'shell' ? action.script : '';
}
