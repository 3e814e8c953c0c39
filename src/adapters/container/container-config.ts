/** A container's configuration for the engine's API, from the spec. Pure, so that a test sees every field. */
import type { ContainerCreateOptions } from 'dockerode';
import type { ContainerSpec } from '#core/model/model.ts';

/** Where the agent stands inside every container. */
export const AGENT_PATH = '/.apparmor-probe-agent';
/** Label that names the run a container belongs to: clean-up finds it by this. */
export const RUN_LABEL = 'apparmor-probe.run';

export type Role = 'confined' | 'control';

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
  /** Id of the container whose processes and network it shares: it is a peer of that. */
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
  keepAlive: hold,
  joins,
}: ConfigOptions): ContainerCreateOptions {
  const systemPathsOpen = spec.securityOpt.includes('systempaths=unconfined'); // the engine's client turns this into empty lists
  return {
    name,
    Image: spec.image,
    Labels: { [RUN_LABEL]: run, 'apparmor-probe.role': role },
    Env: Object.entries(spec.env).map(([key, value]) => `${key}=${value}`),
    ...(spec.user === undefined ? {} : { User: spec.user }),
    ...(hold
      ? { Entrypoint: [AGENT_PATH, 'hold'], Cmd: [] }
      : {
          ...(spec.entrypoint === undefined ? {} : { Entrypoint: [...spec.entrypoint] }),
          ...(spec.command === undefined ? {} : { Cmd: [...spec.command] }),
        }),
    Healthcheck: { Test: ['NONE'] }, // its commands run under the profile too, and their denials would be noise
    HostConfig: {
      SecurityOpt: [`apparmor=${profile}`, ...spec.securityOpt.filter((option) => option !== 'systempaths=unconfined')],
      ...(systemPathsOpen ? { MaskedPaths: [], ReadonlyPaths: [] } : {}),
      Binds: [
        `${agent}:${AGENT_PATH}:ro`,
        ...spec.mounts.map((m) => `${m.source}:${m.target}:${m.readonly ? 'ro' : 'rw'}`),
      ],
      Tmpfs: { ...spec.tmpfs },
      CapAdd: [...spec.capAdd],
      CapDrop: [...spec.capDrop],
      Sysctls: joins === undefined ? { ...spec.sysctls } : {}, // they belong to the namespaces, which are the other's
      ReadonlyRootfs: spec.readOnly,
      NetworkMode: joins === undefined ? spec.network : `container:${joins}`,
      ...(joins === undefined ? {} : { PidMode: `container:${joins}` }),
      RestartPolicy: { Name: 'no' },
    },
  };
}
