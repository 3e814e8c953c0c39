/** A host in memory: an engine whose containers do nothing, and a kernel that denies what the test says. */
import type { Container, ContainerState } from '#adapters/container/container.ts';
import type { ConfigOptions } from '#adapters/container/container-config.ts';
import type { TraceReader } from '#adapters/container/rootfs/traces.ts';
import type { ContainerEngine } from '#adapters/container/engine.ts';
import type { AuditSetting, AuditSwitch } from '#adapters/kernel/changes/audit-switch.ts';
import type { HostChanges } from '#adapters/kernel/changes/host-changes.ts';
import type { LoadedPolicy } from '#adapters/kernel/load-profile.ts';
import type { Barrier } from '#adapters/kernel/log/barrier.ts';
import type { AgentIdentity } from '#adapters/probe/agent-proof.ts';
import type { ContainerProcess, ProbeTarget, TargetOptions } from '#adapters/probe/probe-target.ts';
import type { HarnessError } from '#core/model/errors.ts';
import type { HostFacts, Observation, Probe, ProfileMode, ProfileSource } from '#core/model/model.ts';
import type { Host } from '#harness/session/host.ts';
import type { Session } from '#harness/session/session.ts';
import { FakeAuditLog } from './audit-log.ts';
import { observation } from './probes.ts';

const FACTS: HostFacts = {
  hostname: 'fake',
  os: 'Fake',
  kernel: '6',
  arch: 'x86_64',
  parser: 'apparmor_parser 4',
  engine: 'Docker 28.0.0',
  runtime: 'runc 1',
  node: 'v24',
  logSource: 'memory',
  auditMode: 'normal',
};

/** What a path does under the profile: `silent` is a denial without a record. */
type Effect = 'denied' | 'silent' | 'allowed';

export class FakeHost implements Host {
  /** What happened, in order: `start confined`, `remove confined`, `load p.run`, … */
  readonly events: string[] = [];
  readonly log = new FakeAuditLog();
  readonly containers: FakeContainer[] = [];
  /** What the profile does to a path; all else is allowed. */
  readonly effects = new Map<string, Effect>();
  readonly profiles = new Map<string, ProfileMode>();
  /** Containers that do not become ready, by name, each with the error. */
  readonly unready = new Map<string, HarnessError>();
  readonly engine: ContainerEngine = new FakeEngine(this);
  readonly auditSwitch = new FakeAuditSwitch();
  /** Capabilities and families of sockets; none unless the test says otherwise. */
  inventory: ReturnType<Host['kernelInventory']> = {
    lastCapability: -1,
    families: [],
    filesystems: [],
    asksOfNewerMounts: true,
  };
  /** What runs in the confined container. */
  processes: readonly ContainerProcess[] = [];
  /** Mounts that the confined container has replaced. */
  replacedMounts: readonly string[] = [];
  /** What is wrong with the agents at the end. */
  agentErrors: readonly HarnessError[] = [];
  /** Called before each attempt: it may kill the container, or interrupt the run. */
  onAttempt: (probe: Probe, role: string) => void | Promise<void> = () => undefined;

  kernelInventory(): ReturnType<Host['kernelInventory']> {
    return this.inventory;
  }

  /** What a run did not put back. */
  get left(): string[] {
    return [
      ...this.containers.filter(({ isRemoved }) => !isRemoved).map(({ name }) => `container ${name}`),
      ...[...this.profiles.keys()].map((name) => `profile ${name}`),
      ...(this.log.isOpen ? ['the log is open'] : []),
    ];
  }

  /** A session on this host, without the story around it. */
  session(signal = new AbortController().signal): Session {
    const silent = (): void => undefined;
    return {
      run: 'run',
      signal,
      events: { progress: silent, fault: silent },
      host: this,
      engine: this.engine,
      keepAuditSwitch: false,
      changes: this.#changes(),
      log: this.log,
      barrier: this.log.barrier,
    };
  }

