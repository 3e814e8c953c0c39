import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { layoutRules } from './scripts/lint/layout-rules.mjs';
import { LIMITS, TABLE_ROW } from './scripts/lint/limits.mjs';

const maxLen = { code: LIMITS.width, tabWidth: LIMITS.tabWidth };

export default defineConfig(
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
    // what keeps the sources readable; `npm run figures` counts the same
    rules: {
      'max-len': ['error', maxLen],
      'max-params': ['error', LIMITS.parameters],
      'max-statements-per-line': ['error', { max: LIMITS.statements }],
      'no-nested-ternary': 'error',
      complexity: ['error', LIMITS.complexity],
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
  ...layoutRules,
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
