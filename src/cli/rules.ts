/** `apparmor-probe rules`: what a profile consists of, each rule with its place. */
import { EXIT } from '../errors.ts';
import { profileText } from '../kernel/profile-text.ts';
import { rulesJson, rulesText } from '../report/rules.ts';
import { print, useColor } from './console.ts';

export interface RulesArguments {
  readonly json: boolean;
  readonly base?: string;
  readonly include: readonly string[];
}

/** @returns 0. @throws HarnessError when the profile cannot be read. */
export function runRules(file: string, { json, base, include }: RulesArguments): number {
  const text = profileText(file, { search: include, ...(base === undefined ? {} : { base }) });
  print(json ? [rulesJson(text)] : rulesText(text, { color: useColor(process.stdout), root: process.cwd() }));
  return EXIT.ok;
}
