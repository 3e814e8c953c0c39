/** Starts the containers of a suite and proves that the profile confines them, before any probe. */
import { HarnessError } from '#core/model/errors.ts';
import type { Container, ContainerState } from '#adapters/container/container.ts';
import type { Engine, Image } from '#adapters/container/engine.ts';
import { waitReady } from '#adapters/container/wait-ready.ts';
import type { Role } from '#adapters/container/container-config.ts';
import { labelTextOf } from '#adapters/kernel/process-label.ts';
import { loadedProfiles } from '#adapters/kernel/securityfs/loaded-profiles.ts';
import { asLoaded, labelText, sameLabel } from '#core/model/labels.ts';
import type { LoadedPolicy } from '#adapters/kernel/load-profile.ts';
import type { Confinement, Fault, Plan, ProfileMode } from '#core/model/model.ts';
import { ProbeTarget } from '#adapters/probe/probe-target.ts';

/** The containers, ready to be probed. */
export interface SuiteContainers {
  readonly confined: ProbeTarget;
  readonly control?: ProbeTarget;
  /** The service did not live or become ready under the profile; a container that only holds took its place. */
  readonly serviceFault?: Fault;
  readonly labels: Confinement['labels'];
  /** Profile of the twin, as loaded, when it is not unconfined. */
  readonly baseline?: string;
}

export interface SetupOptions {
  readonly plan: Plan;
  readonly policy: LoadedPolicy;
  readonly image: Image;
  readonly engine: Engine;
  readonly run: string;
  /** Distinguishes the suites of one run. */
  readonly number: number;
  readonly agent: string;
  /** Called with every container as soon as it exists: the caller removes them. */
  readonly onContainer: (container: Container) => void;
}

export async function startContainers(options: SetupOptions): Promise<SuiteContainers> {
  const { plan, policy } = options;
  const labels: { process: string; pid: number; label: string }[] = [];
  const confirm: Confirm = (what, pid, expected) => {
    const label = labelTextOf(pid);
    labels.push({ process: what, pid, label });
    if (!sameLabel(label, expected))
      throw new HarnessError(
        'not-confined',
        `${what} (pid ${pid}) carries the label ${label} in place of ${expected}.`,
      );
  };
  const baseline = labelFor(plan.baseline ?? 'unconfined', policy, 'The control');
  const place = (container: Container, state: ContainerState, role: Role): ProbeTarget => {
    const expected = role === 'confined' ? labelText(policy.loadedAs, policy.mode) : baseline.text;
    confirm(`first process of the ${role} container`, state.pid, expected);
    return new ProbeTarget(
      container,
      state,
      {
        expected,
        killed: mayKill(role === 'confined' ? policy.mode : baseline.mode),
        names: policy.written,
        control: role === 'control',
      },
      (agent) => {
        confirm(
          `agent in the ${role} container${agent.user === undefined ? '' : ` as ${agent.user}`}`,
          agent.pid,
          expected,
        );
      },
    );
  };
  const [confined, control] = await Promise.allSettled([
    bringUp(options, 'confined'),
    plan.control ? bringUp(options, 'control', false, baseline.loaded) : undefined,
  ]);
  if (control.status === 'rejected')
    throw control.reason instanceof HarnessError
      ? new HarnessError('control-failed', control.reason.message, { details: control.reason.details })
      : control.reason;
  const done = async (main: Started, serviceFault?: Fault): Promise<SuiteContainers> => {
    const places = {
      confined: place(main.container, main.state, 'confined'),
      ...(control.value === undefined
        ? {}
        : { control: place(control.value.container, control.value.state, 'control') }),
    };
    for (const one of Object.values(places)) await addPeers(one, options, confirm);
    return {
      ...places,
      labels,
      ...(plan.baseline === undefined ? {} : { baseline: baseline.loaded }),
      ...(serviceFault === undefined ? {} : { serviceFault }),
    };
  };
  if (confined.status === 'fulfilled') return done(confined.value);
  const error: unknown = confined.reason;
  if (!(error instanceof HarnessError) || !['container-exited', 'not-ready'].includes(error.code)) throw error;
  // the service fails under the profile, which is a finding; the profile can still be probed with a process that only waits
  return done(await bringUp(options, 'confined', true), {
    code: error.code,
    message: [error.message, ...error.details].join('\n'),
    hint: error.hint,
  });
}

/** What a helper runs under: unconfined, a profile of the spec's file, or one that is loaded already. */
function labelFor(
  profile: string,
  policy: LoadedPolicy,
  who: string,
): { loaded: string; mode?: ProfileMode; text: string } {
  const loaded = asLoaded(profile, policy.written);
  if (loaded === 'unconfined') return { loaded, text: loaded };
  const mode = loadedProfiles().get(loaded);
  if (mode === undefined)
    throw new HarnessError(
      'profile-ambiguous',
      `${who} is to run under ${profile}, which is neither a profile of the spec's file nor loaded.`,
    );
  return { loaded, mode, text: labelText(loaded, mode) };
}

/** A stack of several modes may have one that kills. */
function mayKill(mode: ProfileMode | undefined): boolean {
  return mode === 'kill' || mode === 'mixed';
}

interface Started {
  readonly container: Container;
  readonly state: ContainerState;
}
type Confirm = (what: string, pid: number, expected: string) => void;

/** Starts the peers of a container: they share its processes and its network, and differ in their label. */
async function addPeers(
  beside: ProbeTarget,
  { plan, policy, engine, run, number, agent, onContainer }: SetupOptions,
  confirm: Confirm,
): Promise<void> {
  const role = beside.control ? 'control' : 'confined';
  const asked = plan.probes.filter(({ control }) => control || !beside.control);
  const needed = plan.peers.filter(({ name }) =>
    asked.some(({ action, from }) => from === name || (action.kind === 'operation' && action.other === name)),
  );
  await Promise.all(
    needed.map(async ({ name, profile }) => {
      const { loaded, mode, text: expected } = labelFor(profile, policy, `The peer ${name}`);
      const container = await engine.create({
        spec: plan.container,
        run,
        role,
        agent,
        keepAlive: true,
        name: `apparmor-probe-${run}-${number}-${role}-peer-${name}`,
        profile: loaded,
        joins: beside.container.id,
      });
      onContainer(container);
      await container.start(`peer ${name} of the ${role}`);
      const state = await waitReady(container, `peer ${name} of the ${role}`, undefined);
      confirm(`first process of the peer ${name} of the ${role} container`, state.pid, expected);
      beside.peers.set(
        name,
        new ProbeTarget(
          container,
          state,
          { expected, killed: mayKill(mode), names: policy.written, control: beside.control },
          (session) => {
            confirm(
              `agent in the peer ${name} of the ${role} container${session.user === undefined ? '' : ` as ${session.user}`}`,
              session.pid,
              expected,
            );
          },
        ),
      );
    }),
  );
}

async function bringUp(
  { plan, policy, image, engine, run, number, agent, onContainer }: SetupOptions,
  role: Role,
  hold = false,
  twin = 'unconfined',
): Promise<Started> {
  const holds =
    hold ||
    plan.container.hold ||
    !(image.startable || plan.container.command !== undefined || plan.container.entrypoint !== undefined);
  const container = await engine.create({
    spec: plan.container,
    run,
    role,
    agent,
    keepAlive: holds,
    name: `apparmor-probe-${run}-${number}-${role}${hold ? '-held' : ''}`,
    profile: role === 'confined' ? policy.loadedAs : twin,
  });
  onContainer(container);
  await container.start(role);
  return { container, state: await waitReady(container, role, hold ? undefined : plan.ready) };
}
