/** Adds probes to the text of a spec and leaves every other byte as it is. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { isSeq, parse, parseDocument } from 'yaml';
import { HarnessError } from '../model/errors.ts';

/**
 * @param probes each an item of a YAML list, its first line beginning with a dash.
 * @throws HarnessError `usage` where the list of probes does not have one item a line, so that nothing can be added.
 */
export function appendProbes(text: string, probes: readonly string[]): string {
  if (probes.length === 0) return text;

  const list = blockList(text);
  if (list === undefined) throw notAList();

  const indent = text.slice(text.lastIndexOf('\n', list.start - 1) + 1, list.start);
  const insertAt = startOfNextLine(text, list.end);
  const before = text.slice(0, insertAt);
  const lineBreak = before.endsWith('\n') ? '' : '\n';
  const added = probes.map((probe) => indented(probe, indent)).join('');
  const result = `${before}${lineBreak}${added}${text.slice(insertAt)}`;
  if (!onlyAdds(text, result, probes.length)) throw notAList();
  return result;
}

/** Where the list of probes begins and its last item ends; undefined where it does not have one item a line. */
function blockList(text: string): { readonly start: number; readonly end: number } | undefined {
  const list = parseDocument(text).get('probes', true);
  if (!isSeq(list) || list.flow === true) return undefined;

  const start = list.range?.[0];
  const lastItem = list.items.at(-1) as { readonly range?: readonly number[] } | undefined;
  const end = lastItem?.range?.[1];
  return start === undefined || end === undefined ? undefined : { start, end };
}

function startOfNextLine(text: string, end: number): number {
  if (text[end - 1] === '\n') return end;
  const lineBreak = text.indexOf('\n', end);
  return lineBreak < 0 ? text.length : lineBreak + 1;
}

function indented(probe: string, indent: string): string {
  const lines = probe.trimEnd().split('\n');
  const ownIndent = /^ */.exec(lines[0] ?? '')?.[0].length ?? 0;
  return lines.map((line) => `${indent}${line.slice(ownIndent)}\n`).join('');
}

/** Whether a spec has everything that it had before, and a number of probes more. */
function onlyAdds(before: string, after: string, count: number): boolean {
  try {
    const old = parse(before) as { readonly probes: readonly unknown[] };
    const changed = parse(after) as { readonly probes: readonly unknown[] };
    const kept = { ...changed, probes: changed.probes.slice(0, old.probes.length) };
    return changed.probes.length === old.probes.length + count && isDeepStrictEqual(kept, old);
  } catch {
    return false;
  }
}

function notAList(): HarnessError {
  return new HarnessError(
    'usage',
    'Probes cannot be added to this spec, because `probes:` is not a list with one item per line. ' +
      'Copy them from the report.',
  );
}
