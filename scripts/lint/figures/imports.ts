/** Which source file imports which, as TypeScript reads and resolves them. */
import { join } from 'node:path';
import ts from 'typescript';
import { graphOf, type Graph } from './graph.ts';

/** Enough to resolve `./file.ts` and the `#wing/…` of package.json. */
const OPTIONS: ts.CompilerOptions = {
  module: ts.ModuleKind.Preserve,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  allowImportingTsExtensions: true,
  noEmit: true,
};

/** The disk, as far as imports need it. */
export type Disk = Pick<ts.ModuleResolutionHost, 'fileExists' | 'readFile'>;

/** All that a source text imports: import, export from, import type, import('…') as a value and as a type. */
export function specifiers(text: string): string[] {
  const readImports = true;
  const findJavaScriptImports = true;
  return ts.preProcessFile(text, readImports, findJavaScriptImports).importedFiles.map(({ fileName }) => fileName);
}

/**
 * The graph of imports among files.
 *
 * @param root the folder that package.json is in, absolute
 * @param files the files, relative to root. Imports of others (packages, JSON) are left out.
 * @param disk for tests: what is on the disk
 */
export function importGraph(root: string, files: readonly string[], disk: Disk = ts.sys): Graph {
  const byPath = new Map(files.map((file) => [join(root, file), file]));
  const cache = ts.createModuleResolutionCache(root, (name) => name, OPTIONS);

  const importsOf = (file: string): [string, string][] => {
    const path = join(root, file);
    return specifiers(disk.readFile(path) ?? '')
      .filter((specifier) => /^[.#]/.test(specifier))
      .map((specifier) => ts.resolveModuleName(specifier, path, OPTIONS, disk, cache).resolvedModule?.resolvedFileName)
      .map((target) => byPath.get(target ?? ''))
      .filter((target) => target !== undefined)
      .map((target) => [file, target]);
  };
  return graphOf(files, files.flatMap(importsOf));
}