  /** Nothing is ever left in a container. */
  readonly traces: TraceReader = {
    readTraces: () => ({ files: new Map(), mounts: new Set(), isCut: false }),
    sharedMounts: () => new Set(),
    fileStateOf: () => undefined,
    sameContent: () => true,
    programOf: () => '',
    endProcess: () => undefined,
  };

  connect(): Promise<ContainerEngine> {
    return Promise.resolve(this.engine);
  }

  cleanUpDeadRuns(): Promise<string[]> {
    return Promise.resolve([]);
  }

  beginChanges(): Promise<HostChanges> {
    this.events.push('begin changes');
    return Promise.resolve(this.#changes());
  }

  openLog(): FakeAuditLog {
    return this.log;
  }

  makeBarrier(): Promise<Barrier> {
    return Promise.resolve(this.log.barrier);
  }

  facts(): Promise<HostFacts> {
    return Promise.resolve(FACTS);
  }

  loadProfile(source: ProfileSource, { suffix }: { suffix: string | undefined }): Promise<LoadedPolicy> {
    const loadedAs = suffix === undefined ? 'p' : `p.${suffix}`;
    this.profiles.set(loadedAs, source.mode);
    this.events.push(`load ${loadedAs}`);
    return Promise.resolve({
      name: 'p',
      loadedAs,
      names: [loadedAs],
      written: new Map([[loadedAs, 'p']]),
      mode: source.mode,
      alsoUnder: [],
      source: 'profile p {}',
      policySha256: 'aa',
      policy: Buffer.from('policy'),
      warnings: [],
    });
  }

  checkStillLoaded(): void {
    this.events.push('check that the profile is still loaded');
  }

  loadPlaceholderProfiles(): Promise<string[]> {
    return Promise.resolve([]);
  }

  loadedProfiles(): ReadonlyMap<string, ProfileMode> {
    return this.profiles;
  }

  removeProfile(name: string): void {
    this.profiles.delete(name);
  }

  unmediatedClasses(): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(new Map());
  }

  waitReady(container: Container): Promise<ContainerState> {
    const error = this.unready.get(container.id);
    return error === undefined ? container.state() : Promise.reject(error);
  }

  agentIdentity(): Promise<AgentIdentity> {
    return Promise.resolve({ device: 1n, inode: 1n, sha256: 'aa' });
  }

  labelTextOf(pid: number): string {
    const profile = this.containers.find((container) => container.pid === pid)?.profile ?? 'none';
    const mode = this.profiles.get(profile);
    return mode === undefined ? profile : `${profile} (${mode})`;
  }

  makeTarget(options: TargetOptions): ProbeTarget {
    return new FakeTarget(this, options);
  }

  #changes(): HostChanges {
    return {
      auditSwitch: this.auditSwitch,
      mostUnderWay: 24,
      willLoad: () => undefined,
      share: () => Promise.resolve(true),
      undo: () => {
        this.events.push('undo changes');
        this.profiles.clear();
        return Promise.resolve();
      },
    };
  }
}

/** The audit switch of a host that no other run uses. */
class FakeAuditSwitch implements AuditSwitch {
  readonly own = 'normal';
  /** What was done with it, in order. */
  readonly events: string[] = [];
  /** What the kernel has. */
  value = 'normal';

  hold({ alone }: { readonly alone: boolean }): Promise<() => Promise<void>> {
    this.events.push(alone ? 'hold alone' : 'hold');
    return Promise.resolve(() => {
      this.events.push('release');
      return Promise.resolve();
    });
  }

  set(setting: AuditSetting): void {
    this.events.push(setting);
    this.value = setting === 'own' ? this.own : 'noquiet';
  }

  has(setting: AuditSetting): boolean {
    return this.value === (setting === 'own' ? this.own : 'noquiet');
  }
}

class FakeEngine implements ContainerEngine {
  readonly #host: FakeHost;

  constructor(host: FakeHost) {
    this.#host = host;
  }

  facts(): ReturnType<ContainerEngine['facts']> {
    return Promise.resolve({ version: FACTS.engine, runtime: FACTS.runtime, apparmor: true });
  }

