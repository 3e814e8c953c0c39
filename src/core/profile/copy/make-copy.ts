/**
 * A copy of a profile under a name of its own, so that a run touches neither the host's policy nor another run's.
 * This file only edits text: the names come from apparmor_parser, and check-copy.ts judges the result. Pure.
 */
import { applyEdits, type Edit } from '#core/text/edits.ts';
import { tokenize, type Token } from '../syntax/tokens.ts';

type Copy = { readonly source: string } | { readonly problem: string };

/** From the original name of a top-level profile to its name in the copy. */
type Rename = (name: string) => string;

/**
 * Renames every top-level profile of a file, and the places that name one: `peer=`, `label=`, `-> NAME`. Attachments
 * are dropped from the headers: a container's profile is applied by name, and a copy that attaches by path would
 * catch programs of the host. Lines stay where they are.
 * @param names top-level profile names, as `apparmor_parser -N` prints them.
 */
export function makeCopy(source: string, names: readonly string[], rename: Rename): Copy {
  const tokens = tokenize(source);
  const edits: Edit[] = [];
  for (const name of names) {
    const headers = [...tokens.keys()].filter((at) => tokens[at]?.text === name && isHeader(tokens, at));
    const [header] = headers;
    const token = header === undefined ? undefined : tokens[header];
    if (header === undefined || token === undefined || headers.length > 1) {
      return { problem: `the header of profile ${JSON.stringify(name)} was found ${headers.length} times` };
    }
    edits.push(replace(token, quote(rename(name))), ...attachmentEdits(tokens, header + 1));
  }
  edits.push(...childHeaderEdits(tokens, names, rename), ...referenceEdits(tokens, names, rename));
  return { source: applyEdits(source, edits) };
}

function replace({ start, raw }: Token, text: string): Edit {
  return { start, end: start + raw.length, text };
}

function quote(name: string): string {
  return `"${name}"`;
}

/** A profile's name at the top level, before its block: `profile NAME … {`, or `NAME … {` at the start of a line. */
function isHeader(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at];
  if (token?.kind !== 'word' || token.depth !== 0) return false;
  const before = tokens[at - 1];
  const isFirst = before === undefined || before.kind === 'newline' || before.kind === 'close';
  if (!isFirst && before.text !== 'profile') return false;
  const after = tokens.slice(at + 1).find(({ kind }) => kind === 'open' || kind === 'close' || kind === 'end');
  return after?.kind === 'open';
}

/** Removes the words between the name and `flags=`, `xattrs=`, `(` or the block. */
function attachmentEdits(tokens: readonly Token[], from: number): Edit[] {
  const rest = tokens.slice(from);
  const end = rest.findIndex(({ kind, raw }) => kind === 'open' || (kind === 'word' && !/^["/@]/.test(raw)));
  const words = rest.slice(0, end < 0 ? undefined : end).filter(({ kind }) => kind === 'word');
  return words.map((word) => replace(word, ''));
}

/** `profile NAME//CHILD` beside its parent: its first name is renamed too. */
function childHeaderEdits(tokens: readonly Token[], names: readonly string[], rename: Rename): Edit[] {
  return tokens.flatMap((token, at) => {
    const [top = '', ...children] = token.text.split('//');
    const isChild = children.length > 0 && names.includes(top) && !names.includes(token.text);
    if (!isChild || !isHeader(tokens, at)) return [];
    const name = [rename(top), ...children].join('//');
    return [replace(token, quote(name)), ...attachmentEdits(tokens, at + 1)];
  });
}

/** A condition whose value is a label, up to that value. */
const LABEL_CONDITION = /^(\(?(?:peer|label)=\(?(?:label=)?)([\s\S]*)$/;

function referenceEdits(tokens: readonly Token[], names: readonly string[], rename: Rename): Edit[] {
  const renameLabel = labelRenamer(names, rename);
  return tokens.flatMap((token, at) => {
    if (token.kind !== 'word') return [];
    const text = tokens[at - 1]?.text === '->' ? renameLabel(token.raw) : renameCondition(token.raw, renameLabel);
    return text === token.raw ? [] : [replace(token, text)];
  });
}

function renameCondition(word: string, renameLabel: Rename): string {
  const [, key = '', value] = LABEL_CONDITION.exec(word) ?? [];
  return value === undefined ? word : key + renameLabel(value);
}

/** Replaces whole names in a label expression: alone, in an alternation, in a stack, or before the name of a child. */
function labelRenamer(names: readonly string[], rename: Rename): Rename {
  if (names.length === 0) return (label) => label;
  const longestFirst = [...names].sort((a, b) => b.length - a.length);
  const escaped = longestFirst.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const wholeName = new RegExp(`(?<=^|["{,&(=])(${escaped.join('|')})(?=$|["{},&)]|//)`, 'g');
  return (label) => label.replaceAll(wholeName, (name) => rename(name));
}
