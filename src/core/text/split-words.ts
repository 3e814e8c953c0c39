/** Splits a command line into words as a POSIX shell would (XCU 2.2, 2.6.1), and refuses what only a shell can do. */

interface Word {
  readonly text: string;
  /** It began with an unquoted `~/`, or was `~` alone: its first character stands for the user's home. */
  readonly tilde: boolean;
}

type Split = { readonly words: readonly Word[] } | { readonly problem: string };

/** The words of a command that is a list already, or that splits; none when it does not split. */
export function splitList(command: string | readonly string[]): readonly string[] {
  if (typeof command !== 'string') return command;
  const split = splitWords(command);
  return 'words' in split ? split.words.map(({ text }) => text) : [];
}

/** What means something to a shell when it is not quoted. */
const SHELL_ONLY = /[|&;<>()$`*?[\]{}#!\n]/;

/**
 * @param line a command line as one would type it; quotes and backslashes work as in a shell.
 * @returns the words, or why this needs `shell:` or different quoting.
 */
// eslint-disable-next-line complexity -- a lexer: it decides on each character
export function splitWords(line: string): Split {
  const words: Word[] = [];
  let text = '';
  let open = false; // inside a word, even when it is still empty: ''
  let tilde = false;
  let quote = '';
  for (let i = 0; i < line.length; i += 1) {
    const c = line[i] ?? '';
    if (quote === "'") {
      if (c === "'") quote = '';
      else text += c;
    } else if (quote === '"') {
      if (c === '"') quote = '';
      else if (c === '$' || c === '`') return needsShell(c);
      else if (c === '\\' && '"\\$`'.includes(line[i + 1] ?? ' ')) text += line[(i += 1)] ?? '';
      else text += c;
    } else if (c === ' ' || c === '\t') {
      if (open) words.push({ text, tilde });
      text = '';
      open = false;
      tilde = false;
    } else if (c === "'" || c === '"') {
      quote = c;
      open = true;
    } else if (c === '\\') {
      if (i + 1 >= line.length) return { problem: 'it ends in a backslash' };
      text = text + (line[(i += 1)] ?? '');
      open = true;
    } else if (SHELL_ONLY.test(c) && !(c === '#' && open) && !(c === '!' && open)) {
      return needsShell(c);
    } else {
      if (!open && c === '~' && /^~($|[/\s])/.test(line.slice(i))) tilde = true;
      text = text + c;
      open = true;
    }
  }
  if (quote !== '') return { problem: `a ${quote} is not closed` };
  if (open) words.push({ text, tilde });
  return words.length > 0 ? { words } : { problem: 'it is empty' };
}

function needsShell(c: string): Split {
  return {
    problem: `an unquoted ${JSON.stringify(c)} needs a shell: quote it, write the command as a list, or use \`shell:\``,
  };
}
