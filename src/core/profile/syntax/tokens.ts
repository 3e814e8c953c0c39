/**
 * Splits a profile's text into tokens as apparmor_parser's lexer does (parser_lex.l), as far as names and blocks need
 * it. The reader of the whole language is read-profile-text.ts. Pure.
 */

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

/**
 * Comments and `#include` lines yield no tokens. A brace or comma inside a word belongs to the word.
 * @returns all tokens in order.
 */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  let at = 0;
  const push = (kind: Token['kind'], end: number): void => {
    const raw = source.slice(at, end);
    tokens.push({ kind, raw, text: unquote(raw), start: at, depth });
    at = end;
  };

  while (at < source.length) {
    const c = source[at] ?? '';
    if (c === '\n') push('newline', at + 1);
    else if (/\s/.test(c)) at += 1;
    else if (c === '#') at = lineEnd(source, at);
    else if (c === ',') push('end', at + 1);
    else if (c === '{') {
      push('open', at + 1);
      depth += 1;
    } else if (c === '}') {
      depth = Math.max(0, depth - 1);
      push('close', at + 1);
    } else push('word', wordEnd(source, at));
  }
  return tokens;
}

function lineEnd(source: string, from: number): number {
  const end = source.indexOf('\n', from);
  return end < 0 ? source.length : end;
}

/** A word ends at a blank, or at a comma before a blank. Quotes and the braces of an alternation hold it together. */
function wordEnd(source: string, from: number): number {
  let isQuoted = false;
  for (let at = from; at < source.length; at += 1) {
    const c = source[at] ?? '';
    if (c === '\\') at += 1;
    else if (c === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (/\s/.test(c)) return at;
    else if (c === ',' && /^,(\s|$)/.test(source.slice(at, at + 2))) return at;
    else if (c === '{' && source[at - 1] === ')') return at; // flags=(complain){
  }
  return source.length;
}

function unquote(raw: string): string {
  return raw.replace(/^"([\s\S]*)"$/, '$1');
}
