/**
 * Every executable of the image: none may start under another label than the profile's, unless that is declared. What
 * the profile does not let start, stays in it as well. The compiled policy is asked about each; each that it has
 * something else to say of than that it stays, and a few of the others, start for real. Pure.
 */
import { readOperation } from '../read-operation.ts';
import type { Action, AskedMember, ClosedClass, Plan, PolicyStart, Probe } from '../../model/model.ts';
import { defined } from '../../model/optional.ts';
import { allows } from './allow.ts';
import { otherWays, type ProgramMember } from './exec-ways.ts';

/** An executable of the container. */
export interface Executable {
  /** Absolute, inside the container. */
  readonly path: string;
  /** The mode and target of the exec rule that the profile's text has for it; undefined where it has none. */
  readonly transition?: string;
  /** What the compiled policy says; undefined where it cannot be read, or does not decide. */
  readonly policy?: PolicyStart;
  /** The same for programs that the same compiled rules match. */
  readonly group?: number;
}

/** What is known of the programs of a container. */
export interface Programs {
  readonly executables: readonly Executable[];
  /** Folders in which a program could be put. */
  readonly folders: readonly string[];
  /** Paths where the image has no program, and one would start under another label by the compiled policy. */
  readonly departures: readonly string[];
}

/** Each takes a process and a look at its label: most that are tried of those that may leave the profile. */
const MOST_TRIED = 120;
/** Of the others, where the policy has been asked about each: some, evenly spread, and one of each group. */
const SPREAD = 40;
const MOST_GROUPS = 40;
/** In place of a label. */
const ANY_LABEL = '*';
/** Modes that keep the label. */
const STAYS = /^p?ix$/;

interface ExecOptions {
  /** The profile under test, as its author wrote it. */
  readonly profile: string;
  readonly newId: () => string;
}

/** @returns the class with an attempt for each executable that is tried, and with the others. */
export function execClass(closed: ClosedClass, programs: Programs, options: ExecOptions): ClosedClass {
  const { executables, folders, departures } = programs;
  const tried = chosen(closed, executables);
  const others = executables.filter((one) => !tried.has(one));
  const members = [
    ...executables.filter((one) => tried.has(one)).map(memberOf),
    ...otherWays({ executables, folders, departures, telling: executables.filter(isTelling) }),
  ];
  return {
    ...closed,
    attempts: members.map((member) => attemptOf(closed, member, options)),
    untried: others
      .filter((one) => askedOf(one).length === 0)
      .map(({ path }) => ({ member: path, why: `of ${executables.length} executables ${tried.size} are tried` })),
    asked: others.flatMap(askedOf),
  };
}

/** @returns an attempt for each of these programs that is tried: of many without a rule of their own, some. */
export function pathAttempts(
  closed: ClosedClass,
  executables: readonly Executable[],
  options: ExecOptions,
): readonly Probe[] {
  const tried = chosen(closed, executables);
  return executables.filter((one) => tried.has(one)).map((one) => attemptOf(closed, memberOf(one), options));
}

/** @returns the plan with the attempts of the class `exec`, if the plan closes it. */
export function withExecutables(plan: Plan, programs: () => Programs, options: ExecOptions): Plan {
  if (!plan.closed.some(({ class: name }) => name === 'exec')) return plan;
  const found = programs();
  const closed = plan.closed.map((one) => (one.class === 'exec' ? execClass(one, found, options) : one));
  return { ...plan, closed };
}

/** What may start under another label, by the compiled policy or by the profile's text. */
function isTelling({ transition, policy }: Executable): boolean {
  return policy === 'leaves' || (transition !== undefined && !STAYS.test(transition));
}

/** What is telling, what the spec names, and of the others some evenly spread and one of each group. */
function chosen({ allow }: ClosedClass, programs: readonly Executable[]): ReadonlySet<Executable> {
  const telling = programs.filter((one) => isTelling(one) || allow.some((entry) => isOf(entry, [one.path])));
  const others = programs.filter((one) => !telling.includes(one));
  const isAsked = others.every(({ policy }) => policy !== undefined);
  const left = isAsked ? SPREAD : Math.max(0, MOST_TRIED - telling.length);
  const groups = new Map(others.flatMap((one) => (one.group === undefined ? [] : [[one.group, one] as const])));
  return new Set([
    ...telling.slice(0, MOST_TRIED),
    ...[...groups.values()].slice(0, MOST_GROUPS),
    ...spread(others, left),
  ]);
}

function spread(programs: readonly Executable[], most: number): readonly Executable[] {
  const step = Math.max(1, programs.length / Math.max(1, most));
  const places = Array.from({ length: Math.min(most, programs.length) }, (_, i) => Math.floor(i * step));
  return places.flatMap((place) => programs[place] ?? []);
}

function askedOf(program: Executable): readonly AskedMember[] {
  const { path, policy } = program;
  return policy === undefined || isTelling(program) ? [] : [{ member: path, answer: policy }];
}

function memberOf({ path, policy }: Executable): ProgramMember {
  return defined({ words: [path], operation: ['exec', path], policy });
}

function attemptOf(closed: ClosedClass, { words, operation, policy }: ProgramMember, options: ExecOptions): Probe {
  const { profile, newId } = options;
  const declared = closed.allow.find((entry) => isOf(entry, words));
  const label = declared === undefined ? profile : (wordsOf(declared).at(-1) ?? profile);
  const member = words.join(' ');
  return {
    id: newId(),
    name: `closed exec: ${member} stays under ${label}`,
    action: actionOf(operation),
    direct: false,
    control: false, // only what does not start, and is not refused with a record, is tried in it
    timeoutMs: 10_000,
    expect: { access: 'allowed', label: label === ANY_LABEL ? { matches: '' } : { equals: label } },
    closed: defined({ class: closed.class, member, policy, declared: declared !== undefined }),
    at: closed.at,
  };
}

function actionOf(words: readonly string[]): Action {
  const read = readOperation(words);
  if ('problem' in read) throw new Error(`a closed class has an operation that cannot be read: ${read.problem}`);
  return { kind: 'operation', ...read, words };
}

/** Whether an entry of `allow:` names a member: its words are those of the member, and then a label. */
function isOf(entry: string, words: readonly string[]): boolean {
  const given = wordsOf(entry);
  return given.length === words.length + 1 && allows(given.slice(0, -1).join(' '), words);
}

function wordsOf(entry: string): readonly string[] {
  return entry.split(/\s+/).filter((word) => word !== '');
}
