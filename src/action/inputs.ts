/** The action's inputs: read and checked, and written as arguments of the command line. Pure. */
import { toArgv } from '#cli/options.ts';
import { HarnessError } from '#core/model/errors.ts';
import { defined } from '#core/model/optional.ts';
import { readPercent } from '#core/text/percent.ts';
import { oneLine } from '#core/text/visible.ts';

/** The action's inputs, named as in action.yml. */
export interface Inputs {
  /** Files, or patterns with `*` in the last part of the path. */
  readonly specs: readonly string[];
  readonly profile?: string;
  readonly image?: string;
  /** Folders in which a profile's includes are searched before the base folder. */
  readonly include: readonly string[];
  readonly base?: string;
  readonly reportDir: string;
  readonly grep?: string;
  readonly bail: boolean;
  readonly inPlace: boolean;
  readonly summary: boolean;
  /** Whether a pull request's change of a profile is compared with the base commit. */
  readonly diff: boolean;
  /** 0 to 100. */
  readonly minCoverage?: number;
}

/** The part of @actions/core that reads inputs. */
export interface InputSource {
  getInput(name: string): string;
  getMultilineInput(name: string): string[];
  getBooleanInput(name: string): boolean;
}

/**
 * Reads all inputs.
 * @throws HarnessError `usage` when a value is missing or malformed
 */
export function readInputs(source: InputSource): Inputs {
  const specs = source.getMultilineInput('specs').filter((line) => line !== '');
  if (specs.length === 0) throw new HarnessError('usage', 'The input `specs` names no file.');
  const reportDir = singleLine(source, 'report-dir');
  if (reportDir === undefined) throw new HarnessError('usage', 'The input `report-dir` is empty.');

  const profile = singleLine(source, 'profile');
  const image = singleLine(source, 'image');
  const include = source.getMultilineInput('include').filter((line) => line !== '');
  const base = singleLine(source, 'base');
  const grep = singleLine(source, 'grep');
  for (const value of [...specs, reportDir, ...include, ...[profile, image, base, grep].map((value) => value ?? '')]) {
    if (value.includes('\0')) throw new HarnessError('usage', 'An input contains a NUL character.');
  }

  return {
    specs,
    reportDir,
    include,
    bail: flag(source, 'bail'),
    inPlace: flag(source, 'in-place'),
    summary: flag(source, 'summary'),
    diff: autoOrOff(source, 'diff'),
    ...defined({ profile, image, base, grep, minCoverage: percentage(source, 'min-coverage') }),
  };
}

/** @returns undefined for an input that is empty or missing. */
function singleLine(source: InputSource, name: string): string | undefined {
  const value = source.getInput(name);
  if (/[\r\n]/.test(value)) throw new HarnessError('usage', `The input \`${name}\` must be a single line.`);
  return value === '' ? undefined : value;
}

function percentage(source: InputSource, name: string): number | undefined {
  const text = singleLine(source, name);
  if (text === undefined) return undefined;
  return readPercent(text) ?? refuse(name, 'a number from 0 to 100', text);
}

function autoOrOff(source: InputSource, name: string): boolean {
  const value = singleLine(source, name) ?? 'auto';
  if (value !== 'auto' && value !== 'off') refuse(name, 'auto or off', value);
  return value === 'auto';
}

function flag(source: InputSource, name: string): boolean {
  try {
    return source.getBooleanInput(name);
  } catch {
    return refuse(name, 'true or false', source.getInput(name));
  }
}

function refuse(name: string, expected: string, value: string): never {
  throw new HarnessError('usage', `The input \`${name}\` must be ${expected}, not "${oneLine(value, 50)}".`);
}

/**
 * The spec files that patterns name: each once, in the given order; the files of one pattern are sorted.
 * @param list gives the names in a folder; none when there is no such folder
 * @throws HarnessError `spec-unreadable` when a pattern matches no file
 */
export function expandSpecs(
  patterns: readonly string[],
  list: (folder: string) => readonly string[],
): readonly string[] {
  return [...new Set(patterns.flatMap((pattern) => filesOf(pattern, list)))];
}

function filesOf(pattern: string, list: (folder: string) => readonly string[]): string[] {
  if (!pattern.includes('*')) return [pattern];

  const slash = pattern.lastIndexOf('/') + 1;
  const folder = pattern.slice(0, slash);
  if (folder.includes('*')) {
    const quoted = oneLine(pattern, 200);
    throw new HarnessError('usage', `In \`specs\`, only the last part of a path may contain a *: ${quoted}.`);
  }

  const matcher = wildcardMatcher(pattern.slice(slash));
  const names = list(folder === '' ? '.' : folder).filter((name) => matcher.test(name) && !name.startsWith('.'));
  if (names.length === 0) throw new HarnessError('spec-unreadable', `No file matches ${oneLine(pattern, 200)}.`);
  return names.sort().map((name) => `${folder}${name}`);
}

/** `*` matches any characters but a slash; all else matches itself. */
function wildcardMatcher(name: string): RegExp {
  const literals = name.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literals.join('[^/]*')}$`, 's');
}

/** The arguments that run the specs. No value of an input is read as an option: see `toArgv`. */
export function cliArguments(inputs: Inputs, specs: readonly string[]): readonly string[] {
  const { reportDir, bail, inPlace, include, profile, image, base, grep, minCoverage } = inputs;
  const options = { reportDir, bail, inPlace, include, ...defined({ profile, image, base, grep, minCoverage }) };
  return toArgv('run', { host: 'local', ...options }, specs);
}
