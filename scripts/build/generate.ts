/** Prints the generated files as one JSON object: path to contents. scripts/build/build.mjs writes or compares them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonSchema } from '#core/spec/schema.ts';
import { actionPage } from './pages/action-page.ts';
import { errorsPage } from './pages/errors-page.ts';
import type { Schema } from './pages/json-schema.ts';
import { specPage } from './pages/spec-page.ts';
import { verdictsPage } from './pages/verdicts-page.ts';

const [root = '.'] = process.argv.slice(2);
const schema = jsonSchema() as Schema;

function read(name: string): string {
  return readFileSync(join(root, name), 'utf8');
}

process.stdout.write(
  JSON.stringify({
    'dist/spec.schema.json': `${JSON.stringify(schema, null, 2)}\n`,
    'docs/spec.md': specPage(schema),
    'docs/errors.md': errorsPage(),
    'docs/verdicts.md': verdictsPage(read('scripts/build/verdicts.template.md')),
    'docs/action.md': actionPage(read('action.yml')),
  }),
);
