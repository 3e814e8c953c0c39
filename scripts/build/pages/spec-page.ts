/** docs/spec.md: every key of a spec, from its JSON Schema. Pure. */
import { ACTION_KEYS } from '#core/spec/schema.ts';
import { SchemaReader, type Schema } from './json-schema.ts';
import { codeList, page, table } from './markdown.ts';

const INTRODUCTION =
  'A spec is a YAML file: a profile, a container, and what is tried in it. ' +
  'Editors complete it with `dist/spec.schema.json`:\n' +
  'put `# yaml-language-server: $schema=…/dist/spec.schema.json` on its first line. ' +
  'Unknown keys, duplicate keys and unknown tags are errors.';

const CONTAINER =
  '`docker exec`, networks and mounts work as with `docker run`. ' +
  'Privileged containers are not offered: the engine runs them unconfined.';

const PROBES = `Each probe has exactly one of ${codeList(ACTION_KEYS)}. The shortest is two lines:

\`\`\`yaml
- run: dash -c true
  expect: denied
\`\`\``;

/** @param root the schema of a spec */
export function specPage(root: Schema): string {
  const schema = new SchemaReader(root);
  const [profileFile = {}, engineProfile = {}] = schema.objects(schema.at(root, 'profile'));
  const probe = schema.deref(schema.at(root, 'probes').items ?? {});
  const expect = schema.object(schema.at(probe, 'expect'));
  const record = schema.object(schema.at(expect, 'audit'));
  const pattern = schema.object(schema.at(record, 'name'));
  const conditions = codeList(Object.keys(record.properties ?? {}));

  const section = (title: string, text: string, object: Schema): string[] => [
    `## ${title}`,
    text,
    keyTable(schema, object),
  ];
  return page('Spec reference', [
    INTRODUCTION,
    ...section('The file', 'Paths are relative to the spec.', root),
    ...section('`profile` as a file', 'A plain string is the same as `{file: …}`.', profileFile),
    ...section('`profile` of the engine', 'The profile is used as it is loaded, under its own name.', engineProfile),
    ...section('`container`', CONTAINER, schema.at(root, 'container')),
    ...section('`ready`', 'Exactly one of `http`, `tcp` and `log`.', schema.at(root, 'ready')),
    ...section('`probes[]`', PROBES, probe),
    ...section('`expect` as an object', 'All conditions must hold, on top of the access itself.', expect),
    '## `audit`: conditions on a record',
    `At least one of the probe's records must fit all of them. Keys: ${conditions}.`,
    ...section(
      'Patterns',
      'In `audit` a plain value is the whole value; for output it is a part of it. As an object:',
      pattern,
    ),
  ]);
}

function keyTable(schema: SchemaReader, object: Schema): string {
  const rows = schema
    .keys(object)
    .map(({ name, needed, kinds, description }) => [`\`${name}\``, needed ? 'yes' : '', kinds.join(', '), description]);
  return table(['key', 'needed', 'value', 'meaning'], rows);
}
