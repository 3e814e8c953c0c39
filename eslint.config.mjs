import tseslint from 'typescript-eslint';
import { layout } from './scripts/lint/layout.mjs';
import { LIMITS, TABLE_ROW } from './scripts/lint/limits.mjs';

/** Who reads a character at a time decides on each: these may be as complex as the language that they read. */
const LEXERS = [
  'src/core/audit/parse-record.ts',
  'src/core/audit/prefix.ts',
  'src/core/profile/patterns/glob.ts',
  'src/core/text/split-words.ts',
];

const maxLen = { code: LIMITS.width, tabWidth: LIMITS.tabWidth };

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'build', 'reports'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
      },
    },
  },
  {
    rules: {
      'max-len': ['error', maxLen],
      'max-params': ['error', LIMITS.parameters],
      'max-statements-per-line': ['error', { max: LIMITS.statements }],
      'no-nested-ternary': 'error',
      complexity: ['error', LIMITS.complexity],
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
  { files: LEXERS, rules: { complexity: 'off' } },
  ...layout,
  { files: ['src/**/*.ts'], rules: { 'no-console': 'error' } },
  {
    // the engine's answers are typed as more complete than they are
    files: ['src/adapters/container/**'],
    rules: { '@typescript-eslint/no-unnecessary-condition': 'off' },
  },
  {
    files: ['test/**', 'scripts/**'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  { files: ['test/**'], rules: { 'max-len': ['error', { ...maxLen, ignorePattern: TABLE_ROW }] } },
  { files: ['**/*.mjs'], extends: [tseslint.configs.disableTypeChecked] },
);
