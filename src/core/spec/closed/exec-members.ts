/**
 * Every executable of the image: none may start under another label than the profile's, unless that is declared. What
 * the profile does not let start, stays in it as well. Pure.
 */
import type { ClosedClass, Plan, Probe } from '../../model/model.ts';
import { allows } from './allow.ts';

/** An executable of the container. */
export interface Executable {
  /** Absolute, inside the container. */
  readonly path: string;
  /** The mode and target of the exec rule that the profile's text has for it; undefined where it has none. */
  readonly transition?: string;
}

/** Each takes two processes and a look at a label: of a larger image some of each folder are tried. */
const MOST_TRIED = 120;
/** Modes that keep the label. */
const STAYS = /^p?ix$/;

interface ExecOptions {
  /** The profile under test, as its author wrote it. */
  readonly profile: string;
  readonly newId: () => string;
}

/** @returns the class with an attempt for each executable that is tried, and with the others. */
export function execClass(
  closed: ClosedClass,
  programs: readonly Executable[],
  { profile, newId }: ExecOptions,
): ClosedClass {
  const tried = new Set(chosen(closed, programs));
  const attempts = programs
    .filter((one) => tried.has(one))
    .map((one) => attemptOf(closed, one.path, { profile, newId }));
  const untried = programs
    .filter((one) => !tried.has(one))
    .map(({ path }) => ({ member: path, why: `of ${programs.length} executables ${tried.size} are tried` }));
  return { ...closed, attempts, untried };
}

/** @returns the plan with the attempts of the class `exec`, if the plan closes it. */
export function withExecutables(plan: Plan, programs: () => readonly Executable[], options: ExecOptions): Plan {
  if (!plan.closed.some(({ class: name }) => name === 'exec')) return plan;
  const found = programs();
  const closed = plan.closed.map((one) => (one.class === 'exec' ? execClass(one, found, options) : one));
  return { ...plan, closed };
}

/** What starts under another label by the profile's text, what the spec names, and the others evenly spread. */
function chosen({ allow }: ClosedClass, programs: readonly Executable[]): readonly Executable[] {
  const telling = programs.filter(
    ({ path, transition }) =>
      (transition !== undefined && !STAYS.test(transition)) || allow.some((entry) => isOf(entry, path)),
  );
  const others = programs.filter((one) => !telling.includes(one));
  const left = Math.max(0, MOST_TRIED - telling.length);
  const step = Math.max(1, others.length / Math.max(1, left));
  const spread = Array.from({ length: Math.min(left, others.length) }, (_, i) => others[Math.floor(i * step)]);
  return [...telling.slice(0, MOST_TRIED), ...spread.filter((one) => one !== undefined)];
}

function attemptOf(closed: ClosedClass, path: string, { profile, newId }: ExecOptions): Probe {
  const label =
    closed.allow
      .find((entry) => isOf(entry, path))
      ?.trim()
      .split(/\s+/)[1] ?? profile;
  const words = ['exec', path];
  return {
    id: newId(),
    name: `closed exec: ${path} stays under ${label}`,
    action: { kind: 'operation', name: 'exec', args: [path], words, class: 'file' },
    direct: false,
    control: false, // only what does not start, and is not refused with a record, is tried in it
    timeoutMs: 10_000,
    expect: { access: 'allowed', label: { equals: label } },
    closed: { class: closed.class, member: path },
    at: closed.at,
  };
}

function isOf(entry: string, path: string): boolean {
  return allows(entry.trim().split(/\s+/)[0] ?? '', [path]);
}
