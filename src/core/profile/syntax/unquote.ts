/** From a word as written to the text that it stands for, as apparmor_parser's processid() does. Pure. */

/** Characters that stay escaped, because they mean something in an AARE. */
const SPECIAL = '*?[]{}^,\\';
const CONTROL: Readonly<Record<string, string>> = {
  '\\': '\\',
  '"': '"',
  a: '\x07',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Quotes go, `\n`, `\040`, `\d32` and `\x20` become the characters; what an AARE gives a meaning stays escaped. */
export function unquote(raw: string): string {
  const text = raw.length > 1 && raw.startsWith('"') && raw.endsWith('"') ? raw.slice(1, -1) : raw;
  return text.includes('\\')
    ? text.replaceAll(/\\(?:[0-7]{1,3}|d[0-9]{1,3}|x[0-9a-fA-F]{1,2}|["\\aefnrt])/g, unescape)
    : text;
}

function unescape(sequence: string): string {
  const { character, rest } = decode(sequence);
  if (character === '\0') return sequence;
  return (SPECIAL.includes(character) ? `\\${character}` : character) + rest;
}

function decode(sequence: string): { character: string; rest: string } {
  const body = sequence.slice(1);
  const [base, digits] = /^[0-7]/.test(body)
    ? [8, body]
    : /^d\d/.test(body)
      ? [10, body.slice(1)]
      : /^x./.test(body)
        ? [16, body.slice(1)]
        : [0, ''];
  if (base === 0) return { character: CONTROL[body] ?? '', rest: '' };
  let length = digits.length;
  while (length > 1 && parseInt(digits.slice(0, length), base) > 255) length -= 1;
  return { character: String.fromCharCode(parseInt(digits.slice(0, length), base)), rest: digits.slice(length) };
}

/** Runs of slashes become one, as the parser does for paths; two at the start stay (filter_slashes). */
export function singleSlashes(path: string): string {
  const head = /^\/\/(?!\/)/.test(path) ? '//' : '';
  return head + path.slice(head.length).replaceAll(/\/{2,}/g, '/');
}
