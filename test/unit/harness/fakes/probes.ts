/** Probes, plans and observations for the stories. */
import type { ContainerSpec, Observation, Plan, Probe } from '#core/model/model.ts';

const NOTHING = { text: '', bytes: 0, truncated: false };

/** An operation that is to be denied, unless the test says otherwise. */
export function probe(id: string, changes: Partial<Probe> = {}): Probe {
  return {
    id,
    name: id,
    action: openOf('/x'),
    timeoutMs: 1,
    control: false,
    direct: false,
    expect: { access: 'denied' },
    at: { file: 'f', line: 1, column: 1 },
    ...changes,
  };
}

export function openOf(path: string): Probe['action'] {
  return { kind: 'operation', name: 'open', args: ['read', path], words: ['open', path, 'for', 'read'], class: 'file' };
}

export const CONTAINER: ContainerSpec = {
  image: 'i',
  hold: true,
  env: {},
  capAdd: [],
  capDrop: [],
  securityOpt: [],
  sysctls: {},
  mounts: [],
  tmpfs: {},
  readOnly: false,
  network: 'none',
};

export function plan(probes: readonly Probe[], changes: Partial<Plan> = {}): Plan {
  return {
    file: '/spec.yml',
    title: 'a suite',
    profile: { from: 'file', file: '/profile', mode: 'enforce' },
    container: CONTAINER,
    untestable: [],
    peers: [],
    control: true,
    waivers: [],
    probes,
    ...changes,
  };
}

export function observation(changes: Partial<Observation> = {}): Observation {
  return { stage: 'done', stdout: NOTHING, stderr: NOTHING, durationMs: 1, ...changes };
}
