/** The list of features that a profile is compiled for. */
import { readFileSync } from 'node:fs';
import { foldersOf, includeFinder } from './include-paths.ts';
import type { ProfileText } from '#core/profile/syntax/ast.ts';

/** What the parser takes for policy that names no ABI. */
const CONFIG = '/etc/apparmor/parser.conf';

/** @returns undefined when it is the kernel's own list. */
export function policyAbi({ file, abi }: ProfileText): { readonly name: string; readonly text: string } | undefined {
  if (abi === undefined) return defaultAbi();
  const [, magic, plain] = /^(?:<(.*)>|"?([^"]*)"?)$/.exec(abi) ?? [];
  const [found] =
    includeFinder(foldersOf(file, {}))({ name: magic ?? plain ?? '', magic: magic !== undefined, from: file }) ?? [];
  return found === undefined ? undefined : { name: abi, text: found.text };
}

function defaultAbi(): { readonly name: string; readonly text: string } | undefined {
  try {
    const file = /^\s*policy-features\s*=\s*(\S+)/m.exec(readFileSync(CONFIG, 'utf8'))?.[1];
    return file === undefined ? undefined : { name: file, text: readFileSync(file, 'utf8') };
  } catch {
    return undefined;
  }
}
