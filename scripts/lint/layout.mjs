/**
 * The rules between the folders of src/, as configurations of ESLint. Every arrow points down:
 *
 *   cli, action   the fronts
 *   harness       what a run, an init, a mutation run and a diff do
 *   adapters      Docker, the kernel, probes, the lab, this host
 *   core          pure: no disk, network, process or clock
 */

/** What each wing must not import. A wing that is missing here is a mistake that test/unit/lint/layout.test.ts finds. */
const FORBIDDEN_WINGS = {
  core: ['adapters', 'harness', 'cli', 'action'],
  adapters: ['harness', 'cli', 'action'],
  harness: ['cli', 'action'],
  action: ['cli'],
  cli: ['action'],
};

/** What each folder of adapters/ may import of the others. Each is one piece of the outside world. */
const ADAPTERS = {
  host: [],
  container: ['host'],
  kernel: ['host'],
  lab: ['host'],
  probe: ['host', 'container', 'kernel'],
};

/** What reaches outside the program. */
const OUTSIDE = ['fs', 'fs/promises', 'child_process', 'net', 'http', 'os', 'timers', 'timers/promises'];

/** Each outside tool has one importer: the file or the folder that knows its traps. */
const IMPORTERS = {
  dockerode: 'src/adapters/container/**',
  'node:child_process': 'src/adapters/host/exec.ts',
  mocha: 'src/harness/run/mocha.ts',
  'junit-report-builder': 'src/core/report/junit-report.ts',
  '@actions/core': 'src/action/action.ts',
};

const SEE = 'see scripts/lint/layout.mjs';

/** From wing to wing by `#wing/…` only: a path with ../ would pass by the rules. */
const AROUND = { regex: '^(?:\\.\\./)+(?:core|adapters|harness|cli|action)/', message: `Write #wing/…: ${SEE}.` };

const wings = (folder, forbidden) =>
  forbidden.map((wing) => ({ regex: `^#${wing}/`, message: `${folder}/ lies below ${wing}/: ${SEE}.` }));

const neighbours = (folder, allowed) =>
  Object.keys(ADAPTERS)
    .filter((other) => other !== folder && !allowed.includes(other))
    .flatMap((other) => [`^#adapters/${other}/`, `^(?:\\.\\./)+${other}/`])
    .map((regex) => ({ regex, message: `adapters/${folder}/ knows nothing of this one: ${SEE}.` }));

const tools = (allowed) =>
  Object.keys(IMPORTERS)
    .filter((name) => !allowed.includes(name))
    .map((name) => ({ name, message: `Only ${IMPORTERS[name]} imports it: ${SEE}.` }));

const outside = OUTSIDE.map((name) => ({ name: `node:${name}`, message: `core/ touches nothing outside: ${SEE}.` }));

/** The rule for one folder: later entries replace earlier ones, so that each says all that holds for its files. */
function rule(files, { folder, patterns = [], importerOf = [] }) {
  const own = [AROUND, ...wings(folder, FORBIDDEN_WINGS[folder]), ...patterns];
  const paths = folder === 'core' ? [...outside, ...tools(importerOf)] : tools(importerOf);
  const unique = [...new Map(paths.map((path) => [path.name, path])).values()];
  return { files: [files], rules: { 'no-restricted-imports': ['error', { paths: unique, patterns: own }] } };
}

export const layout = [
  ...Object.keys(FORBIDDEN_WINGS).map((folder) => rule(`src/${folder}/**/*.ts`, { folder })),
  ...Object.entries(ADAPTERS).map(([name, allowed]) =>
    rule(`src/adapters/${name}/**/*.ts`, { folder: 'adapters', patterns: neighbours(name, allowed) }),
  ),
  rule('src/adapters/container/**/*.ts', {
    folder: 'adapters',
    patterns: neighbours('container', ADAPTERS.container),
    importerOf: ['dockerode'],
  }),
  rule('src/adapters/host/exec.ts', { folder: 'adapters', importerOf: ['node:child_process'] }),
  rule('src/harness/run/mocha.ts', { folder: 'harness', importerOf: ['mocha'] }),
  rule('src/core/report/junit-report.ts', { folder: 'core', importerOf: ['junit-report-builder'] }),
  rule('src/action/action.ts', { folder: 'action', importerOf: ['@actions/core'] }),
];
