/**
 * The spec language: which keys there are and which values they take; schema-docs.ts describes them.
 * dist/spec.schema.json and docs/spec.md are generated from both.
 */
import * as z from 'zod';
import { defined } from '../model/optional.ts';
import { waiverProblem } from '../profile/compare/waivers.ts';
import { CLOSED_CLASS_NAMES, type ClosedClassName } from './closed/classes.ts';
import { DOCS } from './schema-docs.ts';

const LIMIT = { text: 4096, script: 65_536, items: 10_000, list: 1_000 } as const;

const text = z.string().min(1).max(LIMIT.text);
const path = text
  .regex(/^\//, 'must be an absolute path')
  .regex(/^[^\0]*$/, 'must not contain NUL')
  .describe(DOCS.path);
const duration = z
  .string()
  .regex(/^\d{1,6}(ms|s|m)$/, 'must be a number with ms, s or m, for example 10s')
  .describe(DOCS.duration);
const command = z.union([
  z.string().min(1).max(LIMIT.script),
  z.array(z.string().max(LIMIT.script)).min(1).max(LIMIT.list),
]);
const scalar = z.union([z.string().max(LIMIT.text), z.number()]);

const patternParts = {
  equals: scalar.optional().describe(DOCS.pattern.equals),
  contains: scalar.optional().describe(DOCS.pattern.contains),
  matches: z
    .string()
    .max(LIMIT.text)
    .refine(isRegex, 'is not a valid regular expression')
    .optional()
    .describe(DOCS.pattern.matches),
};
const pattern = z.union([
  scalar,
  z.strictObject({
    ...patternParts,
    not: z
      .union([scalar, z.strictObject(patternParts)])
      .optional()
      .describe(DOCS.pattern.not),
  }),
]);

/** Keys of the kernel's records that a spec can name. */
const RECORD_KEYS = [
  ...words('apparmor operation class profile name comm requested_mask denied_mask target capability capname'),
  ...words('family sock_type protocol signal peer info error fstype srcname flags fsuid ouid requested denied'),
  ...words('rlimit value namespace addr peer_addr laddr lport faddr fport pid'),
];
const recordMatch = z
  .strictObject(Object.fromEntries(RECORD_KEYS.map((key) => [key, pattern.optional()])))
  .describe(DOCS.expect.record);

const access = z.enum(['denied', 'allowed', 'complains']);
const expectation = z
  .union([
    access,
    z.strictObject({
      access: access.describe(DOCS.expect.access),
      by: text.optional().describe(DOCS.expect.by),
      exit: z
        .union([z.int().min(0).max(255), z.literal('nonzero')])
        .optional()
        .describe(DOCS.expect.exit),
      errno: z
        .string()
        .regex(/^E[A-Z0-9]+$/, 'must be an errno name such as EACCES')
        .optional()
        .describe(DOCS.expect.errno),
      status: z.int().min(100).max(599).optional().describe(DOCS.expect.status),
      stdout: pattern.optional().describe(DOCS.expect.stdout),
      stderr: pattern.optional().describe(DOCS.expect.stderr),
      body: pattern.optional().describe(DOCS.expect.body),
      label: pattern.optional().describe(DOCS.expect.label),
      mode: z
        .enum(['enforce', 'complain', 'kill', 'unconfined', 'prompt', 'mixed'])
        .optional()
        .describe(DOCS.expect.mode),
      secure: z.boolean().optional().describe(DOCS.expect.secure),
      audit: z
        .union([z.literal('none'), recordMatch])
        .optional()
        .describe(DOCS.expect.audit),
    }),
  ])
  .describe(DOCS.expect.is);

/** The keys of which a probe has exactly one. */
export const ACTION_KEYS = ['run', 'shell', 'open', 'unlink', 'mkdir', 'exec', 'try', 'http'] as const;

const probe = z.strictObject({
  name: text.max(200).optional().describe(DOCS.probe.name),
  because: z.string().min(1).max(LIMIT.text).optional().describe(DOCS.probe.because),
  run: command.optional().describe(DOCS.probe.run),
  shell: z.string().min(1).max(LIMIT.script).optional().describe(DOCS.probe.shell),
  open: path.optional().describe(DOCS.probe.open),
  for: z.enum(['read', 'write', 'append', 'create']).optional().describe(DOCS.probe.for),
  unlink: path.optional().describe(DOCS.probe.unlink),
  mkdir: path.optional().describe(DOCS.probe.mkdir),
  exec: path.optional().describe(DOCS.probe.exec),
  try: command.optional().describe(DOCS.probe.try),
  http: z
    .string()
    .max(LIMIT.text)
    .regex(/^http:\/\/container(:\d{1,5})?(\/|$)/, 'must begin with http://container, with a port if not 80')
    .optional()
    .describe(DOCS.probe.http),
  terminal: z.boolean().optional().describe(DOCS.probe.terminal),
  via: z.enum(['agent', 'docker-exec']).optional().describe(DOCS.probe.via),
  from: text.max(64).optional().describe(DOCS.probe.from),
  since: z
    .string()
    .regex(/^\d{1,4}(\.\d{1,4}){0,3}$/, 'must be a version such as "26.1", in quotes')
    .optional()
    .describe(DOCS.probe.since),
  user: text.max(200).optional().describe(DOCS.probe.user),
  timeout: duration.optional().describe(DOCS.probe.timeout),
  control: z.boolean().optional().describe(DOCS.probe.control),
  matrix: z
    .record(z.string(), z.array(z.union([z.string(), z.number()])))
    .optional()
    .describe(DOCS.probe.matrix),
  expect: expectation,
});

/** Every key that a probe can have. */
export const PROBE_KEYS: readonly string[] = Object.keys(probe.shape);

const container = z
  .strictObject({
    image: text.describe(DOCS.container.image),
    build: text.optional().describe(DOCS.container.build),
    command: command.optional().describe(DOCS.container.command),
    entrypoint: command.optional().describe(DOCS.container.entrypoint),
    hold: z.boolean().optional().describe(DOCS.container.hold),
    user: text.optional().describe(DOCS.container.user),
    env: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().max(LIMIT.text))
      .optional()
      .describe(DOCS.container.env),
    'cap-add': z.array(text).max(64).optional().describe(DOCS.container.capAdd),
    'cap-drop': z.array(text).max(64).optional().describe(DOCS.container.capDrop),
    'security-opt': z
      .array(z.enum(['seccomp=unconfined', 'systempaths=unconfined', 'no-new-privileges']))
      .max(16)
      .optional()
      .describe(DOCS.container.securityOpt),
    'only-apparmor': z.boolean().optional().describe(DOCS.container.onlyAppArmor),
    sysctls: z
      .record(z.string().regex(/^[a-z0-9_./-]+$/), z.union([z.string().max(200), z.number()]))
      .optional()
      .describe(DOCS.container.sysctls),
    mounts: z
      .array(
        z.strictObject({
          source: text.describe(DOCS.container.mountSource),
          target: path,
          'read-only': z.boolean().optional().describe(DOCS.container.mountReadOnly),
        }),
      )
      .max(64)
      .optional()
      .describe(DOCS.container.mounts),
    tmpfs: z.record(path, z.string().max(200)).optional().describe(DOCS.container.tmpfs),
    'read-only': z.boolean().optional().describe(DOCS.container.readOnly),
    network: z
      .string()
      .regex(/^(bridge|none)$/, 'must be bridge or none')
      .optional()
      .describe(DOCS.container.network),
  })
  .describe(DOCS.container.is);

