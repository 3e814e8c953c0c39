/**
 * The Docker engine. This folder alone imports dockerode; a failed call becomes an error with the engine's own words.
 */
import Docker from 'dockerode';
import { readdirSync } from 'node:fs';
import { HarnessError } from '#core/model/errors.ts';
import type { ContainerSpec } from '#core/model/model.ts';
import { engineCall, failureText } from './engine-call.ts';
import { RUN_LABEL, containerConfig, type ConfigOptions } from './container-config.ts';
import { DockerContainer, type Container } from './container.ts';

/** How long a build or a pull may take, in milliseconds. */
const BUILD_MS = 900_000;
/** How long the first answer may take, in milliseconds. */
const PING_MS = 20_000;

/** The engine's versions, for the report. */
export interface EngineFacts {
  readonly version: string;
  readonly runtime: string;
  /** Whether it reports AppArmor. That is no proof: labels are read from the kernel. */
  readonly apparmor: boolean;
}

/** A local image. */
export interface Image {
  readonly id: string;
  /** The image starts something by itself. */
  readonly startable: boolean;
}

/** What a session needs of the engine. */
export type ContainerEngine = Pick<Engine, 'facts' | 'image' | 'create' | 'removeRun'>;

export class Engine {
  readonly #docker: Docker;

  /**
   * Connects to the engine that DOCKER_HOST names, or the local one.
   * @throws HarnessError `no-docker`, `engine-remote`
   */
  static async connect(): Promise<Engine> {
    const host = process.env['DOCKER_HOST'] ?? '';
    if (host !== '' && !host.startsWith('unix://'))
      throw new HarnessError('engine-remote', `DOCKER_HOST is ${host}, which is not a local engine.`);
    const docker =
      host === ''
        ? new Docker({ socketPath: '/var/run/docker.sock' })
        : new Docker({ socketPath: host.slice('unix://'.length) });
    await engineCall('no-docker', 'The Docker engine does not answer', docker.ping(), PING_MS);
    return new Engine(docker);
  }

  private constructor(docker: Docker) {
    this.#docker = docker;
  }

  async facts(): Promise<EngineFacts> {
    const [version, info] = await engineCall(
      'no-docker',
      'The Docker engine does not answer',
      Promise.all([this.#docker.version(), this.#docker.info() as Promise<Record<string, unknown>>]),
    );
    const options = Array.isArray(info['SecurityOptions']) ? info['SecurityOptions'].map(String) : [];
    const runtime = version.Components?.find((part) => part.Name === 'runc')?.Version;
    return {
      version: `Docker ${version.Version}`,
      runtime: `runc ${runtime ?? 'unknown'}`,
      apparmor: options.some((option) => option.startsWith('name=apparmor')),
    };
  }

  /** Finds the image, else builds or pulls it. @throws HarnessError `image-unavailable` */
  async image(spec: ContainerSpec, progress: (line: string) => void): Promise<Image> {
    const found = await this.#inspectImage(spec.image);
    if (found !== undefined) return found;
    if (spec.build !== undefined) {
      progress(`building ${spec.image}`);
      await engineCall(
        'image-unavailable',
        `The image ${spec.image} cannot be built`,
        this.#build(spec.image, spec.build),
        BUILD_MS,
      );
    } else {
      progress(`pulling ${spec.image}`);
      await engineCall(
        'image-unavailable',
        `The image ${spec.image} is not present and cannot be pulled`,
        this.#pull(spec.image),
        BUILD_MS,
      );
    }
    const made = await this.#inspectImage(spec.image);
    if (made === undefined)
      throw new HarnessError(
        'image-unavailable',
        `The image ${spec.image} is still missing after it was built or pulled.`,
      );
    return made;
  }

  async create(options: ConfigOptions): Promise<Container> {
    const container = await engineCall(
      'container-failed',
      `The ${options.role} container could not be created`,
      this.#docker.createContainer(containerConfig(options)),
    );
    return new DockerContainer(container, this.#docker);
  }

  /** Removes every container of a run. @returns how many there were. */
  async removeRun(run: string): Promise<number> {
    const filters = { label: [`${RUN_LABEL}=${run}`] };
    const list = await engineCall(
      'no-docker',
      'The containers cannot be listed',
      this.#docker.listContainers({ all: true, filters }),
    );
    for (const { Id } of list)
      await new DockerContainer(this.#docker.getContainer(Id), this.#docker).remove(() => undefined);
    return list.length;
  }

  /** Runs that have containers on this host. */
  async runsWithContainers(): Promise<string[]> {
    const list = await engineCall(
      'no-docker',
      'The containers cannot be listed',
      this.#docker.listContainers({ all: true, filters: { label: [RUN_LABEL] } }),
    );
    return [...new Set(list.map(({ Labels }) => Labels[RUN_LABEL] ?? ''))];
  }

  async #inspectImage(name: string): Promise<Image | undefined> {
    try {
      const { Id, Config } = await this.#docker.getImage(name).inspect();
      // typed as always there, but an image need not start anything
      const lists = [Config?.Cmd, Config?.Entrypoint] as unknown[];
      return { id: Id, startable: lists.some((list) => Array.isArray(list) && list.length > 0) };
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 404) return undefined;
      throw new HarnessError('image-unavailable', `The image ${name} cannot be looked up: ${failureText(error)}.`, {
        cause: error,
      });
    }
  }

  async #build(tag: string, context: string): Promise<void> {
    await this.#follow(await this.#docker.buildImage({ context, src: readdirSync(context) }, { t: tag }));
  }

  async #pull(name: string): Promise<void> {
    await this.#follow(await this.#docker.pull(/[:@]/.test(name.split('/').at(-1) ?? '') ? name : `${name}:latest`));
  }

  async #follow(stream: NodeJS.ReadableStream): Promise<void> {
    const steps = await new Promise<{ error?: string }[]>((resolve, reject) => {
      this.#docker.modem.followProgress(stream, (error, output: { error?: string }[]) => {
        if (error) reject(error);
        else resolve(output);
      });
    });
    const failed = steps.find((step) => step.error !== undefined);
    if (failed?.error !== undefined) throw new Error(failed.error.trim());
  }
}
