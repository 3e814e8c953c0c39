/** The spec language. dist/spec.schema.json and docs/spec.md are generated from here, so every key says what it means. */
import * as z from 'zod';
import { waiverProblem } from '../profile/compare/waivers.ts';

const LIMIT = { text: 4096, script: 65_536, items: 10_000, list: 1_000 } as const;

const text = z.string().min(1).max(LIMIT.text);
const path = text
  .regex(/^\//, 'must be an absolute path')
  .regex(/^[^\0]*$/, 'must not contain NUL')
  .describe('Absolute path inside the container.');
const duration = z
  .string()
  .regex(/^\d{1,6}(ms|s|m)$/, 'must be a number with ms, s or m, for example 10s')
  .describe('A duration: `500ms`, `10s`, `2m`.');
const command = z.union([
  z.string().min(1).max(LIMIT.script),
  z.array(z.string().max(LIMIT.script)).min(1).max(LIMIT.list),
]);
const scalar = z.union([z.string().max(LIMIT.text), z.number()]);

const patternParts = {
  equals: scalar.optional().describe('The whole value.'),
  contains: scalar.optional().describe('A part of the value; for masks: these letters are among them.'),
  matches: z
    .string()
    .max(LIMIT.text)
    .refine(isRegex, 'is not a valid regular expression')
    .optional()
    .describe('A JavaScript regular expression.'),
};
const pattern = z.union([
  scalar,
  z.strictObject({
    ...patternParts,
    not: z
      .union([scalar, z.strictObject(patternParts)])
      .optional()
      .describe('This must not hold.'),
  }),
]);

const recordKeys = [
  'apparmor',
  'operation',
  'class',
  'profile',
  'name',
  'comm',
  'requested_mask',
  'denied_mask',
  'target',
  'capability',
  'capname',
  'family',
  'sock_type',
  'protocol',
  'signal',
  'peer',
  'info',
  'error',
  'fstype',
  'srcname',
  'flags',
  'fsuid',
  'ouid',
  'requested',
  'denied',
  'rlimit',
  'value',
  'namespace',
  'addr',
  'peer_addr',
  'laddr',
  'lport',
  'faddr',
  'fport',
  'pid',
] as const;
const recordMatch = z
  .strictObject(Object.fromEntries(recordKeys.map((key) => [key, pattern.optional()])))
  .describe(
    "Conditions on one audit record, under the kernel's own key names. A plain value is the whole value; masks compare as sets of letters.",
  );

const access = z.enum(['denied', 'allowed', 'complains']);
const expectation = z
  .union([
    access,
    z.strictObject({
      access: access.describe(
        '`denied`, `allowed`, or `complains` (allowed, with an ALLOWED record, under a profile in complain mode).',
      ),
      exit: z
        .union([z.int().min(0).max(255), z.literal('nonzero')])
        .optional()
        .describe('Exit status of the command.'),
      errno: z
        .string()
        .regex(/^E[A-Z0-9]+$/, 'must be an errno name such as EACCES')
        .optional()
        .describe('Errno of the system call, or of the exec that was refused.'),
      status: z.int().min(100).max(599).optional().describe('Status of the HTTP answer.'),
      stdout: pattern.optional().describe('Standard output. A plain string must be contained in it.'),
      stderr: pattern.optional().describe('Standard error. A plain string must be contained in it.'),
      body: pattern.optional().describe('Body of the HTTP answer. A plain string must be contained in it.'),
      label: pattern
        .optional()
        .describe(
          'With `exec`, `try: exec…`, `change_profile`, `change_hat` or `stack`: the label that the program or process then carries, under the names that the profile has in its file: `x`, `x//child`, `a//&b`, `unconfined`. A plain string is the whole label.',
        ),
      mode: z
        .enum(['enforce', 'complain', 'kill', 'unconfined', 'prompt', 'mixed'])
        .optional()
        .describe('The mode that stands behind that label.'),
      secure: z
        .boolean()
        .optional()
        .describe(
          'With `exec`: whether the kernel marks the execution as secure (AT_SECURE), so that the loader scrubs the environment, as `Px`, `Cx` and `Ux` order.',
        ),
      audit: z
        .union([z.literal('none'), recordMatch])
        .optional()
        .describe(
          'The audit record that must be there, or `none`: there must be none, and the denial counts without one.',
        ),
    }),
  ])
  .describe('What must happen: a word, or an object with conditions.');

/** The keys of which a probe has exactly one. */
export const ACTION_KEYS = ['run', 'shell', 'open', 'unlink', 'mkdir', 'exec', 'try', 'http'] as const;

const probe = z.strictObject({
  name: text
    .max(200)
    .optional()
    .describe('Name in reports, unique in the spec. Default: what is tried and what is expected.'),
  because: z.string().min(1).max(LIMIT.text).optional().describe('Why this matters, for auditors.'),
  run: command
    .optional()
    .describe(
      "A command, executed without a shell: a string split as a shell would, or a list. `~/` is the user's home.",
    ),
  shell: z.string().min(1).max(LIMIT.script).optional().describe("A script for the image's own `/bin/sh -c`."),
  open: path.optional().describe('Open this file and close it again.'),
  for: z
    .enum(['read', 'write', 'append', 'create'])
    .optional()
    .describe('With `open`: how. Default `read`. Nothing is written; what `create` makes is removed.'),
  unlink: path.optional().describe('Remove this file.'),
  mkdir: path.optional().describe('Make this folder; it is removed again.'),
  exec: path
    .optional()
    .describe(
      "Execute this file, as far as the kernel's permission checks; it is stopped before its first instruction.",
    ),
  try: command
    .optional()
    .describe(
      "One attempted access in the field's own words, for example `link /etc/passwd /tmp/x`, `socket inet raw icmp`, `capable sys_admin`, `mount tmpfs none /mnt`. docs/agent-operations.md lists all.",
    ),
  http: z
    .string()
    .max(LIMIT.text)
    .regex(/^http:\/\/container(:\d{1,5})?(\/|$)/, 'must begin with http://container, with a port if not 80')
    .optional()
    .describe('GET this address from the host; the host name `container` is the container.'),
  terminal: z.boolean().optional().describe('With `run` or `shell`: give it a terminal, as `docker exec -t` does.'),
  via: z
    .enum(['agent', 'docker-exec'])
    .optional()
    .describe(
      "With `run` or `shell`: who starts the command. `agent` (default) starts it from inside the confinement. `docker-exec` shows what that command does by hand: the engine opens the program unconfined, so the profile's exec rules are not asked for it.",
    ),
  from: text
    .max(64)
    .optional()
    .describe(
      'With `try` and the word `container` for the other end: the peer that makes the attempt on the container, for example `from: other` with `try: signal term container`. The profile is then asked for the passive side: receive, tracedby, readby, accept.',
    ),
  since: z
    .string()
    .regex(/^\d{1,4}(\.\d{1,4}){0,3}$/, 'must be a version such as "26.1", in quotes')
    .optional()
    .describe(
      'With `profile: {engine: …}`: the first version of the engine whose own profile promises this; an older engine skips it.',
    ),
  user: text.max(200).optional().describe('User, as `docker exec --user` takes it.'),
  timeout: duration.optional(),
  control: z
    .boolean()
    .optional()
    .describe(
      'Whether it is also tried in the unconfined twin. Default true; for `run` and `shell` with `only-apparmor` false, since nothing would stop a command there.',
    ),
  matrix: z
    .record(z.string(), z.array(z.union([z.string(), z.number()])))
    .optional()
    .describe('Makes a probe of each combination: `{name}` in any text of the probe stands for the value.'),
  expect: expectation,
});

const container = z
  .strictObject({
    image: text.describe('Image name. When it is missing it is built (with `build`) or pulled.'),
    build: text
      .optional()
      .describe('Folder with a Dockerfile, relative to the spec, to build the image from when it is missing.'),
    command: command.optional().describe("Command in place of the image's own."),
    entrypoint: command.optional().describe("Entry point in place of the image's own."),
    hold: z
      .boolean()
      .optional()
      .describe('Run no service: the agent, which only waits, is the first process. For images with nothing to start.'),
    user: text.optional().describe("User of the container's processes."),
    env: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().max(LIMIT.text))
      .optional()
      .describe('Environment variables.'),
    'cap-add': z.array(text).max(64).optional().describe('Capabilities to add.'),
    'cap-drop': z.array(text).max(64).optional().describe('Capabilities to drop.'),
    'security-opt': z
      .array(z.enum(['seccomp=unconfined', 'systempaths=unconfined', 'no-new-privileges']))
      .max(16)
      .optional()
      .describe('Docker security options: `seccomp=unconfined`, `systempaths=unconfined`, `no-new-privileges`.'),
    'only-apparmor': z
      .boolean()
      .optional()
      .describe(
        'Nothing but the profile stands in the way: all capabilities, no seccomp filter, no masked or read-only paths.',
      ),
    sysctls: z
      .record(z.string().regex(/^[a-z0-9_./-]+$/), z.union([z.string().max(200), z.number()]))
      .optional()
      .describe('Namespaced kernel parameters.'),
    mounts: z
      .array(
        z.strictObject({
          source: text.describe('File or folder, relative to the spec.'),
          target: path,
          'read-only': z.boolean().optional().describe('Default true.'),
        }),
      )
      .max(64)
      .optional()
      .describe('Bind mounts.'),
    tmpfs: z.record(path, z.string().max(200)).optional().describe('Temporary file systems: path to options.'),
    'read-only': z.boolean().optional().describe('Read-only root file system.'),
    network: z
      .string()
      .regex(/^(bridge|none)$/, 'must be bridge or none')
      .optional()
      .describe('`bridge` (default) or `none`.'),
  })
  .describe('The target container.');

