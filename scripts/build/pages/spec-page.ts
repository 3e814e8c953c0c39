/** docs/spec.md: every key of a spec, from its JSON Schema. Pure. */
import { ACTION_KEYS } from '#core/spec/schema.ts';
import { SchemaReader, type Schema } from './json-schema.ts';
import { codeList, page, table } from './markdown.ts';

const INTRODUCTION =
  'A spec is a YAML file. It names a profile, a container, and the probes to try in the container. ' +
  'For completion in an editor, put\n' +
  '`# yaml-language-server: $schema=…/dist/spec.schema.json` on its first line. ' +
  'Unknown keys, duplicate keys and unknown tags are errors.';

const CONTAINER =
  'A key with the name of a `docker run` option means the same as that option. ' +
  'There is no key for a privileged container, because the engine runs it unconfined.';

const PROBES = `Each probe has exactly one of ${codeList(ACTION_KEYS)}. The shortest is two lines:

\`\`\`yaml
- run: dash -c true
  expect: denied
\`\`\``;

const FILES = `The class \`file\` is about every file. Its entries are file rules without their comma, with AppArmor's
globs and letters: \`r w a l k m x\`, \`owner\` before them as in a rule, \`link /new -> /old\`. They are a list of
their own: who changes a rule of the profile changes an answer, and the class is red.

\`\`\`yaml
closed:
  file:
    allow: [file]
    except: ["/etc/** wl", "/proc/** w", "/usr/bin/top rx"]
\`\`\`

- **Asked:** every file and folder of the container, of \`/proc\` the files of one process, with each
  permission, for its owner and for others; and names that the container lacks, two for each set of expressions
  of the profile and of the spec that match the same. The kernel answers for the owner (\`.access\` of its
  security file system); what others may do is read from the policy that it loaded, which has to agree with it
  on all that it answers.
- **Tried:** up to 150 of it, in the container and in its control: each permission by each rule that decides it,
  where something in the container can show that, then others evenly spread; by another user where that makes a
  difference. What is expected is the answer. An attempt that ends otherwise is a \`contradiction\`, and the
  class is not green.
- A difference names a path, the permissions, whose file it is, how many other paths differ in the same way, and
  the rule that makes the answer. Answers count by path, permission and user. The row says what of the container
  was left out: of a folder with more than 800 names some are looked at, and at most 6,000 below each top
  folder, 1,200 in \`/proc\`, \`/sys\` and \`/dev\`.
- Answers are those of the profile under test; its children and hats, and other profiles of the file, are not asked.
- \`x\` says only whether a program may start. Under which label it runs is for the class \`exec\`.
- \`mutate\` compares the answers of each mutant, and tries nothing for that. \`init\` writes the rules of the
  profile as entries, where the kernel confirms them.`;

const CLOSED = `A spec lists what is denied; what it does not list may open unseen. Of a **closed** class, whatever is
not declared allowed has to be denied, and the harness tries every member that the kernel and the container have:

\`\`\`yaml
closed:
  capability: {allow: [chown, net_bind_service]}
  network: {allow: [inet stream, inet6 stream, unix]}
  signal: {allow: [receive unconfined]}
  mount: {}
open: [ptrace]
\`\`\`

\`closed: [capability, mount]\` is the short form for classes of which nothing is allowed. Each member is tried as a
probe is, in the container and in its control, with the kernel's record, and reports show one row for each class:

\`\`\`text
✓ closed: capability: 38 of 41 denied, 2 allowed as declared, 1 not tried (mac_override: …)
\`\`\`

- A member that is let through makes the class red. It stands alone in every report, with the rule that let it
  through.
- A member that is declared allowed has to be allowed.
- What could not be tried is counted and named, with the reason: the control is refused it as well, another class was
  asked first, or the kernel does not ask AppArmor about it. A class is green for what was tried; one of which nothing
  could be tried is not green.
- Some of what a profile allows no attempt can show: a capability that the container lacks, a mount point or a label
  that nobody there has. So the profile's rules are read, too. A rule that allows more than is declared is red by its
  text (\`rule-allows\`), where no attempt has shown it.
- The kernel asks AppArmor about a socket or a mount before it looks for anything else. What AppArmor lets pass there
  is red, although the kernel then has no such family, or asks for a capability that the container does not have.
- A denied capability is recorded once for each profile. One that was denied before is tried without a record: the
  control shows that the profile is the cause.

A class that is neither in \`closed\` nor in \`open\` is named by every report: nobody said what the profile should do
with it. The classes, and the words of their members for \`allow\`:`;

