/** Lines that are too wide. Pure. */
import { LIMITS, TABLE_ROW } from '../limits.mjs';

/** How many lines of a text are too wide. */
export interface WideLines {
  /** Those that are no rows of a table. */
  readonly lines: number;
  readonly tableRows: number;
}

/** The columns that a line takes: characters, not UTF-16 units, with tabs up to the next tab stop. */
export function columns(line: string, tabWidth: number = LIMITS.tabWidth): number {
  let column = 0;
  for (const character of line) {
    const step = character === '\t' ? tabWidth - (column % tabWidth) : 1;
    column += step;
  }
  return column;
}

/** Counts the lines of a text that are wider than the limit. */
export function wideLines(text: string, tabWidth: number = LIMITS.tabWidth): WideLines {
  const wide = text.split(/\r?\n/).filter((line) => columns(line, tabWidth) > LIMITS.width);
  const tableRow = new RegExp(TABLE_ROW);
  const tableRows = wide.filter((line) => tableRow.test(line)).length;
  return { lines: wide.length - tableRows, tableRows };
}
