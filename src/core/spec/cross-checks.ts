/** Rules between the keys of a spec, which a schema states poorly, and commands that do not split into words. Pure. */
import type { Position } from '../model/model.ts';
import { path } from './argument-kinds.ts';
import { findOperation } from './operations.ts';
import { nearest, suggestion } from '../text/did-you-mean.ts';
import { splitList, splitWords } from '../text/split-words.ts';
import { allowProblem } from './closed/allow.ts';
import { CLOSED_CLASS_NAMES, type ClosedClassName } from './closed/classes.ts';
import { isRecord } from './matrix.ts';
import { LABEL_CHANGING } from './operation-effects.ts';
import { answersBefore } from './operation-records.ts';
import { readOperation } from './read-operation.ts';
import { ACTION_KEYS, PROBE_KEYS } from './schema.ts';
import type { KeyPath, Problem } from './spec-source.ts';

type Locate = (path: KeyPath) => Position;
type Mapping = Readonly<Record<string, unknown>>;

/** A mistake, and the key below the checked value where it is. */
interface Finding {
  readonly message: string;
  readonly key?: string;
}

/**
 * @param value of the whole spec, with its matrices expanded: it need not fit the schema.
 * @param origins for each probe the index of the one in the file that it came from; empty where they are the same.
 */
export function crossProblems(value: unknown, locate: Locate, origins: readonly number[]): Problem[] {
  if (!isRecord(value)) return [];
  const { ready, container, peers, probes, closed, open } = value;
  const peerNames = isRecord(peers) ? Object.keys(peers) : [];
  return [
    ...(isRecord(ready) ? located(readyFindings(ready), ['ready'], locate) : []),
    ...(isRecord(container) ? located(containerFindings(container), ['container'], locate) : []),
    ...(isRecord(peers) ? located(peersFindings(peers), ['peers'], locate) : []),
    ...closedFindings(closed).flatMap(({ message, path }) => located([{ message }], ['closed', ...path], locate)),
    ...located(openFindings(open, closed), ['open'], locate),
    ...(Array.isArray(probes) ? probesProblems(probes, peerNames, { locate, origins }) : []),
  ];
}

function located(findings: readonly Finding[], path: KeyPath, locate: Locate): Problem[] {
  return findings.map(({ message, key }) => ({ at: locate(key === undefined ? path : [...path, key]), message }));
}

function readyFindings(ready: Mapping): Finding[] {
  const given = ['http', 'tcp', 'log'].filter((key) => Object.hasOwn(ready, key));
  return given.length === 1 ? [] : [{ message: 'ready: give exactly one of http, tcp, log' }];
}

function containerFindings(container: Mapping): Finding[] {
  const findings = ['command', 'entrypoint'].flatMap((key) => commandFindings(container[key], key, `container.${key}`));

  const privileges = ['cap-add', 'cap-drop', 'security-opt'].filter((key) => key in container);
  const [key] = privileges;
  if (container['only-apparmor'] === true && key !== undefined) {
    const names = privileges.map((name) => `\`${name}\``).join(', ');
    findings.push({ key, message: `container: \`only-apparmor\` cannot be combined with ${names}` });
  }
  if (container['hold'] === true && ('command' in container || 'entrypoint' in container)) {
    const message = 'container: `hold` cannot be combined with `command` or `entrypoint`';
    findings.push({ key: 'hold', message });
  }
  return findings;
}

function peersFindings(peers: Mapping): Finding[] {
  if (!Object.hasOwn(peers, 'container')) return [];
  return [{ key: 'container', message: 'peers: the name `container` is reserved for the container itself' }];
}

/** The lists of a closed class; only that of files has more than one. */
const ENTRY_LISTS = ['allow', 'except', 'open'] as const;

/** Entries of closed classes that can name no member of their class. */
function closedFindings(closed: unknown): { readonly message: string; readonly path: KeyPath }[] {
  if (!isRecord(closed)) return [];
  return CLOSED_CLASS_NAMES.flatMap((name) => ENTRY_LISTS.flatMap((list) => entryFindings(name, list, closed[name])));
}

function entryFindings(
  name: ClosedClassName,
  list: string,
  given: unknown,
): { readonly message: string; readonly path: KeyPath }[] {
  const entries = isRecord(given) && Array.isArray(given[list]) ? (given[list] as unknown[]) : [];
  return entries.flatMap((entry, index) => {
    const problem = typeof entry === 'string' ? allowProblem(name, entry) : undefined;
    return problem === undefined
      ? []
      : [{ message: `${list} of closed ${name}: ${problem}`, path: [name, list, index] }];
  });
}

