/** What a closed class declares allowed: the first words of its members. Pure. */
import { suggestion } from '../../text/did-you-mean.ts';
import { EXEC_WAYS } from './exec-ways.ts';
import { CLOSED_CLASSES, type ClosedClassName } from './classes.ts';
import { fileEntryProblem } from './file-entries.ts';

const ANY = '*';

/** @returns whether an entry of `allow:` names a member: it begins with these words, in which `*` is any text. */
export function allows(entry: string, words: readonly string[]): boolean {
  const wanted = wordsOf(entry);
  return wanted.length <= words.length && wanted.every((word, i) => fits(word, words[i] ?? ''));
}

/** @returns what is wrong with an entry of `allow:`, as the rest of a sentence; undefined where nothing is. */
export function allowProblem(name: ClosedClassName, entry: string): string | undefined {
  const [first] = wordsOf(entry);
  if (first === undefined) return 'is empty';
  if (name === 'exec') return execProblem(entry);
  if (name === 'file') return fileEntryProblem(entry);
  const known: readonly string[] = CLOSED_CLASSES[name];
  if (first.includes(ANY) || known.includes(first)) return undefined;
  const shown = known.length > MOST_SHOWN ? '' : `: use ${known.join(', ')}`;
  return `${JSON.stringify(first)} is no member of ${name}${shown}${suggestion(first, known)}`;
}

function execProblem(entry: string): string | undefined {
  const words = wordsOf(entry);
  const isWay = EXEC_WAYS.some((way) => way === words[0]);
  const [path = '', label, ...more] = isWay ? words.slice(1) : words;
  if (path.startsWith('/') && label !== undefined && more.length === 0) return undefined;
  const ways = EXEC_WAYS.map((way) => `\`${way}\``).join(', ');
  return (
    `${JSON.stringify(entry)} is not a path and the label that it starts under, as in ` +
    `\`/usr/bin/x unconfined\`; before the path can stand ${ways}`
  );
}

const MOST_SHOWN = 12;

function wordsOf(entry: string): string[] {
  return entry.split(/\s+/).filter((word) => word !== '');
}

/** Without a regular expression: the text is the spec's, and may have many stars. */
function fits(pattern: string, word: string): boolean {
  const [head = '', ...tails] = pattern.split(ANY);
  if (tails.length === 0) return pattern === word;
  const last = tails.pop() ?? '';
  if (!word.startsWith(head) || word.length < head.length + last.length) return false;
  let at = head.length;
  for (const part of tails) {
    const found = word.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return word.endsWith(last) && word.length - last.length >= at;
}