const mode = z.enum(['enforce', 'complain', 'kill', 'unconfined', 'prompt', 'mixed']).optional().describe(DOCS.mode);
const includes = {
  include: z.array(text).max(LIMIT.list).optional().describe(DOCS.profile.include),
  base: text.optional().describe(DOCS.profile.base),
};
const profile = z
  .union([
    text,
    z.strictObject({
      file: text.describe(DOCS.profile.file),
      name: text.optional().describe(DOCS.profile.name),
      'also-under': z.array(text).max(LIMIT.list).optional().describe(DOCS.profile.alsoUnder),
      mode,
      ...includes,
    }),
    z.strictObject({
      engine: text.describe(DOCS.profile.engine),
      source: text.optional().describe(DOCS.profile.source),
      mode,
      ...includes,
    }),
  ])
  .describe(DOCS.profile.is);

const peers = z
  .record(
    z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be small letters, digits and -'),
    z.strictObject({
      profile: text.describe(DOCS.peerProfile),
    }),
  )
  .describe(DOCS.peers);

const waiver = z
  .strictObject({
    allows: text.describe(DOCS.waiver.allows),
    permissions: z
      .string()
      .regex(/^[rwaxmkl]{1,7}$/, 'must be letters of rwaxmkl')
      .optional()
      .describe(DOCS.waiver.permissions),
    because: z.string().min(1).max(LIMIT.text).describe(DOCS.waiver.because),
    until: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a date such as 2027-01-31')
      .refine((day) => !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day), 'is not a date')
      .describe(DOCS.waiver.until),
  })
  .refine(({ allows, permissions }) => allows.startsWith('/') === (permissions !== undefined), {
    error: 'has `permissions` exactly when `allows` is a path',
    path: ['permissions'],
  })
  .refine(({ allows, permissions }) => waiverProblem(defined({ allows, permissions })) === undefined, {
    error: 'is neither a path expression nor the words of a rule',
    path: ['allows'],
  });