const mode = z
  .enum(['enforce', 'complain', 'kill', 'unconfined', 'prompt', 'mixed'])
  .optional()
  .describe(
    'Mode the kernel must report. Default `enforce`; `mixed` is that of a stack of profiles in different modes.',
  );
const profile = z
  .union([
    text,
    z.strictObject({
      file: text.describe('Profile file, relative to the spec.'),
      name: text
        .optional()
        .describe('Which of its profiles; `a//&b` stacks several: what any of them denies is denied.'),
      mode,
    }),
    z.strictObject({
      engine: text.describe(
        'Name of a profile that the engine or the host loads itself, for example `docker-default`.',
      ),
      source: text
        .optional()
        .describe('File with its text, relative to the spec: for rule coverage and for `mutate`, which changes it.'),
      mode,
    }),
  ])
  .describe('The profile under test: a file, relative to the spec, or one that is already loaded.');

const peers = z
  .record(
    z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be small letters, digits and -'),
    z.strictObject({
      profile: text.describe('`unconfined`, or the name of a profile in the profile file.'),
    }),
  )
  .describe(
    'Helpers beside the container that share its processes and its network, each under a label of its own: the other end of `try: signal term peer NAME`, `ptrace read peer NAME`, `connect unix stream peer NAME`, `send unix dgram peer NAME`. What is signalled or traced is a process that does nothing else.',
  );

