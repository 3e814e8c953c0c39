/** An expression made narrower or wider in one place, as text. Pure. */

/** One change of an expression. */
interface ExpressionChange {
  /** Offsets into the expression as written. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Every change of one place: `**` to `*`, `*` to `**`, and each alternative of `{a,b}` left out.
 * Variables stay: their values are written elsewhere.
 * @param text the expression as written, quotes included.
 */
export function expressionChanges(text: string): ExpressionChange[] {
  const changes: ExpressionChange[] = [];
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i] ?? '';
    if (c === '\\') i += 1;
    else if (c === '@' && text[i + 1] === '{') i = orEnd(text.indexOf('}', i), text);
    else if (c === '[') i = classEnd(text, i) - 1;
    else if (c === '*') {
      const length = text[i + 1] === '*' ? 2 : 1;
      changes.push({ start: i, end: i + length, text: length === 2 ? '*' : '**' });
      i += length - 1;
    } else if (c === '{') changes.push(...withoutOne(text, i));
  }
  return changes;
}

/** The alternation that begins at `open`, without each alternative in turn. The walk finds nested ones later. */
function withoutOne(text: string, open: number): ExpressionChange[] {
  const cuts = [open];
  let depth = 0;
  let close = -1;
  for (let i = open; i < text.length; i += 1) {
    const c = text[i] ?? '';
    if (c === '\\') i += 1;
    else if (c === '[') i = classEnd(text, i) - 1;
    else if (c === '{') depth += 1;
    else if (c === ',' && depth === 1) cuts.push(i);
    else if (c === '}' && (depth -= 1) === 0) {
      close = i;
      break;
    }
  }
  if (close < 0 || cuts.length < 2) return [];
  const parts = cuts.map((cut, i) => text.slice(cut + 1, cuts[i + 1] ?? close));
  return parts.map((_, dropped) => {
    const rest = parts.filter((_part, i) => i !== dropped);
    // a single alternative is written without braces: the parser rejects an alternation of one
    return { start: open, end: close + 1, text: rest.length === 1 ? (rest[0] ?? '') : `{${rest.join(',')}}` };
  });
}

/** The offset after the class that begins at `open`. */
export function classEnd(text: string, open: number): number {
  let i = open + (text[open + 1] === '^' ? 2 : 1);
  if (text[i] === ']') i += 1;
  while (i < text.length && text[i] !== ']') i += text[i] === '\\' ? 2 : 1;
  return Math.min(i + 1, text.length);
}

/** An index as indexOf gives it; the end of the text where nothing was found. */
function orEnd(index: number, text: string): number {
  return index < 0 ? text.length : index;
}
