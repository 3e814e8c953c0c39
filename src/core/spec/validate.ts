/** A spec's text to a validated value, or to every problem at once with line, column and hint. Pure. */
import { LineCounter, isMap, isNode, isScalar, parseDocument, type Document, visit } from 'yaml';
import type { $ZodIssue } from 'zod/v4/core';
import { expandMatrices, isRecord } from './matrix.ts';
import { nearest } from '../text/did-you-mean.ts';
import { ACTION_KEYS, specSchema, type SpecFile } from './schema.ts';
import type { Position } from '../model/model.ts';
import { LABEL_CHANGING } from './operation-effects.ts';
import { readOperation } from './read-operation.ts';
import { splitList, splitWords } from '../text/split-words.ts';

/** A mistake in a file a user wrote. */
export interface Problem {
  readonly at: Position;
  readonly message: string;
}

export interface Validated {
  readonly spec?: SpecFile;
  readonly problems: readonly Problem[];
  /** Where a value stands: path of keys to a position. */
  readonly locate: (path: readonly PropertyKey[]) => Position;
}

/** Longest spec that is read, in bytes. */
export const MAX_SPEC_BYTES = 4 * 1024 * 1024;

/**
 * @param file name used in positions.
 * @param text the YAML source.
 */
export function validateSpec(file: string, text: string): Validated {
  const lines = new LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (Buffer.byteLength(text) > MAX_SPEC_BYTES)
    return broken([{ at: { file, line: 1, column: 1 }, message: `the spec is longer than ${MAX_SPEC_BYTES} bytes` }]);
  const doc = parseDocument(text, { lineCounter: lines, strict: true, uniqueKeys: true, prettyErrors: false });
  // an unknown tag is only a warning to the library: here it is a mistake
  const syntax = [...doc.errors, ...doc.warnings].map((e) => ({ at: at(e.pos[0]), message: e.message }));
  visit(doc, {
    Scalar: (_key, { value, range }) => {
      if (typeof value === 'string' && /[\ud800-\udfff]/u.test(value))
        syntax.push({
          at: at(range?.[0] ?? 0),
          message: 'half of a character (a lone surrogate), which no path and no argument can hold',
        });
    },
  });
  let origins: readonly number[] = [];
  /** Path in the file of a path in the expanded spec. */
  const written = (path: readonly PropertyKey[]): PropertyKey[] =>
    path.map((key, i) => (i === 1 && path[0] === 'probes' ? (origins[Number(key)] ?? key) : key));
  const locate = (path: readonly PropertyKey[]): Position => at(offsetOf(doc, written(path)));
  if (syntax.length > 0) return broken(syntax);
  let value: unknown;
  try {
    value = doc.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return broken([{ at: at(0), message: (error as Error).message }]);
  }
  const expanded = expandMatrices(isRecord(value) && Array.isArray(value['probes']) ? value['probes'] : []);
  const problems = expanded.problems.map(({ index, message }) => ({
    at: at(offsetOf(doc, ['probes', index])),
    message,
  }));
  origins = expanded.origins;
  if (isRecord(value) && Array.isArray(value['probes']) && expanded.problems.length === 0)
    value = { ...value, probes: expanded.probes };
  const parsed = specSchema.safeParse(value, { reportInput: true });
  if (!parsed.success)
    problems.push(
      ...parsed.error.issues.flatMap((issue) =>
        explain({ ...issue, path: written(issue.path) }, doc, (path) => at(offsetOf(doc, path)), at),
      ),
    );
  problems.push(...crossProblems(value, locate));
  problems.sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
  return parsed.success && problems.length === 0 ? { spec: parsed.data, problems, locate } : { problems, locate };

  function broken(list: readonly Problem[]): Validated {
    return { problems: list, locate: () => ({ file, line: 1, column: 1 }) };
  }
}

