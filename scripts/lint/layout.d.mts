export const MAY_IMPORT: Readonly<Record<string, readonly string[]>>;
export const IMPORTERS: Readonly<Record<string, string>>;
export const PURE_MODULES: readonly string[];
export function folderOf(file: string): string | undefined;
export function importProblem(file: string, specifier: string): string | undefined;
