/** The option `--grep` of run and mutate. */
import { HarnessError } from '#core/model/errors.ts';

/** @returns the pattern; undefined when none was given. @throws HarnessError `usage` */
export function grepPattern(grep: string | undefined): RegExp | undefined {
  if (grep === undefined) return undefined;
  try {
    return new RegExp(grep);
  } catch {
    throw new HarnessError('usage', `--grep ${JSON.stringify(grep)} is not a regular expression.`);
  }
}