function openFindings(open: unknown, closed: unknown): Finding[] {
  if (!Array.isArray(open)) return [];
  const names = Array.isArray(closed) ? closed : Object.keys(isRecord(closed) ? closed : {});
  return open
    .filter((name) => names.includes(name))
    .map((name) => ({ message: `${String(name)} cannot be both in \`open\` and in \`closed\`` }));
}

function probesProblems(
  probes: readonly unknown[],
  peers: readonly string[],
  { locate, origins }: { readonly locate: Locate; readonly origins: readonly number[] },
): Problem[] {
  const namedBy = new Map<string, number>();
  return probes.flatMap((probe, index) => {
    if (!isRecord(probe)) return [];
    const number = (origins[index] ?? index) + 1;
    const ifSpeltRight = new Set(probeFindings(withMeantKeys(probe), number, peers).map(({ message }) => message));
    const findings = [
      ...probeFindings(probe, number, peers).filter(({ message }) => ifSpeltRight.has(message)),
      ...nameFindings(probe['name'], number, namedBy),
    ];
    return located(findings, ['probes', index], locate);
  });
}

function probeFindings(probe: Mapping, number: number, peers: readonly string[]): Finding[] {
  return [
    ...actionFindings(probe, number),
    ...optionFindings(probe),
    ...commandFindings(probe['run'], 'run', `run of probe ${number}`),
    ...operationFindings(probe['try'], `try of probe ${number}`),
    ...patternFindings(probe, number),
    ...peerFindings(probe, peers),
    ...expectFindings(probe),
  ];
}

/** The probe with its unknown keys spelt as the schema's message suggests. */
function withMeantKeys(probe: Mapping): Mapping {
  const entries = Object.entries(probe).map(([key, value]) => {
    const meant = PROBE_KEYS.includes(key) ? undefined : nearest(key, PROBE_KEYS);
    return [meant === undefined || Object.hasOwn(probe, meant) ? key : meant, value] as const;
  });
  return Object.fromEntries(entries);
}

function actionFindings(probe: Mapping, number: number): Finding[] {
  const actions = ACTION_KEYS.filter((key) => Object.hasOwn(probe, key));
  const [, second] = actions;
  if (actions.length === 0) {
    return [{ message: `probe ${number} has no action: give it one of ${ACTION_KEYS.join(', ')}` }];
  }
  if (second === undefined) return [];
  return [
    { key: second, message: `probe ${number} has several actions (${actions.join(', ')}): write a probe for each` },
  ];
}

/** Options that only some actions have. */
function optionFindings(probe: Mapping): Finding[] {
  const isCommand = 'run' in probe || 'shell' in probe;
  const findings: Finding[] = [];
  if ('for' in probe && !('open' in probe)) findings.push({ key: 'for', message: '`for` needs `open`' });
  if ('terminal' in probe && !isCommand) {
    findings.push({ key: 'terminal', message: '`terminal` needs `run` or `shell`' });
  }
  if ('via' in probe && !isCommand) findings.push({ key: 'via', message: '`via` needs `run` or `shell`' });
  if (probe['via'] === 'docker-exec' && probe['terminal'] === true) {
    findings.push({ key: 'terminal', message: '`terminal` needs `via: agent`' });
  }
  if ('http' in probe && 'user' in probe) {
    findings.push({ key: 'user', message: '`user` does not apply to `http`, which runs on the host' });
  }
  return findings;
}

/** @param name of the key in messages. */
function commandFindings(command: unknown, key: string, name: string): Finding[] {
  const split = typeof command === 'string' ? splitWords(command) : undefined;
  return split !== undefined && 'problem' in split ? [{ key, message: `${name}: ${split.problem}` }] : [];
}

function operationFindings(command: unknown, name: string): Finding[] {
  const unsplit = commandFindings(command, 'try', name);
  if (unsplit.length > 0 || !isCommandLine(command)) return unsplit;

  const read = readOperation(splitList(command));
  return 'problem' in read ? [{ key: 'try', message: `${name}: ${read.problem}` }] : [];
}

/** What people write for several paths: an operation would take it for the name of one. */
const PATTERN = /\*|\{[^{}]*\}/;

