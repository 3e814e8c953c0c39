/**
 * Every option of the command line, once: how it is written, its help, its values, and whether it is passed
 * on to a lab guest. Help, the guest's command line and the GitHub Action all read these tables. No side effects.
 */
import { LOG_SOURCES } from '#adapters/kernel/log/source.ts';
import { DEFAULT_SUITE, SUITES } from '#adapters/lab/image/recipe.ts';
import type { IncludeFolders } from '#core/model/model.ts';
import { OPERATOR_WORDS, readOperators } from '#core/mutation/operators.ts';
import { readCount } from '#core/text/count.ts';
import { readPercent } from '#core/text/percent.ts';
import type {
  RunArguments,
  RulesArguments,
  DiffArguments,
  DiffSpecsArguments,
  MutateArguments,
  InitArguments,
  LabArguments,
  CommandArguments,
  CommandName,
} from './command-arguments.ts';

/** One option. `Value` is what a command gets; for an option that repeats, a list. */
export interface OptionRow<Value = unknown> {
  readonly flag: `--${string}`;
  readonly short?: `-${string}`;
  /** What help calls the value. An option without one is a switch, off by default. */
  readonly argument?: `<${string}>`;
  readonly help: string;
  readonly hidden?: true;
  readonly required?: true;
  /** May be given more than once; `Value` is the list of all values. */
  readonly repeats?: true;
  readonly choices?: readonly Value[];
  readonly default?: Value;
  /** Reads a value that is not plain text. @returns undefined when the text is not such a value. */
  parse?(text: string): Value | undefined;
  /** What `parse` reads, for the message when it cannot. */
  readonly expects?: string;
  /** The inverse of `parse`. */
  format?(value: Value): string;
  /** How it goes to the same command in a lab guest: not at all, unchanged, or as an absolute path. */
  readonly inGuest: 'omitted' | 'unchanged' | 'absolute-path';
}

/** An option that a command can rely on: it is required or has a default. */
type CertainRow<Value> = OptionRow<Value> & ({ readonly default: Value } | { readonly required: true });

/** A row for each option: one that is missing, or lacks a needed default, is a compile error. */
type OptionTable<Options> = {
  readonly [Name in keyof Options]-?: undefined extends Options[Name]
    ? OptionRow<NonNullable<Options[Name]>>
    : CertainRow<Options[Name]>;
};

// Rows that more than one command has.

const HOST = {
  flag: '--host',
  argument: '<where>',
  help: 'where to run: auto takes this host if it has AppArmor and Docker, else the lab guest',
  choices: ['auto', 'local', 'lab'],
  default: 'auto',
  inGuest: 'omitted',
} as const satisfies OptionRow;

const HOST_OR_NONE = {
  ...HOST,
  help: 'which kernel confirms the result: auto is this host if it has AppArmor, else the lab guest; none skips this',
  choices: ['auto', 'local', 'lab', 'none'],
} as const satisfies OptionRow;

const LAB_SUITE = {
  flag: '--lab-suite',
  argument: '<suite>',
  help: 'Debian suite of the lab guest',
  choices: SUITES,
  default: DEFAULT_SUITE,
  inGuest: 'omitted',
} as const satisfies OptionRow;

const PROFILE = {
  flag: '--profile',
  argument: '<file>',
  help: "use this profile instead of the spec's",
  inGuest: 'absolute-path',
} as const satisfies OptionRow;

const IMAGE = {
  flag: '--image',
  argument: '<name>',
  help: "use this image instead of the spec's",
  inGuest: 'unchanged',
} as const satisfies OptionRow;

const LOG = {
  flag: '--log',
  argument: '<source>',
  help: 'where to read audit records: auto tests which source receives them',
  choices: ['auto', ...LOG_SOURCES],
  default: 'auto',
  inGuest: 'unchanged',
} as const satisfies OptionRow;

const JSON_OUTPUT = {
  flag: '--json',
  help: 'print JSON',
  default: false,
  inGuest: 'unchanged',
} as const satisfies OptionRow;

const INCLUDE = {
  short: '-I',
  flag: '--include',
  argument: '<folder>',
  help: 'search this folder for includes before the base folder; may be repeated',
  repeats: true,
  default: [],
  inGuest: 'absolute-path',
} as const satisfies OptionRow;

const BASE_FOLDER = {
  short: '-b',
  flag: '--base',
  argument: '<folder>',
  help: 'base folder of includes (default: /etc/apparmor.d)',
  inGuest: 'absolute-path',
} as const satisfies OptionRow;

const COUNT = {
  argument: '<number>',
  parse: readCount,
  expects: 'a whole number from 1 on',
  inGuest: 'unchanged',
} as const;

const PERCENT = {
  argument: '<percent>',
  parse: readPercent,
  expects: 'a number from 0 to 100',
  inGuest: 'unchanged',
} as const;

// The commands, each with its options in the order of its help.