const waiver = z
  .strictObject({
    allows: text.describe(
      'What may be allowed: an expression for paths, `/srv/**`, or the words of a rule of another class, `capability sys_admin`, `network inet raw`, `flags complain`.',
    ),
    permissions: z
      .string()
      .regex(/^[rwaxmkl]{1,7}$/, 'must be letters out of rwaxmkl')
      .optional()
      .describe('With a path: the permissions, as in a rule; `x` for any execution.'),
    because: z.string().min(1).max(LIMIT.text).describe('Who accepted it, and why.'),
    until: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a day such as 2027-01-31')
      .refine((day) => !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day), 'is no day')
      .describe('The last day that it holds. A waiver that has expired does not count.'),
  })
  .refine(({ allows, permissions }) => allows.startsWith('/') === (permissions !== undefined), {
    error: 'has `permissions` exactly when `allows` is a path',
    path: ['permissions'],
  })
  .refine(
    (one) =>
      waiverProblem({
        allows: one.allows,
        ...(one.permissions === undefined ? {} : { permissions: one.permissions }),
      }) === undefined,
    { error: 'is neither an expression for paths nor the words of a rule', path: ['allows'] },
  );

/** The whole spec file. */
export const specSchema = z.strictObject({
  $schema: z.string().optional().describe('For editors.'),
  title: text.max(200).optional().describe("Name of the suite in reports. Default: the file's name."),
  profile,
  container,
  ready: z
    .strictObject({
      http: z
        .string()
        .max(LIMIT.text)
        .regex(/^http:\/\/container(:\d{1,5})?(\/|$)/, 'must begin with http://container')
        .optional()
        .describe('Ready when this answers with a status below 400.'),
      tcp: z.int().min(1).max(65_535).optional().describe('Ready when this port accepts a connection.'),
      log: z
        .string()
        .min(1)
        .max(LIMIT.text)
        .refine(isRegex, 'is not a valid regular expression')
        .optional()
        .describe("Ready when the container's output matches this regular expression."),
      timeout: duration.optional().describe('Default 60s.'),
    })
    .optional()
    .describe('When the service counts as up. Default: when its process runs.'),
  peers: peers.optional(),
  waivers: z
    .array(waiver)
    .max(LIMIT.list)
    .optional()
    .describe('Accesses that a change of the profile may newly allow: `apparmor-probe diff` fails for all others.'),
  control: z
    .union([
      z.boolean(),
      z.strictObject({
        profile: text.describe(
          'A profile of the same file, or one that is already loaded, for example `docker-default`.',
        ),
      }),
    ])
    .optional()
    .describe(
      'Run each probe also in an unconfined twin of the container, to prove that it is the profile that denies; with `profile`, in a twin under that baseline, to prove what the profile denies beyond it. Default true.',
    ),
  defaults: z
    .strictObject({ user: text.optional(), timeout: duration.optional() })
    .optional()
    .describe('For probes that do not say.'),
  untestable: z
    .array(
      z.strictObject({
        rule: text.describe('The rule as the profile has it, without its comma.'),
        becomes: text.describe('The rule as `mutate` changes it.'),
        because: text.describe('Why no probe can see the difference.'),
      }),
    )
    .max(LIMIT.list)
    .optional()
    .describe(
      'Mutants that no probe can tell from the profile, each with its reason: `mutate` tries them all the same, and sets aside those that survive.',
    ),
  probes: z.array(probe).min(1).max(LIMIT.items).describe('What is tried, in this order.'),
});

/** A spec as written, validated but not resolved. */
export type SpecFile = z.infer<typeof specSchema>;
export type SpecProbe = SpecFile['probes'][number];
export type SpecPattern = z.infer<typeof pattern>;

/** The JSON Schema that editors use, draft 2020-12. */
export function jsonSchema(): object {
  const schema = z.toJSONSchema(specSchema, { io: 'input', reused: 'ref' }) as unknown as {
    properties: { probes: { items: Record<string, unknown> } };
  };
  schema.properties.probes.items['oneOf'] = ACTION_KEYS.map((key) => ({ required: [key] }));
  return { ...schema, title: 'apparmor-probe spec' };
}

function isRegex(source: string): boolean {
  try {
    new RegExp(source, 'u');
    return true;
  } catch {
    return false;
  }
}