/** An operation on a file of such a name shows nothing of the files that are meant. */
function patternFindings(probe: Mapping, number: number): Finding[] {
  const [name = '', ...words] = operationWords(probe);
  const form = findOperation(name);
  if (form === undefined) return [];
  const kinds = [...form.args, ...(form.optional ?? []).map(({ kind }) => kind)];
  const pattern = words.find((word, i) => kinds[i] === path && PATTERN.test(word));
  if (pattern === undefined) return [];

  const key = ACTION_KEYS.find((one) => Object.hasOwn(probe, one)) ?? 'try';
  const message =
    `${key} of probe ${number}: ${JSON.stringify(pattern)} would be the name of one file, for * and {} are no ` +
    'patterns here: name a file, or several with `matrix`';
  return [{ key, message }];
}

function isCommandLine(value: unknown): value is string | string[] {
  return typeof value === 'string' || (Array.isArray(value) && value.every((word) => typeof word === 'string'));
}

/** Who is at the two ends: the container tries `peer NAME`, and the peer that `from` names tries `container`. */
function peerFindings({ from, try: command }: Mapping, peers: readonly string[]): Finding[] {
  const read = isCommandLine(command) ? readOperation(splitList(command)) : undefined;
  const other = read !== undefined && 'other' in read ? read.other : undefined;
  const key = from === undefined ? 'try' : 'from';

  const named = [from, other === 'container' ? undefined : other].filter((name) => typeof name === 'string');
  const unknown = named.find((name) => !peers.includes(name));
  if (unknown !== undefined) return [{ key, message: `there is no peer ${JSON.stringify(unknown)} in \`peers\`` }];

  if (from !== undefined && other !== 'container') {
    const message = '`from` needs `try` with `container` as the other end, for example `signal term container`';
    return [{ key, message }];
  }
  if (from === undefined && other === 'container') {
    return [{ key, message: '`container` as the other end needs `from`, the peer that tries it' }];
  }
  return [];
}

function expectFindings(probe: Mapping): Finding[] {
  const { expect } = probe;
  return isRecord(expect) ? [...byFindings(probe, expect), ...labelFindings(probe, expect)] : [];
}

/** What may deny an operation in place of the access itself. */
function byFindings(probe: Mapping, { by, access }: Mapping): Finding[] {
  if (typeof by !== 'string') return [];
  const key = 'expect';
  if (access === 'allowed') return [{ key, message: '`by` cannot be expected of an allowed access' }];

  const read = readOperation(operationWords(probe));
  if ('problem' in read)
    return [{ key, message: '`by` needs an operation: `open`, `unlink`, `mkdir`, `exec` or `try`' }];

  const words = answersBefore(read);
  if (words.includes(by)) return [];
  const { name } = read;
  const list = words.length === 0 ? 'nothing is asked before it' : `use ${words.join(', ')}`;
  const message = `\`by\`: ${JSON.stringify(by)} cannot deny ${name} in place of the access itself`;
  return [{ key, message: `${message}; ${list}${suggestion(by, words)}` }];
}

/** Conditions on the label that a program or process has afterwards. */
function labelFindings(probe: Mapping, expect: Mapping): Finding[] {
  const condition = ['label', 'mode', 'secure'].find((key) => key in expect);
  if (condition === undefined) return [];

  const operation = operationOf(probe);
  if (!LABEL_CHANGING.includes(operation)) {
    const message = `\`${condition}\` needs \`exec\`, or \`try\` with one of ${LABEL_CHANGING.join(', ')}`;
    return [{ key: 'expect', message }];
  }
  if (expect['access'] === 'denied') {
    return [{ key: 'expect', message: `\`${condition}\` cannot be expected of a denied access` }];
  }
  if (condition === 'secure' && !operation.startsWith('exec')) {
    return [{ key: 'expect', message: '`secure` needs an execution: `exec` or `exec-as`' }];
  }
  return [];
}

function operationOf(probe: Mapping): string {
  return operationWords(probe)[0] ?? '';
}

/** An operation by its words; empty where the probe has another action. */
function operationWords(probe: Mapping): readonly string[] {
  const { try: command, open, for: mode } = probe;
  if (isCommandLine(command)) return splitList(command);
  if (typeof open === 'string') return ['open', typeof mode === 'string' ? mode : 'read', open];
  const key = ['unlink', 'mkdir', 'exec'].find((name) => typeof probe[name] === 'string');
  return key === undefined ? [] : [key, String(probe[key])];
}

function nameFindings(name: unknown, number: number, namedBy: Map<string, number>): Finding[] {
  if (typeof name !== 'string') return [];

  const first = namedBy.get(name);
  if (first === number) {
    return [{ key: 'name', message: `several probes of this matrix have the name ${JSON.stringify(name)}` }];
  }
  if (first !== undefined)
    return [{ key: 'name', message: `probe ${first} has the name ${JSON.stringify(name)} already` }];
  namedBy.set(name, number);
  return [];
}
