/** A path of one record as a pattern that still matches in the next run: process ids and terminals get new numbers. */
import { escapeName } from './quote-rule.ts';

/** Whether the profile's files define a variable, by its name without `@{}`. */
export type HasVariable = (name: string) => boolean;

const NO_VARIABLES: HasVariable = () => false;

/** What matches any number, in every version of the parser. */
const ANY_NUMBER = '[0-9]*';

/**
 * @param path as the kernel recorded it.
 * @returns a pattern, not yet quoted. `/proc/1`, a container's first process, stays as it is.
 */
export function lastingPath(path: string, hasVariable: HasVariable = NO_VARIABLES): string {
  const [, pid, below = ''] = /^\/proc\/(\d+)(\/.*)?$/s.exec(path) ?? [];
  if (pid !== undefined && pid !== '1') return procFolder(hasVariable) + belowProcess(below, hasVariable);
  if (pid === '1') return `/proc/1${belowProcess(below, hasVariable)}`;
  return /^\/dev\/pts\/\d+$/.test(path) ? `/dev/pts/${ANY_NUMBER}` : escapeName(path);
}

function procFolder(hasVariable: HasVariable): string {
  const proc = hasVariable('PROC') ? '@{PROC}' : '/proc';
  return `${proc}/${hasVariable('pid') ? '@{pid}' : ANY_NUMBER}`;
}

/** Threads have numbers of their own, and so have open files. */
function belowProcess(below: string, hasVariable: HasVariable): string {
  const [, thread, rest = ''] = /^\/task\/(\d+)(\/.*)?$/s.exec(below) ?? [];
  if (thread === undefined) return numberedFiles(below);
  return `/task/${hasVariable('tid') ? '@{tid}' : ANY_NUMBER}${numberedFiles(rest)}`;
}

function numberedFiles(below: string): string {
  const [, folder] = /^(\/(?:fd|fdinfo|map_files)\/)\d/.exec(below) ?? [];
  return folder === undefined ? escapeName(below) : `${folder}${ANY_NUMBER}`;
}
