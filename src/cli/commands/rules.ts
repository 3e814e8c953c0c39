/** `apparmor-probe rules`: what a profile consists of, each rule with its place. */
import { EXIT } from '#core/model/errors.ts';
import { profileText } from '#adapters/kernel/parser/read-profile-file.ts';
import { rulesJson, rulesText } from '#core/report/rules-report.ts';
import { print, useColor } from '#adapters/host/console.ts';

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
