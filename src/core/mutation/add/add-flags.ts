/** Flags that open the profile, one at a time: `unconfined`, `complain`, `default_allow`. Pure. */
import type { MutantDraft } from '../mutant.ts';
import type { ProfileBlock, ProfileText } from '../../profile/syntax/ast.ts';

const FLAGS = ['unconfined', 'complain', 'default_allow'];

export function addFlags(text: ProfileText, block: ProfileBlock): MutantDraft[] {
  const source = text.files.get(block.span.file) ?? '';
  return FLAGS.filter((flag) => !block.flags.includes(flag)).map((flag): MutantDraft => {
    const span = block.flagsSpan;
    const list = [...block.flags, flag].join(',');
    const place = placeForFlags(source, block);
    const edit =
      span === undefined
        ? { start: place, end: place, text: `flags=(${list}) ` }
        : { start: span.start, end: span.end, text: list };
    return {
      kind: 'add-flag',
      profile: block.name,
      file: block.span.file,
      line: (span ?? block.nameSpan).line,
      column: (span ?? block.nameSpan).column,
      edits: [edit],
      via: [],
      widens: false,
      before: block.flags.length === 0 ? '' : `flags=(${block.flags.join(',')})`,
      after: `flags=(${list})`,
    };
  });
}

/** Ahead of the brace that opens the profile. */
function placeForFlags(source: string, { nameSpan, attachmentSpan }: ProfileBlock): number {
  const brace = source.indexOf('{', (attachmentSpan ?? nameSpan).end);
  return brace < 0 ? nameSpan.end : brace;
}
