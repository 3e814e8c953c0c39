/** A rule with `priority=` that allows what a deny rule forbids: AppArmor 4.1 and later. Pure. */
import { applyEdits } from '../../text/edits.ts';
import { flipEdits } from '../flip-edits.ts';
import { oneLine } from '../mutant.ts';
import type { AddOperator } from './add-context.ts';

export const addPriority: AddOperator = ({ text, block }) =>
  block.rules
    .filter(({ via, qualifiers }) => via.length === 0 && qualifiers.access === 'deny')
    .map((rule) => {
      const source = text.files.get(rule.span.file) ?? '';
      const edits = flipEdits(source, rule);
      const growth = edits.reduce((sum, edit) => sum + edit.text.length - (edit.end - edit.start), 0);
      const flipped = oneLine(applyEdits(source, edits).slice(rule.span.start, rule.span.end + growth));
      const priority = (rule.qualifiers.priority ?? 0) + 1;
      return `priority=${priority} ${flipped.replace(/^priority\s*=\s*\S+\s+/, '')}`;
    });