/** Rules between keys, which a schema states poorly, and command lines that do not split. */
function crossProblems(value: unknown, locate: Validated['locate']): Problem[] {
  if (!isRecord(value)) return [];
  const { ready, container, probes } = value;
  const found: Problem[] = [];
  if (isRecord(ready) && ['http', 'tcp', 'log'].filter((key) => Object.hasOwn(ready, key)).length !== 1) {
    found.push({ at: locate(['ready']), message: 'ready: give exactly one of http, tcp, log' });
  }
  if (isRecord(container)) {
    found.push(...['command', 'entrypoint'].flatMap((key) => wordProblem(container[key], ['container', key], locate)));
    const replaced = ['cap-add', 'cap-drop', 'security-opt'].filter((key) => key in container);
    if (container['only-apparmor'] === true && replaced.length > 0)
      found.push({
        at: locate(['container', replaced[0] ?? '']),
        message: `container: \`only-apparmor\` replaces ${replaced.map((key) => `\`${key}\``).join(', ')}`,
      });
    if (container['hold'] === true && ('command' in container || 'entrypoint' in container))
      found.push({
        at: locate(['container', 'hold']),
        message: 'container: `hold` replaces `command` and `entrypoint`',
      });
  }
  const known = isRecord(value['peers']) ? Object.keys(value['peers']) : [];
  if (known.includes('container'))
    found.push({ at: locate(['peers', 'container']), message: 'peers: `container` is the container itself' });
  if (Array.isArray(probes))
    found.push(...probes.flatMap((probe, i) => (isRecord(probe) ? peerProblems(probe, known, i, locate) : [])));
  return [...found, ...probeProblems(Array.isArray(probes) ? probes : [], locate)];
}

function wordProblem(line: unknown, path: readonly PropertyKey[], locate: Validated['locate']): Problem[] {
  const split = typeof line === 'string' ? splitWords(line) : { words: [] };
  return 'problem' in split ? [{ at: locate(path), message: `${path.map(String).join('.')}: ${split.problem}` }] : [];
}

function operationProblem(given: unknown, path: readonly PropertyKey[], locate: Validated['locate']): Problem[] {
  const broken = wordProblem(given, path, locate);
  if (
    broken.length > 0 ||
    !(typeof given === 'string' || (Array.isArray(given) && given.every((word) => typeof word === 'string')))
  )
    return broken;
  const read = readOperation(splitList(given));
  return 'problem' in read ? [{ at: locate(path), message: `${path.map(String).join('.')}: ${read.problem}` }] : [];
}

/** Who is at the two ends: `peer NAME` is tried by the container, `container` by the peer that `from` names. */
function peerProblems(
  probe: Record<string, unknown>,
  known: readonly string[],
  i: number,
  locate: Validated['locate'],
): Problem[] {
  const { from } = probe;
  const given = probe['try'];
  const read =
    typeof given === 'string' || (Array.isArray(given) && given.every((word) => typeof word === 'string'))
      ? readOperation(splitList(given))
      : undefined;
  const other = read !== undefined && 'other' in read ? read.other : undefined;
  const missing = [from, other === 'container' ? undefined : other].find(
    (name) => typeof name === 'string' && !known.includes(name),
  );
  const at = locate(['probes', i, from === undefined ? 'try' : 'from']);
  if (typeof missing === 'string') return [{ at, message: `there is no peer ${JSON.stringify(missing)} in \`peers\`` }];
  if (from !== undefined && other !== 'container')
    return [
      { at, message: '`from` goes with `try` and `container` for the other end, for example `signal term container`' },
    ];
  return from === undefined && other === 'container'
    ? [{ at, message: '`container` as the other end needs `from`, the peer that tries it' }]
    : [];
}