const members = z.array(text.max(200)).max(LIMIT.list).optional();
const closedExecutables = z.strictObject({ allow: members.describe(DOCS.closed.allow) });
const closedClass = z.strictObject({
  allow: members.describe(DOCS.closed.allow),
  open: members.describe(DOCS.closed.open),
});
const fileEntries = z.array(text.max(1000)).max(LIMIT.list).optional();
const closedFiles = z.strictObject({
  allow: fileEntries.describe(DOCS.closed.files.allow),
  except: fileEntries.describe(DOCS.closed.files.except),
  open: fileEntries.describe(DOCS.closed.files.open),
});
const className = z.enum(CLOSED_CLASS_NAMES);
const closed = z
  .union([
    z.array(className).min(1),
    z.strictObject({
      ...(Object.fromEntries(
        CLOSED_CLASS_NAMES.map((name) => [name, closedClass.optional().describe(DOCS.closed.classes[name])]),
      ) as Record<ClosedClassName, z.ZodOptional<typeof closedClass>>),
      exec: closedExecutables.optional().describe(DOCS.closed.classes.exec),
      file: closedFiles.optional().describe(DOCS.closed.classes.file),
    }),
  ])
  .describe(DOCS.spec.closed);

/** The whole spec file. */
export const specSchema = z.strictObject({
  $schema: z.string().optional().describe(DOCS.spec.$schema),
  title: text.max(200).optional().describe(DOCS.spec.title),
  profile,
  container,
  ready: z
    .strictObject({
      http: z
        .string()
        .max(LIMIT.text)
        .regex(/^http:\/\/container(:\d{1,5})?(\/|$)/, 'must begin with http://container')
        .optional()
        .describe(DOCS.ready.http),
      tcp: z.int().min(1).max(65_535).optional().describe(DOCS.ready.tcp),
      log: z
        .string()
        .min(1)
        .max(LIMIT.text)
        .refine(isRegex, 'is not a valid regular expression')
        .optional()
        .describe(DOCS.ready.log),
      timeout: duration.optional().describe(DOCS.ready.timeout),
    })
    .optional()
    .describe(DOCS.ready.is),
  peers: peers.optional(),
  waivers: z.array(waiver).max(LIMIT.list).optional().describe(DOCS.spec.waivers),
  control: z
    .union([
      z.boolean(),
      z.strictObject({
        profile: text.describe(DOCS.spec.baseline),
      }),
    ])
    .optional()
    .describe(DOCS.spec.control),
  defaults: z
    .strictObject({
      user: text.optional().describe(DOCS.probe.user),
      timeout: duration.optional().describe(DOCS.probe.timeout),
    })
    .optional()
    .describe(DOCS.spec.defaults),
  closed: closed.optional(),
  open: z.array(className).optional().describe(DOCS.spec.open),
  untestable: z
    .array(
      z.strictObject({
        rule: text.describe(DOCS.untestable.rule),
        becomes: text.describe(DOCS.untestable.becomes),
        because: text.describe(DOCS.untestable.because),
      }),
    )
    .max(LIMIT.list)
    .optional()
    .describe(DOCS.untestable.is),
  probes: z.array(probe).min(1).max(LIMIT.items).describe(DOCS.spec.probes),
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

function words(line: string): string[] {
  return line.split(' ');
}

function isRegex(source: string): boolean {
  try {
    new RegExp(source, 'u');
    return true;
  } catch {
    return false;
  }
}
