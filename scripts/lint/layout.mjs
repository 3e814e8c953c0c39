/**
 * The layout of src/: who may import whom. Every arrow points down.
 *
 *   cli, action   the entry points: arguments in, results out
 *   harness       what a run, an init, a mutation run and a diff do, step by step
 *   adapters      the outside world: Docker, the kernel, probes, the lab, this host
 *   core          pure: no disk, network, process or clock
 *
 * Between these folders an import is written `#folder/…`, so that its direction shows. The rule is `layout/imports`.
 */
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path/posix';

const VOCABULARY = ['core/model', 'core/text'];
const LANGUAGES = ['core/audit', 'core/profile', 'core/spec', ...VOCABULARY];

/** What each folder may import apart from itself: folders of any level. A loose file in src/ needs a row as well. */
export const MAY_IMPORT = {
  cli: ['harness', 'adapters', 'core'],
  // the action starts the command line: it writes options from the table that the command line reads
  action: ['cli/options.ts', 'harness', 'adapters', 'core'],

  'harness/diff': [
    'harness/run',
    'harness/init',
    'harness/mutate',
    'harness/suite',
    'harness/session',
    'adapters',
    'core',
  ],
  'harness/run': ['harness/suite', 'harness/session', 'adapters', 'core'],
  'harness/init': ['harness/suite', 'harness/session', 'adapters', 'core'],
  'harness/mutate': ['harness/suite', 'harness/session', 'adapters', 'core'],
  'harness/suite': ['harness/session', 'adapters', 'core'],
  'harness/session': ['adapters', 'core'],

  'adapters/probe': ['adapters/container', 'adapters/kernel', 'adapters/host', 'core'],
  'adapters/container': ['adapters/host', 'core'],
  'adapters/kernel': ['adapters/host', 'core'],
  'adapters/lab': ['adapters/host', 'core'],
  'adapters/host': ['core'],

  'core/generate': ['core/coverage', 'core/verdict', 'core/mutation', ...LANGUAGES],
  'core/report': ['core/coverage', 'core/verdict', 'core/mutation', ...LANGUAGES],
  'core/hint': ['core/coverage', 'core/verdict', ...LANGUAGES],
  'core/coverage': ['core/verdict', 'core/mutation', ...LANGUAGES],
  'core/verdict': LANGUAGES,
  'core/mutation': LANGUAGES,
  'core/spec': ['core/profile', ...VOCABULARY],
  'core/audit': VOCABULARY,
  'core/profile': VOCABULARY,
  'core/model': [],
  'core/text': [],
};

/** Each package has one importer: the file or the folder that knows its pitfalls. A new package needs a row. */
export const IMPORTERS = {
  '@actions/core': 'action/action.ts',
  chai: 'harness/run/mocha.ts',
  commander: 'cli',
  dockerode: 'adapters/container',
  'junit-report-builder': 'core/report/junit-report.ts',
  mocha: 'harness/run/mocha.ts',
  'node:child_process': 'adapters/host/exec.ts',
  'tar-stream': 'adapters/lab/wire',
  yaml: 'core/spec',
  zod: 'core/spec',
};

/** What core/ may import of Node: what gives the same answer every time. */
export const PURE_MODULES = ['node:path', 'node:path/posix', 'node:util', 'node:vm'];

const isIn = (file, place) => file === place || file.startsWith(`${place}/`);

/** The row of MAY_IMPORT that a file belongs to. @param {string} file relative to src/ */
export function folderOf(file) {
  return Object.keys(MAY_IMPORT).find((folder) => isIn(file, folder));
}

/**
 * Why a file must not import something.
 *
 * @param {string} file relative to src/
 * @param {string} specifier as it is written after `from`
 * @returns {string | undefined} a sentence; undefined when it may
 */
export function importProblem(file, specifier) {
  if (specifier.startsWith('#')) return sourceProblem(file, specifier.slice(1));
  if (specifier.startsWith('.')) return relativeProblem(file, join(dirname(file), specifier));
  return outsideProblem(file, specifier);
}

const topFolderOf = (file) => file.split('/')[0];

function relativeProblem(file, target) {
  if (topFolderOf(file) !== topFolderOf(target)) return 'Between top-level folders, write #folder/….';
  return sourceProblem(file, target);
}

function sourceProblem(file, target) {
  const folder = folderOf(file);
  const allowed = [folder, ...MAY_IMPORT[folder]];
  if (allowed.some((place) => isIn(target, place))) return undefined;
  return `${folder}/ must not import ${folderOf(target) ?? target}/.`;
}

function outsideProblem(file, specifier) {
  const name = isBuiltin(specifier) ? `node:${specifier.replace(/^node:/, '')}` : packageOf(specifier);
  const importer = IMPORTERS[name];

  if (importer !== undefined) return isIn(file, importer) ? undefined : `Only ${importer} imports ${name}.`;
  if (!isBuiltin(name)) return `The package ${name} has no importer in the table.`;
  if (isIn(file, 'core') && !PURE_MODULES.includes(name)) return `core/ is pure: it must not import ${name}.`;
  return undefined;
}

/** The package of `@scope/name/file` or `name/file`. */
function packageOf(specifier) {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}
