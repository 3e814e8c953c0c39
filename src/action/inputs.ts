/** What the workflow gave the action, as one typed object, and as arguments of the command line. Pure. */
import { HarnessError } from '#core/model/errors.ts';
import { readPercent } from '#core/text/percent.ts';
import { oneLine } from '#core/text/visible.ts';

/** The action's inputs, named as in action.yml. */
export interface Inputs {
  /** Files, or patterns with `*` in the last part of the path. */
  readonly specs: readonly string[];
  readonly profile?: string;
  readonly image?: string;
  readonly reportDir: string;
  readonly grep?: string;
  readonly bail: boolean;
  readonly inPlace: boolean;
  readonly summary: boolean;
  /** Whether a pull request's change of a profile is compared. */
  readonly diff: boolean;
  /** A number from 0 to 100, as written. */
  readonly minCoverage?: string;
}

/** The part of @actions/core that reads inputs. */
export interface InputSource {
  getInput(name: string): string;
  getMultilineInput(name: string): string[];
  getBooleanInput(name: string): boolean;
}

/**
 * Reads all inputs.
 * @throws HarnessError `usage`, for a value that cannot be meant
 */
export function readInputs(source: InputSource): Inputs {
  const specs = source.getMultilineInput('specs').filter((line) => line !== '');
  if (specs.length === 0) throw new HarnessError('usage', 'The input `specs` names no file.');
  const reportDir = single(source, 'report-dir');
  if (reportDir === undefined) throw new HarnessError('usage', 'The input `report-dir` is empty.');
  const profile = single(source, 'profile');
  const image = single(source, 'image');
  const grep = single(source, 'grep');
  const minCoverage = percentage(source, 'min-coverage');
  for (const value of [...specs, reportDir, profile ?? '', image ?? '', grep ?? '']) {
    if (value.includes('\0')) throw new HarnessError('usage', 'An input holds a NUL character.');
  }
  return {
    specs,
    reportDir,
    ...(profile === undefined ? {} : { profile }),
    ...(image === undefined ? {} : { image }),
    ...(grep === undefined ? {} : { grep }),
    ...(minCoverage === undefined ? {} : { minCoverage }),
    bail: flag(source, 'bail'),
    inPlace: flag(source, 'in-place'),
    summary: flag(source, 'summary'),
    diff: autoOrOff(source, 'diff'),
  };
}

function single(source: InputSource, name: string): string | undefined {
  const value = source.getInput(name);
  if (/[\r\n]/.test(value)) throw new HarnessError('usage', `The input \`${name}\` takes one line.`);
  return value === '' ? undefined : value;
}

function percentage(source: InputSource, name: string): string | undefined {
  const value = single(source, name);
  if (value !== undefined && readPercent(value) === undefined)
    throw new HarnessError('usage', `The input \`${name}\` takes a number from 0 to 100, not "${oneLine(value, 50)}".`);
  return value;
}

function autoOrOff(source: InputSource, name: string): boolean {
  const value = single(source, name) ?? 'auto';
  if (value !== 'auto' && value !== 'off')
    throw new HarnessError('usage', `The input \`${name}\` must be auto or off, not "${oneLine(value, 50)}".`);
  return value === 'auto';
}

function flag(source: InputSource, name: string): boolean {
  try {
    return source.getBooleanInput(name);
  } catch {
    throw new HarnessError(
      'usage',
      `The input \`${name}\` must be true or false, not "${oneLine(source.getInput(name), 50)}".`,
    );
  }
}

/**
 * The spec files that patterns name, each once, in the order given; those of a pattern sorted.
 * @param list gives the names in a folder, none when there is no such folder
 * @throws HarnessError `spec-unreadable`, for a pattern that fits no file
 */
export function expandSpecs(
  patterns: readonly string[],
  list: (folder: string) => readonly string[],
): readonly string[] {
  const files = patterns.flatMap((pattern) => {
    if (!pattern.includes('*')) return [pattern];
    const slash = pattern.lastIndexOf('/') + 1;
    const folder = pattern.slice(0, slash);
    if (folder.includes('*'))
      throw new HarnessError(
        'usage',
        `In \`specs\`, only the last part of a path may hold a *: ${oneLine(pattern, 200)}`,
      );
    const wanted = new RegExp(
      `^${pattern
        .slice(slash)
        .split('*')
        .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
        .join('[^/]*')}$`,
      's',
    );
    const found = list(folder === '' ? '.' : folder)
      .filter((name) => wanted.test(name) && !name.startsWith('.'))
      .sort();
    if (found.length === 0) throw new HarnessError('spec-unreadable', `No file fits ${oneLine(pattern, 200)}`);
    return found.map((name) => `${folder}${name}`);
  });
  return [...new Set(files)];
}

/** The arguments of the command line. Values are joined by `=` and files stand behind `--`, so that none can be an option. */
export function cliArguments(inputs: Inputs, specs: readonly string[]): readonly string[] {
  const { profile, image, grep, minCoverage } = inputs;
  return [
    'run',
    '--host=local',
    `--report-dir=${inputs.reportDir}`,
    ...(profile === undefined ? [] : [`--profile=${profile}`]),
    ...(image === undefined ? [] : [`--image=${image}`]),
    ...(grep === undefined ? [] : [`--grep=${grep}`]),
    ...(minCoverage === undefined ? [] : [`--min-coverage=${minCoverage}`]),
    ...(inputs.bail ? ['--bail'] : []),
    ...(inputs.inPlace ? ['--in-place'] : []),
    '--',
    ...specs,
  ];
}
