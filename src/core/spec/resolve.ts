/** A validated spec to a plan: paths made absolute, defaults filled in, every probe named and numbered. Pure. */
import { basename, dirname, resolve } from 'node:path';
import { describeAction } from '../model/describe-action.ts';
import { HarnessError } from '../model/errors.ts';
import type {
  Action,
  ClosedClass,
  ContainerSpec,
  DeclaredFiles,
  Expectation,
  IncludeFolders,
  Plan,
  Probe,
  ProfileSource,
  Readiness,
  RecordMatch,
  TextMatch,
} from '../model/model.ts';
import { defined } from '../model/optional.ts';
import { splitWords } from '../text/split-words.ts';
import { CLOSED_CLASS_NAMES } from './closed/classes.ts';
import { standInPeers } from './closed/expand.ts';
import { readOperation } from './read-operation.ts';
import type { SpecFile, SpecPattern, SpecProbe } from './schema.ts';
import type { Validated } from './validate.ts';

/** What the command line overrides, and where probes have their ids from. */
export interface ResolveOptions {
  readonly profile?: string;
  /** Which profile of the file. */
  readonly profileName?: string;
  readonly image?: string;
  /** Search these folders before those of the spec, and this base in place of its. */
  readonly includes?: IncludeFolders;
  /** Search `includes` alone: the spec's folders belong to the profile that it names. */
  readonly onlyTheseIncludes?: boolean;
  /** @returns an id of at most 15 bytes that no process of the container can foresee. */
  readonly newId: () => string;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_READY_MS = 60_000;

/**
 * @param file absolute path of the spec; relative paths in it are relative to its folder.
 * @throws HarnessError `internal` where a probe cannot be read: validation should have caught it.
 */
export function resolvePlan(file: string, spec: SpecFile, locate: Validated['locate'], options: ResolveOptions): Plan {
  const folder = dirname(file);
  const closed = closedClasses(spec, locate);
  const peers = Object.entries(spec.peers ?? {}).map(([name, { profile }]) => ({ name, profile }));
  return defined({
    file,
    title: spec.title ?? basename(file).replace(/\.ya?ml$/, ''),
    profile: profileSource(folder, spec, options),
    container: containerSpec(folder, spec, options),
    ready: spec.ready === undefined ? undefined : readiness(spec.ready),
    untestable: spec.untestable ?? [],
    peers: [...peers, ...standInPeers(closed, peers)],
    waivers: (spec.waivers ?? []).map((waiver) => defined(waiver)),
    control: spec.control !== false,
    baseline: typeof spec.control === 'object' ? spec.control.profile : undefined,
    probes: resolveProbes(spec, locate, options),
    closed,
    open: spec.open ?? [],
  });
}

/** In the order of the table, without their attempts: these need the host. */
function closedClasses({ closed = [] }: SpecFile, locate: Validated['locate']): readonly ClosedClass[] {
  return CLOSED_CLASS_NAMES.flatMap((name) => {
    const index = Array.isArray(closed) ? closed.indexOf(name) : name;
    const given = Array.isArray(closed) ? closed.find((one) => one === name) : closed[name];
    if (given === undefined) return [];
    const { allow = [], except, open } = typeof given === 'string' ? {} : declaredIn(given);
    return [defined({ class: name, allow, except, open, attempts: [], untried: [], at: locate(['closed', index]) })];
  });
}

/** Only the class of files has all three lists. */
function declaredIn(given: object): Partial<DeclaredFiles> {
  return given;
}

function resolveProbes(spec: SpecFile, locate: Validated['locate'], options: ResolveOptions): Probe[] {
  const taken = new Set(spec.probes.flatMap(({ name }) => name ?? []));
  const counts = new Map<string, number>();
  return spec.probes.map((probe, i): Probe => {
    const action = actionOf(probe);
    const expect = expectation(probe);

    return defined({
      id: options.newId(),
      name: probe.name ?? uniqueName(defaultName(probe, action, expect), taken, counts),
      because: probe.because,
      action,
      user: probe.user ?? spec.defaults?.user,
      from: probe.from,
      since: probe.since,
      direct: probe.via === 'docker-exec',
      control: probe.control ?? runsInControl(action, spec),
      timeoutMs: milliseconds(probe.timeout ?? spec.defaults?.timeout) ?? DEFAULT_TIMEOUT_MS,
      expect,
      at: locate(['probes', i]),
    });
  });
}

function defaultName({ from }: SpecProbe, action: Action, { access }: Expectation): string {
  const actor = from === undefined ? '' : `${from}: `;
  const outcome = access === 'complains' ? 'complained about' : access;
  return `${actor}${describeAction(action)} is ${outcome}`;
}

/** Without a profile and with `only-apparmor` nothing would stop a command, so it does not run in the control. */
function runsInControl({ kind }: Action, { container }: SpecFile): boolean {
  const isCommand = kind === 'run' || kind === 'shell';
  return !(isCommand && container['only-apparmor'] === true);
}

/** @param taken by probes that have names of their own, which validation keeps apart, and by those before. */
function uniqueName(wanted: string, taken: Set<string>, counts: Map<string, number>): string {
  let count = counts.get(wanted) ?? 1;
  let name = count === 1 ? wanted : `${wanted} (${count})`;
  while (taken.has(name)) {
    count += 1;
    name = `${wanted} (${count})`;
  }
  taken.add(name);
  counts.set(wanted, count);
  return name;
}

function profileSource(folder: string, spec: SpecFile, options: ResolveOptions): ProfileSource {
  const { profile: override } = options;
  const given = typeof spec.profile === 'string' ? { file: spec.profile } : spec.profile;
  const mode = ('mode' in given ? given.mode : undefined) ?? 'enforce';
  const name = options.profileName ?? ('name' in given ? given.name : undefined);
  const ofSpec = options.onlyTheseIncludes === true ? {} : given;
  const includes = includeFolders(folder, ofSpec, options.includes);
  const alsoUnder = 'also-under' in given ? given['also-under'] : undefined;

  const file = override === undefined ? undefined : resolve(override);
  if (file !== undefined) return defined({ from: 'file' as const, file, mode, name, alsoUnder, includes });
  if (!('engine' in given)) {
    const ofSpecFile = resolve(folder, given.file);
    return defined({ from: 'file' as const, file: ofSpecFile, mode, name, alsoUnder, includes });
  }

  const source = given.source === undefined ? undefined : resolve(folder, given.source);
  return defined({ from: 'engine' as const, name: given.engine, mode, source, includes });
}

/** @param given those of the spec, relative to its folder. @param override come first. @returns undefined for none */
function includeFolders(
  folder: string,
  given: { readonly include?: readonly string[] | undefined; readonly base?: string | undefined },
  override: IncludeFolders = {},
): IncludeFolders | undefined {
  const ofSpec = (given.include ?? []).map((path) => resolve(folder, path));
  const search = [...(override.search ?? []).map((path) => resolve(path)), ...ofSpec];
  const specBase = given.base === undefined ? undefined : resolve(folder, given.base);
  const base = override.base === undefined ? specBase : resolve(override.base);
  if (base === undefined && search.length === 0) return undefined;
  return defined({ base, search });
}

/** @returns the file with the profile's text; undefined for an engine's own profile without `source:`. */
export function profileFileOf(profile: ProfileSource): string | undefined {
  return profile.from === 'file' ? profile.file : profile.source;
}

function containerSpec(folder: string, { container }: SpecFile, options: ResolveOptions): ContainerSpec {
  const { build, command, entrypoint, user } = container;
  return defined({
    image: options.image ?? container.image,
    build: build === undefined || options.image !== undefined ? undefined : resolve(folder, build),
    command: command === undefined ? undefined : splitCommand(command).argv,
    entrypoint: entrypoint === undefined ? undefined : splitCommand(entrypoint).argv,
    user,
    hold: container.hold ?? false,
    env: container.env ?? {},
    ...privileges(container),
    mounts: (container.mounts ?? []).map((mount) => ({
      source: resolve(folder, mount.source),
      target: mount.target,
      readonly: mount['read-only'] ?? true,
    })),
    tmpfs: container.tmpfs ?? {},
    readOnly: container['read-only'] ?? false,
    network: container.network ?? 'bridge',
  });
}

/** What else than AppArmor restricts the container; nothing does with `only-apparmor`. */
function privileges(
  container: SpecFile['container'],
): Pick<ContainerSpec, 'capAdd' | 'capDrop' | 'securityOpt' | 'sysctls'> {
  const onlyAppArmor = container['only-apparmor'] === true;
  return {
    capAdd: onlyAppArmor ? ['ALL'] : (container['cap-add'] ?? []),
    capDrop: container['cap-drop'] ?? [],
    securityOpt: onlyAppArmor ? ['seccomp=unconfined', 'systempaths=unconfined'] : (container['security-opt'] ?? []),
    sysctls: Object.fromEntries(Object.entries(container.sysctls ?? {}).map(([key, value]) => [key, String(value)])),
  };
}

function readiness({ http, tcp, log, timeout }: NonNullable<SpecFile['ready']>): Readiness {
  return defined({ http, tcp, log, timeoutMs: milliseconds(timeout) ?? DEFAULT_READY_MS });
}

function actionOf(probe: SpecProbe): Action {
  const terminal = probe.terminal ?? false;
  if (probe.run !== undefined) return { kind: 'run', ...splitCommand(probe.run), terminal };
  if (probe.shell !== undefined) return { kind: 'shell', script: probe.shell, terminal };
  if (probe.open !== undefined) return operation(['open', probe.for ?? 'read', probe.open]);
  if (probe.unlink !== undefined) return operation(['unlink', probe.unlink]);
  if (probe.mkdir !== undefined) return operation(['mkdir', probe.mkdir]);
  if (probe.exec !== undefined) return operation(['exec', probe.exec]);
  if (probe.try !== undefined) return operation(splitCommand(probe.try).argv);
  if (probe.http !== undefined) return { kind: 'http', url: probe.http };
  throw notValidated('A probe has no action');
}

function operation(words: readonly string[]): Action {
  const read = readOperation(words);
  if ('problem' in read) throw notValidated(`The operation \`${words.join(' ')}\` cannot be read: ${read.problem}`);
  return { kind: 'operation', ...read, words };
}

/** The words of a command, and which of them begin with the user's home. A list is taken as it is. */
function splitCommand(command: string | readonly string[]): { argv: string[]; tildes: number[] } {
  if (typeof command !== 'string') return { argv: [...command], tildes: [] };

  const split = splitWords(command);
  if ('problem' in split) throw notValidated(`The command \`${command}\` cannot be split: ${split.problem}`);
  return {
    argv: split.words.map(({ text }) => text),
    tildes: split.words.flatMap(({ tilde }, i) => (tilde ? [i] : [])),
  };
}

/** A spec that validation passed and that still makes no sense: a probe of it would prove nothing. */
function notValidated(problem: string): HarnessError {
  return new HarnessError('internal', `${problem}, although validation passed the spec.`);
}

function expectation({ expect }: SpecProbe): Expectation {
  if (typeof expect === 'string') return { access: expect };

  const { access, by, exit, errno, status, mode, secure } = expect;
  return defined({
    access,
    by,
    exit,
    errno,
    status,
    stdout: textMatch(expect.stdout, 'contains'),
    stderr: textMatch(expect.stderr, 'contains'),
    body: textMatch(expect.body, 'contains'),
    label: textMatch(expect.label, 'equals'),
    mode,
    secure,
    audit: typeof expect.audit === 'object' ? recordMatch(expect.audit) : expect.audit,
  });
}

function recordMatch(match: Record<string, SpecPattern | undefined>): RecordMatch {
  return Object.fromEntries(
    Object.entries(match).flatMap(([key, pattern]) =>
      pattern === undefined ? [] : [[key, textMatch(pattern, 'equals')]],
    ),
  );
}

/** @param plain what a pattern that is a plain value means. */
function textMatch(pattern: SpecPattern, plain: 'equals' | 'contains'): TextMatch;
function textMatch(pattern: SpecPattern | undefined, plain: 'equals' | 'contains'): TextMatch | undefined;
function textMatch(pattern: SpecPattern | undefined, plain: 'equals' | 'contains'): TextMatch | undefined {
  if (pattern === undefined) return undefined;
  if (typeof pattern !== 'object') return { [plain]: String(pattern) };

  const { equals, contains, matches } = pattern;
  return defined({
    equals: equals === undefined ? undefined : String(equals),
    contains: contains === undefined ? undefined : String(contains),
    matches,
    not: 'not' in pattern ? textMatch(pattern.not, plain) : undefined,
  });
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/** @param duration as in a spec: `500ms`, `10s`, `2m`. */
function milliseconds(duration: string | undefined): number | undefined {
  const [, amount, unit = ''] = /^(\d+)(ms|s|m)$/.exec(duration ?? '') ?? [];
  const factor = UNIT_MS[unit];
  return factor === undefined ? undefined : Number(amount) * factor;
}
