/** A validated spec to a plan: paths made absolute, defaults filled in, every probe named and numbered. Pure. */
import { basename, dirname, resolve } from 'node:path';
import type {
  Action,
  ContainerSpec,
  Expectation,
  Plan,
  Probe,
  ProfileSource,
  Readiness,
  RecordMatch,
  TextMatch,
} from '../model/model.ts';
import { describeAction } from '../model/describe-action.ts';
import { readOperation } from './operations.ts';
import type { SpecFile, SpecPattern, SpecProbe } from './schema.ts';
import type { Validated } from './validate.ts';
import { splitList, splitWords } from '../text/split-words.ts';

/** What the command line overrides, and how probes are numbered. */
export interface ResolveOptions {
  readonly profile?: string;
  readonly image?: string;
  /** Makes probe ids unique to the run; 5 characters. */
  readonly nonce: string;
  readonly firstNumber: number;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_READY_MS = 60_000;

/** @param file absolute path of the spec; relative paths in it are relative to its folder. */
export function resolvePlan(file: string, spec: SpecFile, locate: Validated['locate'], options: ResolveOptions): Plan {
  const base = dirname(file);
  const taken = new Map<string, number>();
  const probes = spec.probes.map((probe, i): Probe => {
    const action = actionOf(probe);
    const expect = expectation(probe);
    const user = probe.user ?? spec.defaults?.user;
    return {
      id: `${options.nonce}.${(options.firstNumber + i).toString(36).padStart(4, '0')}`,
      name: unique(
        probe.name ??
          `${probe.from === undefined ? '' : `${probe.from}: `}${describeAction(action)} is ${expect.access === 'complains' ? 'complained about' : expect.access}`,
        taken,
      ),
      ...(probe.because === undefined ? {} : { because: probe.because }),
      action,
      ...(user === undefined ? {} : { user }),
      ...(probe.from === undefined ? {} : { from: probe.from }),
      ...(probe.since === undefined ? {} : { since: probe.since }),
      direct: probe.via === 'docker-exec',
      control:
        probe.control ??
        !(spec.container['only-apparmor'] === true && (action.kind === 'run' || action.kind === 'shell')),
      timeoutMs: milliseconds(probe.timeout ?? spec.defaults?.timeout) ?? DEFAULT_TIMEOUT_MS,
      expect,
      at: locate(['probes', i]),
    };
  });
  return {
    file,
    title: spec.title ?? basename(file).replace(/\.ya?ml$/, ''),
    profile: profileSource(base, spec, options),
    container: containerSpec(base, spec, options),
    ...(spec.ready === undefined ? {} : { ready: readiness(spec.ready) }),
    untestable: spec.untestable ?? [],
    peers: Object.entries(spec.peers ?? {}).map(([name, peer]) => ({ name, profile: peer.profile })),
    waivers: (spec.waivers ?? []).map(({ permissions, ...rest }) => ({
      ...rest,
      ...(permissions === undefined ? {} : { permissions }),
    })),
    control: spec.control !== false,
    ...(typeof spec.control === 'object' ? { baseline: spec.control.profile } : {}),
    probes,
  };
}

/** Validation made sure that a string splits. */
function words(value: string | readonly string[]): { argv: string[]; tildes: number[] } {
  if (typeof value !== 'string') return { argv: [...value], tildes: [] };
  const split = splitWords(value);
  const list = 'words' in split ? split.words : [];
  return { argv: list.map((word) => word.text), tildes: list.flatMap((word, i) => (word.tilde ? [i] : [])) };
}

function profileSource(base: string, spec: SpecFile, { profile: override }: ResolveOptions): ProfileSource {
  const given = typeof spec.profile === 'string' ? { file: spec.profile } : spec.profile;
  const mode = ('mode' in given ? given.mode : undefined) ?? 'enforce';
  if (override !== undefined)
    return {
      from: 'file',
      file: resolve(override),
      mode,
      ...('name' in given && given.name !== undefined ? { name: given.name } : {}),
    };
  if ('engine' in given)
    return {
      from: 'engine',
      name: given.engine,
      mode,
      ...(given.source === undefined ? {} : { source: resolve(base, given.source) }),
    };
  return {
    from: 'file',
    file: resolve(base, given.file),
    mode,
    ...('name' in given && given.name !== undefined ? { name: given.name } : {}),
  };
}

/** The file with a profile's text; undefined for an engine's own of which the spec names none. */
export function textOf(profile: ProfileSource): string | undefined {
  return profile.from === 'file' ? profile.file : profile.source;
}

function containerSpec(base: string, spec: SpecFile, options: ResolveOptions): ContainerSpec {
  const c = spec.container;
  return {
    image: options.image ?? c.image,
    ...(c.build === undefined || options.image !== undefined ? {} : { build: resolve(base, c.build) }),
    ...(c.command === undefined ? {} : { command: words(c.command).argv }),
    ...(c.entrypoint === undefined ? {} : { entrypoint: words(c.entrypoint).argv }),
    ...(c.user === undefined ? {} : { user: c.user }),
    hold: c.hold ?? false,
    env: c.env ?? {},
    capAdd: c['only-apparmor'] === true ? ['ALL'] : (c['cap-add'] ?? []),
    capDrop: c['cap-drop'] ?? [],
    securityOpt:
      c['only-apparmor'] === true ? ['seccomp=unconfined', 'systempaths=unconfined'] : (c['security-opt'] ?? []),
    sysctls: Object.fromEntries(Object.entries(c.sysctls ?? {}).map(([key, value]) => [key, String(value)])),
    mounts: (c.mounts ?? []).map((m) => ({
      source: resolve(base, m.source),
      target: m.target,
      readonly: m['read-only'] ?? true,
    })),
    tmpfs: c.tmpfs ?? {},
    readOnly: c['read-only'] ?? false,
    network: c.network ?? 'bridge',
  };
}

function readiness(ready: NonNullable<SpecFile['ready']>): Readiness {
  return {
    ...(ready.http === undefined ? {} : { http: ready.http }),
    ...(ready.tcp === undefined ? {} : { tcp: ready.tcp }),
    ...(ready.log === undefined ? {} : { log: ready.log }),
    timeoutMs: milliseconds(ready.timeout) ?? DEFAULT_READY_MS,
  };
}

function actionOf(probe: SpecProbe): Action {
  const terminal = probe.terminal ?? false;
  if (probe.run !== undefined) return { kind: 'run', ...words(probe.run), terminal };
  if (probe.shell !== undefined) return { kind: 'shell', script: probe.shell, terminal };
  if (probe.open !== undefined) return operation(['open', probe.for ?? 'read', probe.open]);
  if (probe.unlink !== undefined) return operation(['unlink', probe.unlink]);
  if (probe.mkdir !== undefined) return operation(['mkdir', probe.mkdir]);
  if (probe.exec !== undefined) return operation(['exec', probe.exec]);
  if (probe.try !== undefined) return operation(splitList(probe.try));
  return { kind: 'http', url: probe.http ?? '' }; // validation made sure that there is one
}

/** Validation made sure that it reads. */
function operation(words: readonly string[]): Action {
  const read = readOperation(words);
  return 'problem' in read
    ? { kind: 'operation', name: '', args: [], words, class: '' }
    : { kind: 'operation', ...read, words };
}

function expectation({ expect }: SpecProbe): Expectation {
  if (typeof expect === 'string') return { access: expect };
  return {
    access: expect.access,
    ...(expect.exit === undefined ? {} : { exit: expect.exit }),
    ...(expect.errno === undefined ? {} : { errno: expect.errno }),
    ...(expect.status === undefined ? {} : { status: expect.status }),
    ...(expect.stdout === undefined ? {} : { stdout: textMatch(expect.stdout, 'contains') }),
    ...(expect.stderr === undefined ? {} : { stderr: textMatch(expect.stderr, 'contains') }),
    ...(expect.body === undefined ? {} : { body: textMatch(expect.body, 'contains') }),
    ...(expect.label === undefined ? {} : { label: textMatch(expect.label, 'equals') }),
    ...(expect.mode === undefined ? {} : { mode: expect.mode }),
    ...(expect.secure === undefined ? {} : { secure: expect.secure }),
    ...(expect.audit === undefined
      ? {}
      : { audit: expect.audit === 'none' ? expect.audit : recordMatch(expect.audit) }),
  };
}

function recordMatch(match: Record<string, SpecPattern | undefined>): RecordMatch {
  return Object.fromEntries(
    Object.entries(match).flatMap(([key, value]) => (value === undefined ? [] : [[key, textMatch(value, 'equals')]])),
  );
}

function textMatch(pattern: SpecPattern, plain: 'equals' | 'contains'): TextMatch {
  if (typeof pattern !== 'object') return { [plain]: String(pattern) };
  const { equals, contains, matches } = pattern;
  return {
    ...(equals === undefined ? {} : { equals: String(equals) }),
    ...(contains === undefined ? {} : { contains: String(contains) }),
    ...(matches === undefined ? {} : { matches }),
    ...('not' in pattern && pattern.not !== undefined ? { not: textMatch(pattern.not, plain) } : {}),
  };
}

function milliseconds(duration: string | undefined): number | undefined {
  const [, amount, unit] = /^(\d+)(ms|s|m)$/.exec(duration ?? '') ?? [];
  return amount === undefined ? undefined : Number(amount) * (unit === 'm' ? 60_000 : unit === 's' ? 1000 : 1);
}

function unique(name: string, taken: Map<string, number>): string {
  const count = (taken.get(name) ?? 0) + 1;
  taken.set(name, count);
  return count === 1 ? name : `${name} (${count})`;
}
