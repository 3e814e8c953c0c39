/** Foreign text inside GitHub's Markdown and HTML. */
import { oneLine } from './visible.ts';

/** Longest text in a cell or a line. */
const MAX = 1000;

/**
 * Text in running Markdown or a table cell. Every ASCII sign that could be Markdown, HTML, a link, a mention or a table's
 * border becomes a character reference, which is text wherever it stands: so no rule of any dialect needs to be known.
 * The few that stay mean nothing without the others.
 */
export function plain(text: string, max = MAX): string {
  return oneLine(text, max).replace(
    /[^\p{L}\p{N}\p{M} ,/()\-\u0080-\u{10ffff}]/gu,
    (sign) => `&#${sign.charCodeAt(0)};`,
  );
}

/** Text as inline code. An HTML element, since no run of backticks can hold every text inside a table. */
export function code(text: string, max = MAX): string {
  return `<code>${plain(text, max)}</code>`;
}

/** Lines, already made visible, in a fence that none of them can close. */
export function fenced(lines: string): string {
  const longest = Math.max(2, ...Array.from(lines.matchAll(/`+/g), ([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${lines}\n${fence}`;
}
