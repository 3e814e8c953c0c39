/**
 * Makes foreign text safe to show: text that came from a container, profile, spec or log. Pure.
 *
 * All reports but the lossless JSON pass every such text through here. What a reader cannot see becomes a visible
 * escape, so it cannot move a cursor, reorder a line, break XML or forge a command of the Actions runner. The raw text
 * stays in report.json.
 */

/**
 * Characters that do not show: control and format characters (bidi, zero width, tags), line and paragraph separators,
 * lone surrogates, what Unicode lets a font ignore, and the noncharacters. The two emoji variation selectors may stay.
 */
const HIDDEN =
  /(?![\ufe0e\ufe0f])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;

/** `##[command]` anywhere in a line is a command to the Actions runner. */
const RUNNER_COMMAND = /##\[/g;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escape(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
}

/** Most text is plain ASCII, and testing for that costs a tenth of searching for hidden characters. */
const PLAIN = /^[\x20-\x7e]*$/;
const PLAIN_LINES = /^[\x20-\x7e\n\t]*$/;

/** One line of printable text, always well-formed: `\x1b`, `\u202e`, `\n` in place of what they stand for. */
export function visible(text: string): string {
  const shown = PLAIN.test(text) ? text : text.replace(HIDDEN, escape);
  return shown.replace(RUNNER_COMMAND, '#\\x23[');
}

/** Like {@link visible}, with line breaks and tabs kept. `\r\n`, which terminals send, is a line break. */
export function visibleLines(text: string): string {
  const lines = text.replaceAll('\r\n', '\n');
  const shown = PLAIN_LINES.test(lines)
    ? lines
    : lines.replace(HIDDEN, (character) => (character === '\n' || character === '\t' ? character : escape(character)));
  return shown.replace(RUNNER_COMMAND, '#\\x23[');
}

/** Bytes of the text as UTF-8. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** A number with thousands separators, whatever the locale. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A number and what it counts: `1 probe`, `1,200 probes`. `noun` takes an s in the plural. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** The longest head of the text that fits `maxBytes` and does not split a character. */
export function head(text: string, maxBytes: number): string {
  // a UTF-16 unit takes at least one byte, so no more than maxBytes units can fit
  const most = Buffer.from(text.slice(0, maxBytes), 'utf8');
  if (most.length <= maxBytes && text.length <= maxBytes) return text;

  let end = Math.min(maxBytes, most.length);
  while (end > 0 && ((most[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  const kept = most.subarray(0, end).toString('utf8');
  // the slice may have halved a surrogate pair
  return text.startsWith(kept) ? kept : kept.replace(/\ufffd$/, '');
}

/** One visible line of at most `max` characters; a cut shows as `…`. */
export function oneLine(text: string, max: number): string {
  // escapes only lengthen, and a character is two units at most: later ones cannot matter
  const line = visible(text.slice(0, 2 * max + 2));
  if (line.length <= max) return line;
  return `${line.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** The path as seen from `root`, when it lies below it. */
export function relativeTo(root: string | undefined, file: string): string {
  if (root === undefined || root === '') return file;
  const prefix = root.endsWith('/') ? root : `${root}/`;
  return file.startsWith(prefix) ? file.slice(prefix.length) : file;
}
