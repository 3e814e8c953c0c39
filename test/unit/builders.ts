/** Plain data for tests. Every part has a default, so that a test names only what matters to it. */
import type {
  Action,
  AuditRecord,
  Captured,
  ContainerSpec,
  Entry,
  Expectation,
  Observation,
  Probe,
  Witness,
} from '#core/model/model.ts';
import { verdict } from '#core/verdict/verdicts.ts';
import { readOperation } from '#core/spec/read-operation.ts';
import type { Facts } from '#core/verdict/facts.ts';

/** A container that the engine starts with all its defaults. */
export function container(changes: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
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
    ...changes,
  };
}

export function captured(text = ''): Captured {
  return { text, bytes: Buffer.byteLength(text), truncated: false };
}

/** What a probe showed: it succeeded, unless the test says otherwise. */
export function seen(changes: Partial<Observation> = {}): Observation {
  return { stage: 'done', stdout: captured(), stderr: captured(), durationMs: 1, ...changes };
}

/** @param line the operation in the words of the agent: `open read /x`. */
export function operation(line: string): Action {
  const words = line.split(' ');
  const read = readOperation(words);
  if ('problem' in read) throw new Error(read.problem);
  return { kind: 'operation', ...read, words };
}

export function command(...argv: readonly string[]): Action {
  return { kind: 'run', argv, tildes: [], terminal: false };
}

export function shell(script: string): Action {
  return { kind: 'shell', script, terminal: false };
}

/** A probe that opens /x for reading, which is to be denied. */
export function probe(changes: Partial<Probe> = {}): Probe {
  return {
    id: 'a',
    name: 'n',
    action: operation('open read /x'),
    timeoutMs: 1,
    control: true,
    direct: false,
    expect: { access: 'denied' },
    at: { file: 'f', line: 1, column: 1 },
    ...changes,
  };
}

interface RecordParts {
  readonly type?: string;
  /** On top of those of a denied read of /x. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** A record of the denial of {@link probe}. */
export function record({ type = 'DENIED', fields = {} }: RecordParts = {}): AuditRecord {
  return {
    type,
    timeMs: 0,
    serial: 1,
    raw: '',
    fields: { operation: 'open', name: '/x', denied_mask: 'r', ...fields },
  };
}

/** A record that belongs to a probe: by its thread name, unless the test says otherwise. */
export function witness({ by = 'comm', ...parts }: RecordParts & Partial<Pick<Witness, 'by'>> = {}): Witness {
  return { by, record: record(parts) };
}

export interface FactParts extends Partial<
  Pick<
    Facts,
    'witnesses' | 'evidence' | 'control' | 'container' | 'leftover' | 'elsewhere' | 'loss' | 'ruling' | 'isRecorded'
  >
> {
  readonly expect: Expectation;
  readonly action?: Action;
  /** What the probe showed under the profile. */
  readonly seen: Observation;
}

/** What is known of a probe when it is judged. */
export function facts({ expect, action, seen: observation, witnesses = [], ...others }: FactParts): Facts {
  return { probe: probe(action === undefined ? { expect } : { expect, action }), observation, witnesses, ...others };
}

/** A probe that was denied, with what the test adds. */
export function entry(changes: Partial<Entry> = {}): Entry {
  return {
    probe: probe(),
    verdict: verdict('denied', { denial: 'open /x (r)' }),
    observation: seen({ errno: 'EACCES' }),
    witnesses: [witness()],
    ...changes,
  };
}
