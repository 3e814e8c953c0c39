/** What compiled policy says of the start of a program (security/apparmor/domain.c, profile_transition). Pure. */
import type { PolicyStart } from '#core/model/model.ts';
import { byteCost, PATH } from '../patterns/possible-names.ts';
import type { CompiledAutomaton, CompiledProfile } from './compiled-profiles.ts';

/** What the policy says of one path. */
export interface CompiledStart {
  readonly start: PolicyStart;
  /** The same for paths that the same rules match. */
  readonly group: number;
}

/** AA_MAY_EXEC, in both forms of policy. */
const EXECUTE = 1;

/** @returns undefined where the profile has no rules for files: what such a profile decides is not known here. */
export function compiledStart({ automata }: CompiledProfile, path: string): CompiledStart | undefined {
  const files = automata.find(({ kind }) => kind === 'files');
  if (files === undefined) return undefined;
  const group = stateOf(files, path);
  return { start: startAt(files, group), group };
}

function startAt(files: CompiledAutomaton, state: number): PolicyStart {
  const allowed = state === 0 ? [] : files.permissions(state).filter(({ allow }) => (allow & EXECUTE) !== 0);
  if (allowed.length === 0) return 'refused';
  return allowed.every(({ inherits }) => inherits) ? 'stays' : 'leaves';
}

/** Printable bytes, the likeliest in a name first. */
const BYTES = Array.from({ length: 0x7e - 0x20 }, (_, i) => i + 0x21).sort((a, b) => byteCost(a) - byteCost(b));

/** More states than this are not walked. */
const MOST_WALKED = 100_000;
/** How many paths through the same state are followed. */
const MOST_PASSES = 6;

/** A state, and the shortest way there. */
interface Reached {
  readonly state: number;
  readonly shape: number;
  readonly path: string;
}

/**
 * Paths whose programs may start under another label, whether they are there or not: the shortest one for each folder
 * and each way to leave, the shortest first.
 * @param known paths that are known already: of their folders, in the same way, no other is given.
 */
export function departures({ automata }: CompiledProfile, known: readonly string[], most: number): readonly string[] {
  const files = automata.find(({ kind }) => kind === 'files');
  if (files === undefined) return [];
  const wayOf = (path: string, state: number): string =>
    `${path.slice(0, path.lastIndexOf('/') + 1)} ${JSON.stringify(files.permissions(state).map(executionOf))}`;
  const seen = new Set(known.map((path) => wayOf(path, stateOf(files, path))));
  const found: string[] = [];
  for (const { state, shape, path } of walk(files)) {
    if (PATH.end(shape) !== 0 || startAt(files, state) !== 'leaves') continue;
    const way = wayOf(path, state);
    if (seen.has(way)) continue;
    seen.add(way);
    found.push(path);
    if (found.length === most) break;
  }
  return found;
}

function executionOf({ allow, execution }: { readonly allow: number; readonly execution: string }): string {
  return (allow & EXECUTE) === 0 ? '' : execution;
}

/**
 * Paths by which a state is reached in which programs leave, the shortest first. Rules that end alike share states, so
 * a state is passed more than once.
 */
function* walk(files: CompiledAutomaton): Generator<Reached> {
  const useful = statesBeforeLeaving(files);
  const passed = new Map<string, number>();
  const queue: Reached[] = useful.has(files.start) ? [{ state: files.start, shape: PATH.start, path: '' }] : [];
  for (const reached of queue) {
    yield reached;
    for (const byte of BYTES) {
      const shape = PATH.step(reached.shape, byte);
      const state = shape < 0 ? 0 : files.next(reached.state, byte);
      const key = `${state} ${shape}`;
      const times = passed.get(key) ?? 0;
      if (!useful.has(state) || times >= MOST_PASSES) continue;
      passed.set(key, times + 1);
      queue.push({ state, shape, path: reached.path + String.fromCharCode(byte) });
    }
  }
}

/** The states in which programs leave, and all from which one of them is reached. */
function statesBeforeLeaving(files: CompiledAutomaton): ReadonlySet<number> {
  const before = new Map<number, Set<number>>([[files.start, new Set()]]);
  for (const state of before.keys()) {
    for (const byte of BYTES) {
      const next = files.next(state, byte);
      if (next === 0 || before.size >= MOST_WALKED) continue;
      before.set(next, (before.get(next) ?? new Set()).add(state));
    }
  }
  const useful = new Set([...before.keys()].filter((state) => startAt(files, state) === 'leaves'));
  for (const state of useful) for (const other of before.get(state) ?? []) useful.add(other);
  return useful;
}

function stateOf(files: CompiledAutomaton, path: string): number {
  return Buffer.from(path).reduce((state, byte) => files.next(state, byte), files.start);
}