const RUN: OptionTable<RunArguments> = {
  host: HOST,
  labSuite: LAB_SUITE,
  profile: PROFILE,
  image: IMAGE,
  include: INCLUDE,
  base: BASE_FOLDER,
  reportDir: {
    flag: '--report-dir',
    argument: '<folder>',
    help: 'folder for junit.xml, report.json, summary.md and report.html',
    default: 'reports',
    inGuest: 'absolute-path',
  },
  grep: {
    flag: '--grep',
    argument: '<pattern>',
    help: 'run only probes whose suite title and name, joined by a space, match this regular expression',
    inGuest: 'unchanged',
  },
  bail: {
    flag: '--bail',
    help: 'stop after the first probe that does not pass',
    default: false,
    inGuest: 'unchanged',
  },
  inPlace: {
    flag: '--in-place',
    help: 'load the profile under its own name, and restore the one it replaces afterwards',
    default: false,
    inGuest: 'unchanged',
  },
  keepAuditSwitch: {
    flag: '--keep-audit-switch',
    help: "keep the kernel's audit mode: explicit deny rules then write no records, unless it is noquiet",
    default: false,
    inGuest: 'unchanged',
  },
  log: LOG,
  coverage: {
    flag: '--coverage',
    help: 'print the profile, with the probes that test each rule',
    default: false,
    inGuest: 'unchanged',
  },
  minCoverage: {
    ...PERCENT,
    flag: '--min-coverage',
    help: "fail when the probes test less than this percentage of a profile's testable rules",
  },
};

const RULES: OptionTable<RulesArguments> = {
  json: { ...JSON_OUTPUT, help: 'print the parsed profile as JSON' },
  include: INCLUDE,
  base: BASE_FOLDER,
};

const DIFF: OptionTable<DiffArguments> = {
  host: HOST_OR_NONE,
  labSuite: LAB_SUITE,
  spec: {
    flag: '--spec',
    argument: '<file>',
    help: 'run the probes of this spec under both profiles, and apply its waivers',
    inGuest: 'absolute-path',
  },
  json: JSON_OUTPUT,
  markdown: {
    flag: '--markdown',
    argument: '<file>',
    help: 'also write the comparison to this file, as Markdown',
    inGuest: 'absolute-path',
  },
  include: INCLUDE,
  base: BASE_FOLDER,
  as: {
    flag: '--as',
    argument: '<json>',
    help: 'names to show for copied files and folders: a JSON object, from absolute paths to names',
    hidden: true,
    parse: readNames,
    expects: 'a JSON object whose values are strings',
    format: (names) => JSON.stringify(names),
    inGuest: 'unchanged',
  },
  sideFolders: {
    flag: '--side-folders',
    argument: '<folders>',
    help: 'where each side searches its includes: a JSON object with base and head, each with base and search',
    hidden: true,
    parse: readSideFolders,
    expects: 'a JSON object with base and head',
    format: (folders) => JSON.stringify(folders),
    inGuest: 'unchanged',
  },
};

const DIFF_SPECS: OptionTable<DiffSpecsArguments> = {
  since: {
    flag: '--since',
    argument: '<commit>',
    help: 'commit to compare with',
    required: true,
    inGuest: 'omitted',
  },
  markdown: {
    flag: '--markdown',
    argument: '<file>',
    help: 'file to write the comparison to, as Markdown',
    required: true,
    inGuest: 'omitted',
  },
  profile: { ...PROFILE, inGuest: 'omitted' },
  include: { ...INCLUDE, inGuest: 'omitted' },
  base: { ...BASE_FOLDER, inGuest: 'omitted' },
  host: HOST_OR_NONE,
  labSuite: LAB_SUITE,
};

const MUTATE: OptionTable<MutateArguments> = {
  host: HOST,
  labSuite: LAB_SUITE,
  profile: PROFILE,
  image: IMAGE,
  include: INCLUDE,
  base: BASE_FOLDER,
  reportDir: {
    flag: '--report-dir',
    argument: '<folder>',
    help: 'folder for mutation.json and mutation.md',
    default: 'reports',
    inGuest: 'absolute-path',
  },
  grep: {
    flag: '--grep',
    argument: '<pattern>',
    help: 'try only mutants whose line matches this regular expression, for example "line 31:"',
    inGuest: 'unchanged',
  },
  operators: {
    flag: '--operators',
    argument: '<names>',
    help: 'try only these operators or groups of them (loosen, carve, add), for example "loosen,add-network"',
    parse: readOperators,
    expects: `names out of ${OPERATOR_WORDS.join(', ')}`,
    format: (operators) => operators.join(','),
    inGuest: 'unchanged',
  },
  sample: {
    ...COUNT,
    flag: '--sample',
    help: 'try at most so many mutants of each operator, chosen by --seed',
  },
  seed: { ...COUNT, flag: '--seed', help: 'another sample for each number (default: 1)' },
  included: {
    flag: '--included',
    help: 'also change rules of included files',
    default: false,
    inGuest: 'unchanged',
  },
  writeProbes: {
    flag: '--write-probes',
    help: 'add a probe to the spec for each survivor: one that passes, and does not pass under the mutant',
    default: false,
    inGuest: 'omitted', // the spec on this host is the one to change
  },
  minScore: { ...PERCENT, flag: '--min-score', help: 'fail when the score is below this percentage' },
  log: LOG,
};

