/** Foreign text inside HTML. Pure. */
import { oneLine, visibleLines } from './visible.ts';

const SIGNS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text of any kind as the text of an element or of a quoted attribute: what could end either becomes a reference. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => SIGNS[sign] ?? '');
}

/** One visible line of at most `max` characters. */
export function inline(text: string, max = 1000): string {
  return escaped(oneLine(text, max));
}

/** Lines, for `<pre>`. */
export function block(text: string): string {
  return escaped(visibleLines(text));
}

/** An element around HTML that is already safe. `attributes` are the program's own words, never foreign text. */
export function tag(name: string, attributes: Readonly<Record<string, string>>, ...content: readonly string[]): string {
  const list = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${value}"`)
    .join('');
  return `<${name}${list}>${content.join('')}</${name}>`;
}
