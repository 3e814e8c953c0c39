/** Foreign text inside GitHub's Markdown. Pure. */
import { oneLine } from './visible.ts';

/** Longest text in a cell or a line. */
const DEFAULT_MAX = 1000;

/**
 * Text in running Markdown or a table cell.
 *
 * Every ASCII sign that could be Markdown, HTML, a link, a mention or a table's border becomes a character reference,
 * which is text in every dialect of Markdown. The few that stay mean nothing without the others.
 */
export function plain(text: string, max = DEFAULT_MAX): string {
  return oneLine(text, max).replace(
    /[^\p{L}\p{N}\p{M} ,/()\-\u0080-\u{10ffff}]/gu,
    (sign) => `&#${sign.charCodeAt(0)};`,
  );
}

/** Text as inline code: an HTML element, because inside a table no run of backticks can hold every text. */
export function code(text: string, max = DEFAULT_MAX): string {
  return `<code>${plain(text, max)}</code>`;
}

/** Lines, already made visible, in a fence that none of them can close. */
export function fenced(lines: string): string {
  const longest = Math.max(2, ...Array.from(lines.matchAll(/`+/g), ([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${lines}\n${fence}`;
}