  image(): ReturnType<ContainerEngine['image']> {
    return Promise.resolve({ id: 'sha256:image', startable: true });
  }

  create(options: ConfigOptions): Promise<FakeContainer> {
    const container = new FakeContainer(this.#host, options);
    this.#host.containers.push(container);
    return Promise.resolve(container);
  }

  async removeRun(): Promise<number> {
    const left = this.#host.containers.filter(({ isRemoved }) => !isRemoved);
    for (const container of left) await container.remove();
    return left.length;
  }
}

export class FakeContainer implements Container {
  readonly id: string;
  readonly name: string;
  readonly profile: string;
  readonly pid: number;
  isRunning = true;
  isRemoved = false;
  readonly #host: FakeHost;

  constructor(host: FakeHost, { name, profile }: ConfigOptions) {
    this.#host = host;
    this.name = name.replace(/^apparmor-probe-\w+?-\d+-/, '');
    this.id = this.name;
    this.profile = profile;
    this.pid = 1_000_000_000 + host.containers.length; // no process of this machine
  }

  start(): Promise<void> {
    this.#host.events.push(`start ${this.name}`);
    return Promise.resolve();
  }

  state(): Promise<ContainerState> {
    const { isRunning: running, pid } = this;
    return Promise.resolve({ running, pid, exit: running ? 0 : 137, oomKilled: false, address: undefined });
  }

  logs(): Promise<string> {
    return Promise.resolve('last words\n');
  }

  exec(): never {
    throw new Error('a fake container executes nothing');
  }

  pack(): Promise<Buffer> {
    return Promise.reject(new Error('a fake container has no files'));
  }

  unpack(): Promise<void> {
    return Promise.resolve();
  }

  remove(): Promise<void> {
    this.isRemoved = true;
    this.#host.events.push(`remove ${this.name}`);
    return Promise.resolve();
  }
}

class FakeTarget implements ProbeTarget {
  readonly container: Container;
  readonly pid: number;
  readonly rootPid: number;
  readonly isControl: boolean;
  readonly #host: FakeHost;
  readonly #profile: string;

  constructor(host: FakeHost, { container, state, confining }: TargetOptions) {
    this.#host = host;
    this.container = container;
    this.pid = state.pid;
    this.rootPid = state.pid;
    this.isControl = confining.control;
    this.#profile = confining.expected.replace(/ .*/, '');
  }

  addPeer(_name: string, options: TargetOptions): ProbeTarget {
    return new FakeTarget(this.#host, options);
  }

  startAgents(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  async attempt(probe: Probe): Promise<Observation> {
    await this.#host.onAttempt(probe, this.isControl ? 'control' : 'confined');
    const path = probe.action.kind === 'operation' ? (probe.action.args.at(-1) ?? '') : '';
    const effect = this.isControl ? 'allowed' : (this.#host.effects.get(path) ?? 'allowed');
    if (effect === 'allowed') return observation();
    if (effect === 'denied')
      this.#host.log.writeDenial({ profile: this.#profile, comm: probe.id, path, pid: this.pid });
    return observation({ errno: 'EACCES' });
  }

  agentPids(): Promise<Set<number>> {
    return Promise.resolve(new Set());
  }

  pids(): Set<number> {
    return new Set();
  }

  processes(): Promise<readonly ContainerProcess[]> {
    return Promise.resolve(this.isControl ? [] : this.#host.processes);
  }

  replacedMounts(): Promise<readonly string[]> {
    return Promise.resolve(this.isControl ? [] : this.#host.replacedMounts);
  }

  proveAgents(): Promise<readonly HarnessError[]> {
    return Promise.resolve(this.isControl ? [] : this.#host.agentErrors);
  }

  pidsOutside(): Set<number> {
    return new Set();
  }

  close(): Promise<void> {
    this.#host.events.push(`end agents of ${this.isControl ? 'control' : 'confined'}`);
    return Promise.resolve();
  }
}
