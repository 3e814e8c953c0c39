/** Adds probes to the text of a spec and leaves every other byte as it is. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { isSeq, parse, parseDocument } from 'yaml';
import { HarnessError } from '../model/errors.ts';

/**
 * @param probes each an item of a YAML list, its first line beginning with a dash.
 * @throws HarnessError `usage` where the list of probes is no block list, so that nothing can be added to it line by line.
 */
export function appendProbes(text: string, probes: readonly string[]): string {
  if (probes.length === 0) return text;
  const list = parseDocument(text).get('probes', true);
  const [start, , last] = isSeq(list) ? [list.range?.[0], list.flow, list.items.at(-1)] : [];
  const end = (last as { range?: readonly number[] } | undefined)?.range?.[1];
  if (start === undefined || end === undefined || (isSeq(list) && list.flow === true)) throw unwritable();
  const indent = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  const at = text[end - 1] === '\n' ? end : text.indexOf('\n', end) + 1 || text.length;
  const head = text.slice(0, at);
  const added = probes.map((probe) => indented(probe, indent)).join('');
  const whole = `${head}${head.endsWith('\n') ? '' : '\n'}${added}${text.slice(at)}`;
  if (!onlyAdds(text, whole, probes.length)) throw unwritable();
  return whole;
}

function indented(probe: string, indent: string): string {
  const lines = probe.trimEnd().split('\n');
  const own = /^ */.exec(lines[0] ?? '')?.[0].length ?? 0;
  return lines.map((line) => `${indent}${line.slice(own)}\n`).join('');
}

/** Whether the spec says what it said before, and as many probes more. */
function onlyAdds(before: string, after: string, count: number): boolean {
  try {
    const [old, now] = [before, after].map((text) => parse(text) as { probes: unknown[] });
    return (
      old !== undefined &&
      now !== undefined &&
      now.probes.length === old.probes.length + count &&
      isDeepStrictEqual({ ...now, probes: now.probes.slice(0, old.probes.length) }, old)
    );
  } catch {
    return false;
  }
}

function unwritable(): HarnessError {
  return new HarnessError(
    'usage',
    'Probes cannot be added to this spec: its `probes:` is no list with an item a line. Copy them from the report.',
  );
}
