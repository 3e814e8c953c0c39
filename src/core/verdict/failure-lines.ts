/**
 * What a command that failed says about it: the lines of its output that the control did not print, and the last of
 * them that tells a reason. Pure. The output is hostile: it can only keep a denial from counting, or pick one among
 * the records that the kernel wrote.
 */
import type { Observation } from '../model/model.ts';

/**
 * What a line tells.
 * - `permission`: EACCES or EPERM, in the words of the C library or of a program.
 * - `loader`: the dynamic loader could not map a library.
 * - `elsewhere`: another errno, with which AppArmor does not answer, or a shell that finds no such program.
 */
export type LineKind = 'permission' | 'loader' | 'elsewhere';

export interface TellingLine {
  readonly text: string;
  readonly kind: LineKind;
}

export interface FailureLines {
  /** Lines that the control did not print; every line where there is no control. */
  readonly lines: readonly string[];
  /** The last line that tells why, standard error before standard output. */
  readonly telling?: TellingLine;
}

/** No more of an output is looked at: its end, where a program says why it gives up. */
const MOST_LINES = 400;
const LINE = 2000;

/** Messages of glibc's and musl's dynamic loaders (elf/rtld.c, ldso/dynlink.c). */
const LOADER = /error while loading shared libraries:|Error loading shared library|Error relocating /;

/** strerror(EACCES) and strerror(EPERM) in some languages, and how programs and interpreters put them. */
const PERMISSION = new RegExp(
  [
    'permission denied|operation not permitted|access (is )?denied|not permitted|permissionerror',
    String.raw`\bEACCES\b|\bEPERM\b|\berr(no|or)[ =:]*13\b|\(13[:)]|\(errno:? 13`,
    'have permission|insufficient (permission|privilege)|must be (root|superuser)|are you root|only root',
    'keine berechtigung|zugriff verweigert|vorgang nicht zulässig|operation ist nicht erlaubt',
    'permission non accordée|opération non permise|permiso denegado|operación no permitida',
    'permesso negato|operazione non permessa|permissão negada|operação não permitida|toegang geweigerd',
    'отказано в доступе|операция не позволена|許可がありません|許可されていない操作|权限不够|不允许的操作',
  ].join('|'),
  'iu',
);

/** strerror() of errnos that AppArmor does not answer with, and the words of shells for a program that is not there. */
const ELSEWHERE = new RegExp(
  [
    'no such file or directory|no such process|no such device|not a directory|is a directory|directory nonexistent',
    'file exists|directory not empty|read-only file system|no space left|connection refused|exec format error',
    String.raw`text file busy|command not found|: not found\s*$|\b(ENOENT|ENOTDIR|EISDIR|EEXIST|ECONNREFUSED)\b`,
    'FileNotFoundError|ConnectionRefusedError',
    'datei oder verzeichnis nicht gefunden|aucun fichier ou dossier|no existe el fichero|file o directory non',
  ].join('|'),
  'iu',
);

/** @param control what the same command did without the profile, where it was tried. */
export function failureLines(observation: Observation, control: Observation | undefined): FailureLines {
  const known = new Set([...linesOf(control?.stdout.text), ...linesOf(control?.stderr.text)]);
  const onlyHere = (text: string): string[] => linesOf(text).filter((line) => !known.has(line));
  const stdout = onlyHere(observation.stdout.text);
  const stderr = onlyHere(observation.stderr.text);

  const lines = [...stdout, ...stderr];
  const telling = lastTelling(stderr) ?? lastTelling(stdout);
  return telling === undefined ? { lines } : { lines, telling };
}

/** Whether a line says that permission was missing. */
export function tellsPermission(line: string): boolean {
  return kindOf(line) === 'permission';
}

function linesOf(text = ''): string[] {
  return text
    .split('\n', 100_000)
    .map((line) => line.slice(0, LINE).trim())
    .filter((line) => line !== '')
    .slice(-MOST_LINES);
}

function lastTelling(lines: readonly string[]): TellingLine | undefined {
  for (const text of lines.toReversed()) {
    const kind = kindOf(text);
    if (kind !== undefined) return { text, kind };
  }
  return undefined;
}

function kindOf(line: string): LineKind | undefined {
  if (LOADER.test(line)) return 'loader';
  if (PERMISSION.test(line)) return 'permission';
  return ELSEWHERE.test(line) ? 'elsewhere' : undefined;
}
