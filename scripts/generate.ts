/** Prints the generated files as one JSON object: path to contents. scripts/build.mjs writes or compares them. */
import { jsonSchema } from '../src/spec/schema.ts';

process.stdout.write(JSON.stringify({
  'dist/spec.schema.json': `${JSON.stringify(jsonSchema(), null, 2)}\n`,
}));
