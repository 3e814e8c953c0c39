/** Probes, plans and observations for the stories. */
import type { Plan, Probe } from '#core/model/model.ts';
import type { Outside } from '#harness/suite/kernel-ruling.ts';
import { container, probe as anyProbe, seen } from '../../builders.ts';

/** An operation that is to be denied, unless the test says otherwise. */
export function probe(id: string, changes: Partial<Probe> = {}): Probe {
  return anyProbe({ id, name: id, action: openOf('/x'), control: false, ...changes });
}

export function openOf(path: string): Probe['action'] {
  return { kind: 'operation', name: 'open', args: ['read', path], words: ['open', path, 'for', 'read'], class: 'file' };
}

/** A container in which every path is what it seems, and a kernel that cannot be asked. */
export const OUTSIDE: Outside = {
  loaded: (label) => label,
  inChildren: false,
  before: () => ({
    look: (path) => ({ path, folder: false, missing: false }),
    ruling: () => () => undefined,
  }),
  after: () => ({ fsuidOf: () => undefined, ask: () => undefined, close: () => undefined }),
};

export const CONTAINER = container();

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
    closed: [],
    open: [],
    ...changes,
  };
}

export const observation = seen;
