/** Figures as a table and as lists. Pure. */
import { LIMITS } from '../limits.mjs';
import type { CountedRule, Finding } from './functions.ts';
import { nameOf } from './graph.ts';
import { PARTS, type Figures, type Part } from './measure.ts';

/** A row of the table: a figure, and how much of it is allowed. */
export interface Row {
  readonly title: string;
  readonly valueOf: (figures: Figures) => number;
  /** Missing where there is no limit. */
  readonly limit?: number;
}

/** The action, the command line whose options it reads, harness, adapters, core. */
const MAX_FLOORS = 5;

const COUNTED: Readonly<Record<CountedRule, string>> = {
  complexity: `functions over complexity ${LIMITS.complexity}`,
  'no-nested-ternary': 'nested ternaries',
  'max-statements-per-line': 'lines of two or more statements',
  'max-params': `functions of more than ${LIMITS.parameters} parameters`,
};

export const ROWS: readonly Row[] = [
  { title: wide('src'), limit: 0, valueOf: ({ wide }) => wide.src.lines + wide.src.tableRows },
  { title: wide('src/agent (C)'), limit: 0, valueOf: ({ wide }) => wide.agent.lines + wide.agent.tableRows },
  { title: wide('scripts'), limit: 0, valueOf: ({ wide }) => wide.scripts.lines + wide.scripts.tableRows },
  { title: wide('test'), limit: 0, valueOf: ({ wide }) => wide.test.lines },
  { title: `${wide('test')}, rows of tables`, valueOf: ({ wide }) => wide.test.tableRows },
  ...PARTS.flatMap((part) => Object.keys(COUNTED).map((rule) => counted(rule as CountedRule, part))),
  {
    title: 'functions exempt from the complexity rule',
    valueOf: ({ findings }) => findings.filter(isExemptFunction).length,
  },
  { title: 'files in src', valueOf: ({ files }) => files },
  { title: 'imports among them', valueOf: ({ imports }) => imports },
  { title: 'file names that occur twice', limit: 0, valueOf: (figures) => figures.repeatedNames.length },
  { title: 'circles of files', limit: 0, valueOf: ({ fileCircles }) => fileCircles.length },
  { title: 'circles of folders', limit: 0, valueOf: (figures) => figures.folderCircles.length },
  { title: 'rooms of src', valueOf: ({ rooms }) => rooms },
  { title: 'floors of rooms', limit: MAX_FLOORS, valueOf: (figures) => figures.floors },
  { title: 'arrows between rooms', valueOf: (figures) => figures.arrows },
  { title: 'arrows that run back up', limit: 0, valueOf: (figures) => figures.arrowsBackUp.length },
];

function wide(part: string): string {
  return `lines over ${LIMITS.width} columns: ${part}`;
}

function counted(rule: CountedRule, part: Part): Row {
  return {
    title: `${COUNTED[rule]}: ${part}`,
    limit: 0,
    valueOf: ({ findings }) => findings.filter((finding) => breaks(finding, rule, part)).length,
  };
}

function breaks({ rule, file, exempt }: Finding, wanted: CountedRule, part: Part): boolean {
  return rule === wanted && file.startsWith(`${part}/`) && exempt === undefined;
}

function isExemptFunction({ rule, exempt }: Finding): boolean {
  return rule === 'complexity' && exempt !== undefined;
}

/** The titles of the rows whose limit a checkout breaks. */
export function brokenLimits(figures: Figures): string[] {
  return ROWS.filter(({ limit, valueOf }) => limit !== undefined && valueOf(figures) > limit).map(({ title }) => title);
}

/** The table: a row for each figure, a column for each checkout, and the limits last. */
export function table(checkouts: readonly { readonly name: string; readonly figures: Figures }[]): string {
  const header = ['', ...checkouts.map(({ name }) => name), 'limit'];
  const rows = ROWS.map(({ title, limit, valueOf }) => [
    title,
    ...checkouts.map(({ figures }) => `${valueOf(figures)}`),
    limit === undefined ? '' : `${limit}`,
  ]);

  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  const padded = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return lines.map((cells) => `${cells.map(padded).join('  ').trimEnd()}\n`).join('');
}

/** What the figures of one checkout count, by name: one paragraph for each kind. */
export function details({ findings, repeatedNames, ...figures }: Figures): string {
  const overLimit = Object.keys(COUNTED).map((rule) => {
    const places = findings.filter((finding) => finding.rule === rule && finding.exempt === undefined);
    return paragraph(COUNTED[rule as CountedRule], places.map(place));
  });
  return [
    ...overLimit,
    paragraph('functions exempt from the complexity rule', findings.filter(isExemptFunction).map(placeAndReason)),
    paragraph(
      'file names that occur twice in src (TypeScript, without folder and extension)',
      repeatedNames.map(({ name, files }) => `${name}: ${files.join(', ')}`),
    ),
    paragraph('circles of files', figures.fileCircles.map(circle)),
    paragraph('circles of folders', figures.folderCircles.map(circle)),
    paragraph('arrows that run back up', figures.arrowsBackUp.map(nameOf)),
  ].join('');
}

function paragraph(title: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  return `\n${title}:\n${items.map((item) => `  ${item}\n`).join('')}`;
}

function place({ rule, file, line, text }: Finding): string {
  return rule === 'complexity' ? `${file}:${line} ${text}` : `${file}:${line}`;
}

function placeAndReason(finding: Finding): string {
  return `${place(finding)}: ${finding.exempt ?? ''}`;
}

function circle(members: readonly string[]): string {
  return members.join(' ↔ ');
}
