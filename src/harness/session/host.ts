/** All that a run, an init and a mutation run ask of this machine, in one place: a unit test hands in another. */
import type { Container, ContainerState } from '#adapters/container/container.ts';
import type { ContainerEngine } from '#adapters/container/engine.ts';
import { TRACES, type TraceReader } from '#adapters/container/rootfs/traces.ts';
import { waitReady } from '#adapters/container/wait-ready.ts';
import { beginChanges, cleanUpDeadRuns, type HostChanges } from '#adapters/kernel/changes/host-changes.ts';
import type { KernelParameter } from '#adapters/kernel/changes/kernel-parameters.ts';
import { checkStillLoaded, loadProfile, type LoadedPolicy } from '#adapters/kernel/load-profile.ts';
import { makeBarrier, type Barrier } from '#adapters/kernel/log/barrier.ts';
import { KernelLog, type AuditLog, type LogChoice } from '#adapters/kernel/log/kernel-log.ts';
import { kernelInventory, type KernelInventory } from '#adapters/kernel/kernel-inventory.ts';
import { unmediatedClasses } from '#adapters/kernel/mediation.ts';
import { labelTextOf } from '#adapters/kernel/process-label.ts';
import { loadedProfiles, removeProfile } from '#adapters/kernel/securityfs/loaded-profiles.ts';
import { agentIdentity, type AgentIdentity } from '#adapters/probe/agent-proof.ts';
import { ContainerTarget, type ProbeTarget, type TargetOptions } from '#adapters/probe/probe-target.ts';
import type { HostFacts, Plan, ProfileMode, ProfileSource, Readiness } from '#core/model/model.ts';
import { hostFacts } from './host-facts.ts';
import { loadPlaceholderProfiles } from '#adapters/kernel/placeholder-profiles.ts';
import { preflight } from './preflight.ts';

/** The machine that the probes run on. */
export interface Host {
  /** Checks that probes can run here. @throws HarnessError */
  connect(): Promise<ContainerEngine>;
  /** Puts back what killed runs have left. @returns one line for each thing */
  cleanUpDeadRuns(removeContainers: (run: string) => Promise<number>): Promise<string[]>;
  /** Begins the journal of a run and sets these kernel parameters for it. */
  beginChanges(
    run: string,
    options: { parameters: readonly Exclude<KernelParameter, 'audit'>[] },
  ): Promise<HostChanges>;
  openLog(choice: LogChoice | undefined): AuditLog;
  makeBarrier(run: string, log: AuditLog, changes: HostChanges): Promise<Barrier>;
  facts(
    engine: ContainerEngine,
    options: { logSource: string; lab: string | undefined; auditMode: string },
  ): Promise<HostFacts>;

  loadProfile(
    source: ProfileSource,
    options: { suffix: string | undefined; changes: HostChanges },
  ): Promise<LoadedPolicy>;
  /** @throws HarnessError `not-loaded` */
  checkStillLoaded(policy: LoadedPolicy): void;
  /** @returns one line for the report for each placeholder */
  loadPlaceholderProfiles(plan: Plan, policy: LoadedPolicy, changes: HostChanges): Promise<string[]>;
  /** The mode of each profile that is loaded, by its name. */
  loadedProfiles(): ReadonlyMap<string, ProfileMode>;
  removeProfile(name: string): void;
  /** What closed classes are made of: capabilities, families of sockets, file systems. */
  kernelInventory(): KernelInventory;
  /** Why a class of rules has no effect here, for each that has none. */
  unmediatedClasses(classes: Iterable<string>): Promise<ReadonlyMap<string, string>>;

  /** @throws HarnessError `container-exited`, `not-ready` */
  waitReady(container: Container, role: string, ready: Readiness | undefined): Promise<ContainerState>;
  /** What makes the agent's file on this host this one, and no other. */
  agentIdentity(file: string): Promise<AgentIdentity>;
  /** Label and mode of a process, as the kernel prints them. */
  labelTextOf(pid: number): string;
  makeTarget(options: TargetOptions): ProbeTarget;
  /** Looks at what probes left in containers. */
  readonly traces: TraceReader;
}

/** This machine, with its kernel and its engine. */
export const THIS_HOST: Host = {
  connect: preflight,
  cleanUpDeadRuns,
  beginChanges,
  openLog: (choice) => new KernelLog(choice),
  makeBarrier,
  facts: async (engine, options) => hostFacts(await engine.facts(), options),

  loadProfile,
  checkStillLoaded,
  loadPlaceholderProfiles,
  loadedProfiles,
  removeProfile,
  kernelInventory,
  unmediatedClasses,

  waitReady,
  agentIdentity,
  labelTextOf,
  makeTarget: (options) => new ContainerTarget(options),
  traces: TRACES,
};
