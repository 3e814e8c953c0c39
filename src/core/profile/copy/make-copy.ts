/**
 * A copy of a profile under a name of its own, so that a run touches neither the host's policy nor another run's.
 * This file only edits text: the names come from apparmor_parser, their places from the reader of the language, and
 * check-copy.ts judges the result. Pure.
 */
import { applyEdits, type Edit } from '#core/text/edits.ts';
import type { ProfileBlock, ProfileText, Span } from '../syntax/ast.ts';
import { quoteName } from '../syntax/unquote.ts';

type Copy = { readonly source: string } | { readonly problem: string };

/** From the original name of a top-level profile to its name in the copy. */
type Rename = (name: string) => string;

/**
 * Renames every top-level profile of a file, and the places that name one: `peer=`, `label=`, `-> NAME`. Attachments
 * are dropped from the headers: a container's profile is applied by name, and a copy that attaches by path would
 * catch programs of the host. Lines stay where they are, and so do the files that it includes.
 * @param names top-level profile names, as `apparmor_parser -N` prints them.
 */
export function makeCopy(original: ProfileText, names: readonly string[], rename: Rename): Copy {
  const source = original.files.get(original.file) ?? '';
  const isOfFile = ({ file }: Span): boolean => file === original.file;
  const headers = original.profiles.filter(({ kind, nameSpan }) => kind === 'profile' && isOfFile(nameSpan));

  for (const name of names) {
    const count = headers.filter((header) => header.name === name).length;
    if (count !== 1) return { problem: `the header of profile ${JSON.stringify(name)} was found ${count} times` };
  }

  const renameLabel = labelRenamer(names, rename);
  const edits = [
    ...headers.flatMap((header) => headerEdits(header, names, rename)),
    ...original.labels.filter(isOfFile).map((span) => replace(span, renameLabel(source.slice(span.start, span.end)))),
  ];
  return { source: applyEdits(source, edits) };
}

/** Gives a header its name in the copy; that of `profile NAME//CHILD`, which stands beside its parent, in part. */
function headerEdits(header: ProfileBlock, names: readonly string[], rename: Rename): Edit[] {
  const { name, nameSpan, attachmentSpan } = header;
  const [top = '', ...children] = names.includes(name) ? [name] : name.split('//');
  if (!names.includes(top)) return [];

  const edits = [replace(nameSpan, quoteName([rename(top), ...children].join('//')))];
  return attachmentSpan === undefined ? edits : [...edits, replace(attachmentSpan, '')];
}

function replace({ start, end }: Span, text: string): Edit {
  return { start, end, text };
}

/** Replaces whole names in a label expression: alone, in an alternation, in a stack, or before the name of a child. */
function labelRenamer(names: readonly string[], rename: Rename): Rename {
  if (names.length === 0) return (label) => label;
  const longestFirst = [...names].sort((a, b) => b.length - a.length);
  const escaped = longestFirst.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const wholeName = new RegExp(`(?<=^|["{,&])(${escaped.join('|')})(?=$|["{},&]|//)`, 'g');
  return (label) => label.replaceAll(wholeName, (name) => rename(name));
}
