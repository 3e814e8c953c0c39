/** The literal paths that a profile's deny rules name. Pure. */
import { tokenize, type Token } from '../syntax/tokens.ts';

interface LiteralDenial {
  /** 1-based. */
  readonly line: number;
  readonly path: string;
}

/** @returns every deny rule whose path has no wildcard and no variable in it. */
export function literalDenials(source: string): LiteralDenial[] {
  const tokens = tokenize(source).filter(({ kind }) => kind !== 'newline');
  return tokens
    .filter((token, i) => isLiteralPath(token) && followsDeny(tokens, i))
    .map(({ start, text }) => ({ line: source.slice(0, start).split('\n').length, path: text }));
}

function isLiteralPath({ kind, text }: Token): boolean {
  return kind === 'word' && text.startsWith('/') && !/[*?[\]{}@^\\]/.test(text);
}

/** After `deny`, or `deny owner`. */
function followsDeny(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1]?.text;
  return before === 'deny' || (before === 'owner' && tokens[at - 2]?.text === 'deny');
}
