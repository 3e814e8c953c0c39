/**
 * A copy of a profile under a name of its own, so that a run touches neither the host's policy nor another run's.
 * The names come from apparmor_parser, which also judges the result: this file only edits text. Pure.
 */
import { tokenize, type Token } from '../syntax/tokens.ts';

/** Replaces a range of the source. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

type Isolated = { readonly source: string } | { readonly problem: string };

/**
 * Renames every top-level profile of a file, and the places that name one: `peer=`, `label=`, `-> NAME`. Attachments
 * are dropped from the headers: a container's profile is applied by name, and a copy that attaches by path would
 * catch programs of the host. Lines stay where they are.
 * @param names top-level profile names, as `apparmor_parser -N` prints them.
 * @param rename original name to the run's name.
 */
export function makeCopy(source: string, names: readonly string[], rename: (name: string) => string): Isolated {
  const tokens = tokenize(source);
  const edits: Edit[] = [];
  for (const name of names) {
    const headers = tokens.flatMap((token, i) => (token.text === name && isHeader(tokens, i) ? [i] : []));
    const [header] = headers;
    if (header === undefined || headers.length > 1)
      return { problem: `the header of profile ${JSON.stringify(name)} was found ${headers.length} times` };
    const token = tokens[header];
    if (token) edits.push({ start: token.start, end: token.start + token.raw.length, text: quote(rename(name)) });
    edits.push(...attachments(tokens, header + 1));
  }
  tokens.forEach((token, i) => {
    // `profile NAME//CHILD` beside its parent
    const [top = '', ...children] = token.text.split('//');
    if (children.length > 0 && names.includes(top) && !names.includes(token.text) && isHeader(tokens, i)) {
      edits.push(
        { start: token.start, end: token.start + token.raw.length, text: quote([rename(top), ...children].join('//')) },
        ...attachments(tokens, i + 1),
      );
    }
  });
  edits.push(...references(tokens, names, rename));
  return { source: apply(source, edits) };
}

/** A profile's name at the top level, before its block: `profile NAME … {`, or `NAME … {` at the start of a line. */
function isHeader(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at];
  const before = tokens[at - 1];
  if (token?.kind !== 'word' || token.depth !== 0) return false;
  if (before !== undefined && before.text !== 'profile' && before.kind !== 'newline' && before.kind !== 'close')
    return false;
  const next = tokens.slice(at + 1).find((t) => t.kind === 'open' || t.kind === 'close' || t.kind === 'end');
  return next?.kind === 'open';
}

/** Words between the name and `flags=`, `xattrs=`, `(` or the block. */
function attachments(tokens: readonly Token[], from: number): Edit[] {
  const edits: Edit[] = [];
  for (const token of tokens.slice(from)) {
    if (token.kind === 'open' || (token.kind === 'word' && !/^["/@]/.test(token.raw))) break;
    if (token.kind === 'word') edits.push({ start: token.start, end: token.start + token.raw.length, text: '' });
  }
  return edits;
}

function references(tokens: readonly Token[], names: readonly string[], rename: (name: string) => string): Edit[] {
  return tokens.flatMap((token, i) => {
    if (token.kind !== 'word') return [];
    const target = tokens[i - 1]?.text === '->';
    const [, key = '', value] = /^(\(?(?:peer|label)=\(?(?:label=)?)([\s\S]*)$/.exec(token.raw) ?? [];
    const text = target
      ? renameIn(token.raw, names, rename)
      : value === undefined
        ? token.raw
        : key + renameIn(value, names, rename);
    return text === token.raw ? [] : [{ start: token.start, end: token.start + token.raw.length, text }];
  });
}

/** Replaces whole names in a label expression: alone, in an alternation, in a stack, or with a child behind it. */
function renameIn(value: string, names: readonly string[], rename: (name: string) => string): string {
  const longestFirst = [...names]
    .sort((a, b) => b.length - a.length)
    .map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  if (longestFirst.length === 0) return value;
  return value.replaceAll(
    new RegExp(`(?<=^|["{,&(=])(${longestFirst.join('|')})(?=$|["{},&)]|//)`, 'g'),
    (name: string) => rename(name),
  );
}

function quote(name: string): string {
  return `"${name}"`;
}

function apply(source: string, edits: readonly Edit[]): string {
  return [...edits]
    .sort((a, b) => b.start - a.start)
    .reduce((text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), source);
}