/** A part of the page. */
interface Section {
  readonly title: string;
  readonly text: string;
  /** The object whose keys have a table below the text. */
  readonly object?: Schema;
}

/** @param root the schema of a spec */
export function specPage(root: Schema): string {
  const schema = new SchemaReader(root);
  const parts = [...fileSections(schema, root), ...probeSections(schema, root)];
  return page('Spec reference', [
    INTRODUCTION,
    ...parts.flatMap(({ title, text, object }) => [
      `## ${title}`,
      text,
      ...(object === undefined ? [] : [keyTable(schema, object)]),
    ]),
  ]);
}

/** The keys of the file, and of everything in it but the probes. */
function fileSections(schema: SchemaReader, root: Schema): Section[] {
  const [profileFile = {}, engineProfile = {}] = schema.objects(schema.at(root, 'profile'));
  const container = schema.at(root, 'container');
  const closed = schema.object(schema.at(root, 'closed'));
  const itemsOf = (key: string): Schema => schema.items(schema.at(root, key));

  return [
    { title: 'The file', text: 'Paths are relative to the spec.', object: root },
    { title: '`profile` as a file', text: 'A plain string is the same as `{file: …}`.', object: profileFile },
    {
      title: '`profile` of the engine',
      text: 'The profile is used as it is loaded, under its own name.',
      object: engineProfile,
    },
    { title: '`container`', text: CONTAINER, object: container },
    {
      title: '`container.mounts[]`',
      text: 'Each item is one bind mount.',
      object: schema.items(schema.at(container, 'mounts')),
    },
    { title: '`ready`', text: 'Give exactly one of `http`, `tcp` and `log`.', object: schema.at(root, 'ready') },
    {
      title: '`peers`',
      text: 'Each key is the name of a peer: small letters, digits and `-`. Its value is an object:',
      object: itemsOf('peers'),
    },
    {
      title: '`control` as an object',
      text: 'For a control that runs under a baseline profile.',
      object: schema.object(schema.at(root, 'control')),
    },
    {
      title: '`defaults`',
      text: 'A probe with the same key overrides the default.',
      object: schema.at(root, 'defaults'),
    },
    {
      title: '`waivers[]`',
      text: 'Each item allows one difference that `apparmor-probe diff` may find. See [diff](diff.md).',
      object: itemsOf('waivers'),
    },
    { title: 'Closed classes', text: CLOSED, object: closed },
    { title: '`closed` of one class', text: 'What is allowed of it.', object: schema.at(closed, 'capability') },
    { title: 'Closed files', text: FILES, object: schema.at(closed, 'file') },
    {
      title: '`untestable[]`',
      text: 'Each item is one mutant of `apparmor-probe mutate`. See [mutation](mutation.md).',
      object: itemsOf('untestable'),
    },
  ];
}

function probeSections(schema: SchemaReader, root: Schema): Section[] {
  const probe = schema.items(schema.at(root, 'probes'));
  const expect = schema.object(schema.at(probe, 'expect'));
  const record = schema.object(schema.at(expect, 'audit'));
  const pattern = schema.object(schema.at(record, 'name'));

  return [
    { title: '`probes[]`', text: PROBES, object: probe },
    { title: '`expect` as an object', text: 'All conditions must hold.', object: expect },
    {
      title: '`expect.audit` as an object',
      text:
        'At least one audit record of the probe must meet all conditions. Each key is a key of the kernel: ' +
        `${codeList(Object.keys(record.properties ?? {}))}. Each value is a plain value or a pattern.`,
    },
    {
      title: 'Patterns',
      text: 'In `audit` and `label`, a plain value is the whole value; elsewhere it is a part of it. As an object:',
      object: pattern,
    },
  ];
}

function keyTable(schema: SchemaReader, object: Schema): string {
  const rows = schema
    .keys(object)
    .map(({ name, needed, kinds, description }) => [`\`${name}\``, needed ? 'yes' : '', kinds.join(', '), description]);
  return table(['key', 'needed', 'value', 'meaning'], rows);
}
