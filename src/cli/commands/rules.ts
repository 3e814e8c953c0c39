/** `apparmor-probe rules`: lists a profile's rules, each with file and line. */
import { print, useColor } from '#adapters/host/console.ts';
import { profileText } from '#adapters/kernel/parser/read-profile-file.ts';
import { EXIT } from '#core/model/errors.ts';
import { defined } from '#core/model/optional.ts';
import { rulesJson, rulesText } from '#core/report/rules-report.ts';
import type { RulesArguments } from '../command-arguments.ts';

/** @returns 0. @throws HarnessError when the profile cannot be read. */
export function runRules(file: string, { json, base, include }: RulesArguments): number {
  const text = profileText(file, { search: include, ...defined({ base }) });
  print(json ? [rulesJson(text)] : rulesText(text, { color: useColor(process.stdout), root: process.cwd() }));
  return EXIT.ok;
}
