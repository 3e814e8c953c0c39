/** The literal paths that a profile's deny rules name. Pure. */
import { tokenize } from '../syntax/tokens.ts';

interface LiteralDenial {
  readonly line: number;
  readonly path: string;
}

/** @returns every deny rule whose path has no expression in it, with its 1-based line. */
export function literalDenials(source: string): LiteralDenial[] {
  const tokens = tokenize(source).filter(({ kind }) => kind !== 'newline');
  return tokens.flatMap((token, i) => {
    const denies =
      tokens[i - 1]?.text === 'deny' || (tokens[i - 2]?.text === 'deny' && tokens[i - 1]?.text === 'owner');
    if (!denies || token.kind !== 'word' || !token.text.startsWith('/') || /[*?[\]{}@^\\]/.test(token.text)) return [];
    return [{ line: source.slice(0, token.start).split('\n').length, path: token.text }];
  });
}