function probeProblems(probes: readonly unknown[], locate: Validated['locate']): Problem[] {
  const names = new Map<string, number>();
  return probes.flatMap((probe, i) => {
    if (!isRecord(probe)) return [];
    const found: Problem[] = [];
    const say = (message: string, key?: string): void => {
      found.push({ at: locate(key === undefined ? ['probes', i] : ['probes', i, key]), message });
    };
    const actions = ACTION_KEYS.filter((key) => Object.hasOwn(probe, key));
    if (actions.length === 0) say(`probe ${i + 1} tries nothing: give it one of ${ACTION_KEYS.join(', ')}`);
    if (actions.length > 1)
      say(`probe ${i + 1} tries several things (${actions.join(', ')}): give each a probe of its own`, actions[1]);
    if ('for' in probe && !('open' in probe)) say('`for` goes with `open` only', 'for');
    if ('terminal' in probe && !('run' in probe || 'shell' in probe))
      say('`terminal` goes with `run` or `shell` only', 'terminal');
    if ('via' in probe && !('run' in probe || 'shell' in probe)) say('`via` goes with `run` or `shell` only', 'via');
    if (probe['via'] === 'docker-exec' && probe['terminal'] === true)
      say('`terminal` goes with `via: agent` only', 'terminal');
    if ('http' in probe && 'user' in probe) say('`user` has no meaning for `http`, which runs on the host', 'user');
    found.push(...wordProblem(probe['run'], ['probes', i, 'run'], locate));
    if ('try' in probe) found.push(...operationProblem(probe['try'], ['probes', i, 'try'], locate));
    const { expect } = probe;
    const wanted = isRecord(expect) ? ['label', 'mode', 'secure'].find((key) => key in expect) : undefined;
    if (wanted !== undefined) {
      const tried =
        typeof probe['try'] === 'string' || Array.isArray(probe['try'])
          ? (splitList(probe['try'] as string | string[])[0] ?? '')
          : 'exec' in probe
            ? 'exec'
            : '';
      if (!LABEL_CHANGING.includes(tried))
        say(`\`${wanted}\` goes with \`exec\`, or with \`try\` and one of ${[...LABEL_CHANGING].join(', ')}`, 'expect');
      else if (isRecord(expect) && expect['access'] === 'denied')
        say(`\`${wanted}\`: what is denied carries nothing`, 'expect');
      else if (wanted === 'secure' && !tried.startsWith('exec')) say('`secure` goes with an execution', 'expect');
    }
    const name = probe['name'];
    if (typeof name === 'string') {
      const first = names.get(name);
      if (first !== undefined) say(`the name ${JSON.stringify(name)} is taken by probe ${first + 1}`, 'name');
      else names.set(name, i);
    }
    return found;
  });
}

function explain(
  issue: $ZodIssue,
  doc: Document,
  locate: Validated['locate'],
  at: (offset: number) => Position,
): Problem[] {
  const where = issue.path.map(String).join('.') || 'the spec';
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const near = nearest(key, knownKeys(issue.path));
      return {
        at: at(keyOffset(doc, issue.path, key)),
        message: `unknown key ${JSON.stringify(key)} in ${where}${near === undefined ? '' : `; did you mean \`${near}\`?`}`,
      };
    });
  }
  if (issue.input === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_union'))
    return [{ at: locate(issue.path), message: `${where} is missing` }];
  if (issue.code === 'invalid_union') {
    const branches = issue.errors.filter((list) => list.length > 0);
    // the branch that went deepest, or that only dislikes a key, is the one the user meant
    const meant = branches.filter((list) =>
      list.some((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
    );
    const best = (meant.length > 0 ? meant : []).sort((a, b) => a.length - b.length)[0];
    if (best !== undefined)
      return best.flatMap((inner) => explain({ ...inner, path: [...issue.path, ...inner.path] }, doc, locate, at));
    return [
      {
        at: locate(issue.path),
        message: `${where}: ${[...new Set(branches.flat().map((inner) => inner.message))].join(', or ')}`,
      },
    ];
  }
  return [{ at: locate(issue.path), message: `${where}: ${issue.message}` }];
}

/** Keys that the schema knows at a path, for the hint. */
function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  let shapes: unknown[] = [specSchema];
  for (const key of path) shapes = shapes.flatMap(unwrap).flatMap((shape) => child(shape, key));
  return shapes
    .flatMap(unwrap)
    .flatMap((shape) => (isRecord(shape) && isRecord(shape['shape']) ? Object.keys(shape['shape']) : []));
}

function unwrap(shape: unknown): unknown[] {
  const def = isRecord(shape) && isRecord(shape['def']) ? shape['def'] : {};
  if ('innerType' in def) return unwrap(def['innerType']);
  if (Array.isArray(def['options'])) return (def['options'] as unknown[]).flatMap(unwrap);
  return [shape];
}

function child(shape: unknown, key: PropertyKey): unknown[] {
  if (!isRecord(shape)) return [];
  if (isRecord(shape['shape'])) return [shape['shape'][String(key)]];
  return 'element' in shape ? [shape['element']] : [];
}

function offsetOf(doc: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? doc.contents : doc.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function keyOffset(doc: Document, path: readonly PropertyKey[], key: string): number {
  const map = path.length === 0 ? doc.contents : doc.getIn(path, true);
  const pair = isMap(map) ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key) : undefined;
  return isScalar(pair?.key) && pair.key.range ? pair.key.range[0] : offsetOf(doc, path);
}