const INIT: OptionTable<InitArguments> = {
  profile: { ...PROFILE, help: 'the profile to write a spec for', required: true },
  name: {
    flag: '--name',
    argument: '<profile>',
    help: 'which profile of the file, when it defines several',
    inGuest: 'unchanged',
  },
  image: { ...IMAGE, help: 'the container image; probes are made from its files', required: true },
  include: INCLUDE,
  base: BASE_FOLDER,
  build: {
    flag: '--build',
    argument: '<folder>',
    help: 'folder with a Dockerfile to build the image from when it is missing',
    inGuest: 'absolute-path',
  },
  output: {
    short: '-o',
    flag: '--output',
    argument: '<file>',
    help: 'the spec to write (default: specs/PROFILE.generated.yml)',
    inGuest: 'absolute-path',
  },
  force: {
    flag: '--force',
    help: 'overwrite an existing spec',
    default: false,
    inGuest: 'unchanged',
  },
  host: HOST,
  labSuite: LAB_SUITE,
  writeTo: {
    flag: '--write-to',
    argument: '<file>',
    help: 'write the spec here; its paths stay relative to the folder of --output',
    hidden: true,
    inGuest: 'absolute-path',
  },
};

const LAB: OptionTable<LabArguments> = { labSuite: LAB_SUITE };

const LAB_DESTROY: OptionTable<Partial<LabArguments>> = {
  labSuite: {
    flag: '--lab-suite',
    argument: '<suite>',
    help: 'only this Debian suite (default: all)',
    choices: SUITES,
    inGuest: 'omitted',
  },
};

/** The options of every command, by their names in code. */
export const OPTIONS: { readonly [Name in CommandName]: OptionTable<CommandArguments[Name]> } = {
  run: RUN,
  rules: RULES,
  diff: DIFF,
  'diff-specs': DIFF_SPECS,
  mutate: MUTATE,
  init: INIT,
  lab: LAB,
  'lab destroy': LAB_DESTROY,
};

/** The options of a command as a list, in the order of its help. */
export function optionsOf(command: CommandName): readonly (readonly [name: string, row: OptionRow])[] {
  return Object.entries<OptionRow>(OPTIONS[command]);
}

/**
 * Writes a command line, without the program's name. Values are joined to their options by `=` and operands come after
 * `--`, so that no value is ever read as an option.
 * @param operands the arguments that are no options, for example spec files
 */
export function toArgv<Name extends CommandName>(
  command: Name,
  options: Partial<CommandArguments[Name]>,
  operands: readonly string[],
): string[] {
  const values = options as Readonly<Record<string, unknown>>;
  const words = optionsOf(command).flatMap(([name, row]) => optionWords(row, values[name]));
  return [command, ...words, ...(operands.length === 0 ? [] : ['--', ...operands])];
}

function optionWords(row: OptionRow, value: unknown): string[] {
  if (value === undefined || value === false) return [];
  if (value === true) return [row.flag];
  const repeats = Array.isArray(value) && row.format === undefined;
  const texts = repeats ? value.map(String) : [textOf(row, value)];
  return texts.map((text) => `${row.flag}=${text}`);
}

function textOf(row: OptionRow, value: unknown): string {
  if (row.format !== undefined) return row.format(value);
  return typeof value === 'number' ? value.toString() : (value as string);
}

function readNames(text: string): Readonly<Record<string, string>> | undefined {
  try {
    const names = JSON.parse(text) as unknown;
    if (typeof names !== 'object' || names === null || Array.isArray(names)) return undefined;
    const isText = Object.values(names).every((name) => typeof name === 'string');
    return isText ? (names as Readonly<Record<string, string>>) : undefined;
  } catch {
    return undefined;
  }
}

function readSideFolders(text: string): CommandArguments['diff']['sideFolders'] {
  try {
    const { base, head } = JSON.parse(text) as Record<'base' | 'head', unknown>;
    return isFolders(base) && isFolders(head) ? { base, head } : undefined;
  } catch {
    return undefined;
  }
}

function isFolders(value: unknown): value is IncludeFolders {
  if (typeof value !== 'object' || value === null) return false;
  const { base, search = [] } = value as Record<'base' | 'search', unknown>;
  const isBase = base === undefined || typeof base === 'string';
  return isBase && Array.isArray(search) && search.every((folder) => typeof folder === 'string');
}
