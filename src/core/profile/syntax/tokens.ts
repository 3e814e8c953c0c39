/** Splits a profile's text into tokens as apparmor_parser's lexer does (parser_lex.l), as far as names and blocks need it. Pure. */

export interface Token {
  readonly kind: 'word' | 'open' | 'close' | 'end' | 'newline';
  /** The token as written, quotes included. */
  readonly raw: string;
  /** The word without its quotes. */
  readonly text: string;
  readonly start: number;
  /** How many blocks enclose it. */
  readonly depth: number;
}

/** @returns all tokens in order; comments and `#include` lines yield none. A brace or comma inside a word belongs to the word. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  let i = 0;
  const push = (kind: Token['kind'], end: number): void => {
    const raw = source.slice(i, end);
    tokens.push({ kind, raw, text: unquote(raw), start: i, depth });
    i = end;
  };
  while (i < source.length) {
    const c = source[i] ?? '';
    if (c === '\n') push('newline', i + 1);
    else if (/\s/.test(c)) i += 1;
    else if (c === '#') i = lineEnd(source, i);
    else if (c === '{') {
      push('open', i + 1);
      depth += 1;
    } else if (c === '}') {
      depth = Math.max(0, depth - 1);
      push('close', i + 1);
    } else if (c === ',') push('end', i + 1);
    else push('word', wordEnd(source, i));
  }
  return tokens;
}

function lineEnd(source: string, from: number): number {
  const end = source.indexOf('\n', from);
  return end < 0 ? source.length : end;
}

/** A word ends at a blank, or at a comma that is followed by one; quotes and the braces of an alternation hold it together. */
function wordEnd(source: string, from: number): number {
  let quoted = false;
  for (let i = from; i < source.length; i += 1) {
    const c = source[i] ?? '';
    if (c === '\\') i += 1;
    else if (c === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (/\s/.test(c)) return i;
    else if (c === ',' && /^,(\s|$)/.test(source.slice(i, i + 2))) return i;
    else if (c === '{' && source[i - 1] === ')') return i; // flags=(complain){
  }
  return source.length;
}

function unquote(raw: string): string {
  return raw.replace(/^"([\s\S]*)"$/, '$1');
}
