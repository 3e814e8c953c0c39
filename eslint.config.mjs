import tseslint from 'typescript-eslint';

/** Who may import what: pure folders touch nothing outside, and one adapter stands before each outside tool. */
const edges = [
  'node:fs',
  'node:fs/promises',
  'node:child_process',
  'node:net',
  'node:http',
  'node:os',
  'node:timers/promises',
];
const tools = {
  dockerode: 'src/container',
  '@actions/core': 'src/action.ts',
  'junit-report-builder': 'src/report/junit.ts',
  'node:child_process': 'src/process.ts',
  mocha: 'src/suite.ts',
};
const forbid = (names, message) => names.map((name) => ({ name, message }));
const only = (allowed) =>
  forbid(
    Object.keys(tools).filter((name) => !allowed.includes(name)),
    'One adapter imports this tool: see eslint.config.mjs.',
  );
/** What touches nothing outside, but for the two files at the disk; all that these import is pure too. */
const pureFolders = ['spec', 'profile', 'audit', 'report', 'coverage', 'generate', 'model'];
const pureFiles = [
  'errors',
  'labels',
  'layers',
  'linux',
  'match',
  'model',
  'mutation',
  'percent',
  'since',
  'undo',
  'verdict',
];
const atTheDisk = ['src/spec/load.ts', 'src/report/write.ts'];
const elsewhere = `(?!(?:${pureFolders.join('|')})/|(?:${pureFiles.join('|')})\\.ts$)`;
const purely = (before, tools) => ({
  paths: [...forbid(edges, 'This is pure: no disk, network, process or clock.'), ...only(tools)],
  patterns: [`^${before}${elsewhere}`, '(?:^\\.|/spec)/load\\.ts$', '(?:^\\.|/report)/write\\.ts$'].map((regex) => ({
    regex,
    message: 'This is pure, and so is what it imports: see eslint.config.mjs.',
  })),
});

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'build', 'reports'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.mjs', 'scripts/build.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
  },
  {
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      'no-control-regex': 'off',
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
      '@typescript-eslint/no-extraneous-class': ['error', { allowEmpty: true }],
    },
  },
  { files: ['src/**/*.ts'], rules: { 'no-restricted-imports': ['error', { paths: only([]) }], 'no-console': 'error' } },
  {
    files: pureFolders.map((name) => `src/${name}/**`),
    ignores: atTheDisk,
    rules: { 'no-restricted-imports': ['error', purely('\\.\\./', [])] },
  },
  {
    files: pureFiles.map((name) => `src/${name}.ts`),
    rules: { 'no-restricted-imports': ['error', purely('\\./', [])] },
  },
  {
    files: ['src/report/junit.ts'],
    rules: { 'no-restricted-imports': ['error', purely('\\.\\./', ['junit-report-builder'])] },
  },
  { files: ['src/action.ts'], rules: { 'no-restricted-imports': ['error', { paths: only(['@actions/core']) }] } },
  { files: ['src/process.ts'], rules: { 'no-restricted-imports': ['error', { paths: only(['node:child_process']) }] } },
  { files: ['src/suite.ts'], rules: { 'no-restricted-imports': ['error', { paths: only(['mocha']) }] } },
  {
    // the edges know nothing of each other
    files: ['src/kernel/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: only([]),
          patterns: [
            { group: ['**/container/*', '**/probe/*', '**/lab/*'], message: 'Edges do not import each other.' },
          ],
        },
      ],
    },
  },
  {
    files: ['src/container/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: only(['dockerode']),
          patterns: [{ group: ['**/kernel/*', '**/probe/*', '**/lab/*'], message: 'Edges do not import each other.' }],
        },
      ],
    },
  },
  {
    files: ['src/lab/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: only([]),
          patterns: [
            { group: ['**/kernel/*', '**/container/*', '**/probe/*'], message: 'Edges do not import each other.' },
          ],
        },
      ],
    },
  },
  // the engine's answers are typed as more complete than they are
  { files: ['src/container/**'], rules: { '@typescript-eslint/no-unnecessary-condition': 'off' } },
  {
    files: ['test/**', 'scripts/**'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  { files: ['**/*.mjs'], extends: [tseslint.configs.disableTypeChecked] },
);
