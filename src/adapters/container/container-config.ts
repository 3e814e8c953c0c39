/** A container's configuration for the engine's API, from the spec. Pure, so that a test sees every field. */
import type { ContainerCreateOptions } from 'dockerode';
import type { ContainerSpec } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';

/** Where the agent is in every container. */
export const AGENT_PATH = '/.apparmor-probe-agent';
/** Label that names the run a container belongs to: clean-up finds it by this. */
export const RUN_LABEL = 'apparmor-probe.run';

/** The container under the profile, or the one that differs in nothing but the profile. */
export type Role = 'confined' | 'control';

/** The agent as first process: it only waits to be stopped. */
const KEEP_ALIVE = { Entrypoint: [AGENT_PATH, 'keep-alive'], Cmd: [] as string[] };

export interface ConfigOptions {
  readonly spec: ContainerSpec;
  readonly run: string;
  /** Distinguishes the containers of one run. */
  readonly name: string;
  readonly role: Role;
  /** Profile name for the engine, `unconfined` for the control. */
  readonly profile: string;
  /** The agent's file on the host. */
  readonly agent: string;
  /** The image has nothing to start, or the spec asks for it: the agent is the first process. */
  readonly keepAlive: boolean;
  /** Id of the container whose process and network namespaces it joins, as a peer of its processes. */
  readonly joins?: string;
}

/** @returns the body of POST /containers/create. The two roles differ in nothing but name, label and profile. */
export function containerConfig({
  spec,
  run,
  name,
  role,
  profile,
  agent,
  keepAlive,
  joins,
}: ConfigOptions): ContainerCreateOptions {
  // `docker run` turns this option into empty lists: the engine itself does not know it
  const systemPathsOpen = spec.securityOpt.includes('systempaths=unconfined');
  return {
    name,
    Image: spec.image,
    Labels: { [RUN_LABEL]: run, 'apparmor-probe.role': role },
    Env: Object.entries(spec.env).map(([key, value]) => `${key}=${value}`),
    ...defined({ User: spec.user }),
    ...(keepAlive ? KEEP_ALIVE : firstProcess(spec)),
    // a health check's commands run under the profile too, and their denials would be noise
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      SecurityOpt: [`apparmor=${profile}`, ...spec.securityOpt.filter((option) => option !== 'systempaths=unconfined')],
      ...(systemPathsOpen ? { MaskedPaths: [], ReadonlyPaths: [] } : {}),
      Binds: [
        `${agent}:${AGENT_PATH}:ro`,
        ...spec.mounts.map(({ source, target, readonly }) => `${source}:${target}:${readonly ? 'ro' : 'rw'}`),
      ],
      Tmpfs: { ...spec.tmpfs },
      CapAdd: [...spec.capAdd],
      CapDrop: [...spec.capDrop],
      // sysctls belong to the namespaces, which are the other container's
      Sysctls: joins === undefined ? { ...spec.sysctls } : {},
      ReadonlyRootfs: spec.readOnly,
      NetworkMode: joins === undefined ? spec.network : `container:${joins}`,
      ...(joins === undefined ? {} : { PidMode: `container:${joins}` }),
      RestartPolicy: { Name: 'no' },
    },
  };
}

/** What the spec starts; the image has the rest. */
function firstProcess({ entrypoint, command }: ContainerSpec): Pick<ContainerCreateOptions, 'Entrypoint' | 'Cmd'> {
  return defined({ Entrypoint: entrypoint && [...entrypoint], Cmd: command && [...command] });
}
