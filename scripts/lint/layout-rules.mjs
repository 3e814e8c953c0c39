/** The layout of src/ as rules of ESLint: `layout/imports` from the tables, and what core/ must not touch. */
import { join, relative } from 'node:path';
import { folderOf, importProblem } from './layout.mjs';

const SOURCES = join(import.meta.dirname, '../../src');
const SEE = 'See scripts/lint/layout.mjs.';

const imports = {
  meta: { type: 'problem', schema: [] },

  create(context) {
    const file = relative(SOURCES, context.filename);

    function checkFile(node) {
      context.report({ node, message: `src/${file} is in no folder of the table. ${SEE}` });
    }

    function checkImport({ source }) {
      if (!source) return; // export { … } without from
      const problem =
        typeof source.value === 'string'
          ? importProblem(file, source.value)
          : 'Write out what is imported, so that it can be checked.';
      if (problem !== undefined) context.report({ node: source, message: `${problem} ${SEE}` });
    }

    if (folderOf(file) === undefined) return { Program: checkFile };
    return {
      ImportDeclaration: checkImport,
      ExportNamedDeclaration: checkImport,
      ExportAllDeclaration: checkImport,
      ImportExpression: checkImport,
      TSImportType: checkImport,
    };
  },
};

/** Globals that reach outside, or that answer differently each time. */
const IMPURE_GLOBALS = ['process', 'fetch', 'performance', 'setTimeout', 'setInterval', 'setImmediate'].map((name) => ({
  name,
  message: `core/ is pure. ${SEE}`,
}));

const IMPURE_PROPERTIES = [
  { object: 'Date', property: 'now', message: `core/ must not read the clock. ${SEE}` },
  { object: 'Math', property: 'random', message: `core/ must not use random numbers. ${SEE}` },
];

/** `new Date()`: with an argument it is pure. */
const CLOCK = {
  selector: "NewExpression[callee.name='Date'][arguments.length=0]",
  message: `core/ must not read the clock. ${SEE}`,
};

export const layoutRules = [
  {
    files: ['src/**/*.ts'],
    plugins: { layout: { rules: { imports } } },
    rules: { 'layout/imports': 'error' },
  },
  {
    files: ['src/core/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...IMPURE_GLOBALS],
      'no-restricted-properties': ['error', ...IMPURE_PROPERTIES],
      'no-restricted-syntax': ['error', CLOCK],
    },
  },
];
