/** All figures of one checkout. */
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { findings, type Finding } from './functions.ts';
import { arrows, arrowsBackUp, circles, floors, grouped, type Arrow, type Graph } from './graph.ts';
import { importGraph } from './imports.ts';
import { wideLines, type WideLines } from './lines.ts';
import { folderCircles, repeatedNames, roomOf } from './names.ts';

/** The parts of a checkout that hold TypeScript. */
export const PARTS = ['src', 'test', 'scripts'] as const;
export type Part = (typeof PARTS)[number];

/** The width of a tab in C, as the kernel has it. */
const C_TAB_WIDTH = 8;

/** What was measured. Paths of files are relative to src/, those of findings to the checkout. */
export interface Figures {
  readonly root: string;
  readonly wide: Readonly<Record<Part | 'agent', WideLines>>;
  readonly findings: readonly Finding[];
  readonly files: number;
  readonly imports: number;
  readonly repeatedNames: readonly { readonly name: string; readonly files: readonly string[] }[];
  readonly fileCircles: readonly (readonly string[])[];
  readonly folderCircles: readonly (readonly string[])[];
  /** The rooms of src/: its folders, and its loose files. */
  readonly rooms: number;
  readonly floors: number;
  readonly arrows: number;
  readonly arrowsBackUp: readonly Arrow[];
}

/** Measures a checkout. */
export async function measure(folder: string): Promise<Figures> {
  const root = realpathSync(folder);
  const sources = filesIn(join(root, 'src'), '.ts');
  const graph = graphBelowSrc(root, sources);
  const rooms = grouped(graph, (file) => roomOf(file, 1));

  return {
    root,
    wide: {
      src: wideIn(join(root, 'src'), ['.ts']),
      test: wideIn(join(root, 'test'), ['.ts']),
      scripts: wideIn(join(root, 'scripts'), ['.ts', '.mts', '.mjs']),
      agent: wideIn(join(root, 'src/agent'), ['.c', '.h'], C_TAB_WIDTH),
    },
    findings: await findings(root, PARTS),
    files: sources.length,
    imports: arrows(graph).reduce((sum, { imports }) => sum + imports, 0),
    repeatedNames: repeatedNames(sources),
    fileCircles: circles(graph),
    folderCircles: folderCircles(graph),
    rooms: rooms.size,
    floors: floors(rooms),
    arrows: arrows(rooms).length,
    arrowsBackUp: arrowsBackUp(rooms),
  };
}

/** The graph of imports with paths as they are seen from src/. */
function graphBelowSrc(root: string, sources: readonly string[]): Graph {
  const graph = importGraph(
    root,
    sources.map((file) => `src/${file}`),
  );
  return grouped(graph, (file) => file.slice('src/'.length));
}

/** All files below a folder whose names end so, relative to it. None when there is no such folder. */
function filesIn(folder: string, ...endings: readonly string[]): string[] {
  const hasEnding = (file: string): boolean => endings.some((ending) => file.endsWith(ending));
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(hasEnding).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function wideIn(folder: string, endings: readonly string[], tabWidth?: number): WideLines {
  const total = { lines: 0, tableRows: 0 };
  for (const file of filesIn(folder, ...endings)) {
    const { lines, tableRows } = wideLines(readFileSync(join(folder, file), 'utf8'), tabWidth);
    total.lines += lines;
    total.tableRows += tableRows;
  }
  return total;
}
