/** The list of features that a profile is compiled for. */
import { readFileSync } from 'node:fs';
import type { IncludeFolders } from '#core/model/model.ts';
import type { ProfileText } from '#core/profile/syntax/ast.ts';
import { foldersOf, includeFinder } from './include-paths.ts';

/** What the parser takes for policy that names no ABI. */
const CONFIG = '/etc/apparmor/parser.conf';

/** Names that the parser knows itself: the kernel's features, and its own (parser_yacc.y, abi_features_base). */
const BUILT_IN = /^<(?:kernel|default)>$/;

/** A list of features as a file has it. */
export interface PolicyAbi {
  readonly name: string;
  readonly text: string;
}

/** @returns undefined when it is the kernel's own list, or not known here. */
export function policyAbi({ file, abi }: ProfileText, includes: IncludeFolders = {}): PolicyAbi | undefined {
  if (abi === undefined) return defaultAbi();
  if (BUILT_IN.test(abi)) return undefined;
  const [, magic, plain] = /^(?:<(.*)>|"?([^"]*)"?)$/.exec(abi) ?? [];
  const find = includeFinder(foldersOf(file, includes));
  const [found] = find({ name: magic ?? plain ?? '', magic: magic !== undefined, from: file }) ?? [];
  return found === undefined ? undefined : { name: abi, text: found.text };
}

function defaultAbi(): PolicyAbi | undefined {
  try {
    const file = /^\s*policy-features\s*=\s*(\S+)/m.exec(readFileSync(CONFIG, 'utf8'))?.[1];
    return file === undefined ? undefined : { name: file, text: readFileSync(file, 'utf8') };
  } catch {
    return undefined;
  }
}
