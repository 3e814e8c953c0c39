/** Attempts that show that what the policy answers is what happens: for each rule and permission, and more. Pure. */
import { describeAction } from '../../model/describe-action.ts';
import type { Position, Probe } from '../../model/model.ts';
import { defined } from '../../model/optional.ts';
import {
  letterBit,
  lettersIn,
  type Deciding,
  type FileLetter,
  type Masks,
  type Whose,
} from '../../profile/semantics/file-masks.ts';
import { readOperation } from '../read-operation.ts';

/** A path that may be tried. */
export interface TriedPath {
  /** As the kernel names it. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'missing';
  /** Permission bits; 0 of what is missing. */
  readonly mode: number;
  /** Whether it belongs to the user who tries. */
  readonly whose: Whose;
  /** Another file of its file system, which a link can lead to. */
  readonly source?: string;
}

/** Who owns nothing in an image. */
const STRANGER = '65534:65534';
const TIMEOUT_MS = 10_000;
/** Each kind of attempt that makes something has to be compared between both containers. */
const MOST_MAKING = 24;
const MOST_OF_OTHERS = 16;

export interface FileAttemptsOptions {
  readonly newId: () => string;
  /** At most so many. */
  readonly most: number;
  readonly masksAt: (path: string, source: string | undefined) => Masks;
  /** Who decides about a path: the same objects for paths that the same rules decide. */
  readonly decidedBy: (path: string, source: string | undefined) => readonly Deciding[];
}

/** Where the attempts come from. */
interface Origin {
  readonly class: string;
  readonly at: Position;
}

interface Choice {
  readonly of: TriedPath;
  readonly letter: FileLetter;
  readonly words: readonly string[];
  readonly whose: Whose;
  readonly user?: string;
}

/** @returns attempts, each with the answer of the policy as what is expected. */
export function fileAttempts(
  closed: Origin,
  paths: readonly TriedPath[],
  options: FileAttemptsOptions,
): readonly Probe[] {
  const triable = paths.filter(({ path }) => isTriable(path)).sort((a, b) => orderOf(a) - orderOf(b));
  const selection = new Selection(options.most);
  addForEachRule(selection, triable, options);
  addSpread(
    selection,
    triable.filter(({ path }) => !KERNELS.test(path)),
    options,
  );
  return selection.choices.map((choice) => attemptOf(closed, choice, options));
}

/** There other layers refuse much, and every boot has other files: they are tried for rules about them. */
const KERNELS = /^\/(?:proc|sys|dev)\//;

function orderOf({ path, kind }: TriedPath): number {
  return (KERNELS.test(path) ? 2 : 0) + (kind === 'missing' ? 1 : 0);
}

/** Each permission by each rule that decides it. */
function addForEachRule(selection: Selection, paths: readonly TriedPath[], options: FileAttemptsOptions): void {
  const decided = new Set<string>();
  const known = new Set<string>();
  const numbers = new Map<Deciding, number>();
  const numberOf = (deciding: Deciding): number => {
    const number = numbers.get(deciding) ?? numbers.size;
    numbers.set(deciding, number);
    return number;
  };
  for (const path of paths) {
    const deciding = options.decidedBy(path.path, path.source);
    const key = `${deciding.map(numberOf).join()} ${path.kind} ${path.whose} ${path.mode} ${path.source === undefined}`;
    if (known.has(key)) continue;
    known.add(key);
    for (const choice of choicesOn(path, options)) {
      const rules = deciding.flatMap((each) => each.rules(choice.letter, choice.whose)).map(({ id }) => id);
      const by = `${choice.letter} ${choice.whose} ${rules.join(' ')}`;
      if (!decided.has(by) && selection.add(choice)) decided.add(by);
    }
  }
}

/** Others from all over, in an order that a file more or less does not change: runs can be compared. */
function addSpread(selection: Selection, paths: readonly TriedPath[], options: FileAttemptsOptions): void {
  const shuffled = paths.map((path) => ({ path, order: hashOf(path.path) })).sort((a, b) => a.order - b.order);
  for (const { path, order } of shuffled) {
    if (selection.left === 0) return;
    const choices = [...choicesOn(path, options)].filter(({ user }) => user === undefined);
    const choice = choices[order % Math.max(1, choices.length)];
    if (choice !== undefined) selection.add(choice);
  }
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** How many of each kind may be tried. */
class Selection {
  left: number;
  readonly #chosen = new Map<string, Choice>();
  #making = MOST_MAKING;
  #others = MOST_OF_OTHERS;

  constructor(most: number) {
    this.left = most;
  }

  get choices(): readonly Choice[] {
    return [...this.#chosen.values()];
  }

  /** @returns whether it is chosen now. */
  add(choice: Choice): boolean {
    const { words, user, of } = choice;
    const key = `${words.join(' ')} ${user ?? ''}`;
    const isMaking = of.kind === 'missing';
    if (this.left === 0 || this.#chosen.has(key)) return false;
    if ((isMaking && this.#making === 0) || (user !== undefined && this.#others === 0)) return false;
    if (isMaking) this.#making -= 1;
    if (user !== undefined) this.#others -= 1;
    this.left -= 1;
    this.#chosen.set(key, choice);
    return true;
  }
}

function* choicesOn(of: TriedPath, options: FileAttemptsOptions): Generator<Choice> {
  const masks = options.masksAt(of.path, of.source);
  for (const [letter, words] of operationsOn(of, masks[of.whose])) {
    if (letter !== 'l' || isPlainLink(of, masks, options)) yield { of, letter, words, whose: of.whose };
  }
  if (of.whose === 'other') return;
  // a stranger is tried only where it makes a difference: that takes an agent more
  for (const letter of lettersIn(masks.owner ^ masks.other)) {
    const words = strangersOperation(of, letter);
    if (words !== undefined) yield { of, letter, words, whose: 'other', user: STRANGER };
  }
}

/** A link that is allowed may still be refused, where it would have more permissions than what it leads to. */
function isPlainLink({ source, whose }: TriedPath, masks: Masks, { masksAt }: FileAttemptsOptions): boolean {
  if ((masks[whose] & letterBit('l')) === 0 || source === undefined) return true;
  return (masks[whose] & ~masksAt(source, undefined)[whose] & ~letterBit('l')) === 0;
}

/** Only names that a reader can tell; of processes only what everybody may look at; of devices only harmless ones. */
const READABLE = /^[\x21-\x7e]{2,200}$/;
const NOT_TRIED = /^\/(?:proc\/\d+\/(?!(?:comm|status|stat|cmdline)$)|dev\/(?!(?:null|zero|full|u?random)$|shm\/)|\.)/;

function isTriable(path: string): boolean {
  return READABLE.test(path) && !NOT_TRIED.test(path);
}

/** Each permission with an operation that asks for it, and for nothing else that is denied. */
function* operationsOn(
  { path, kind, mode, source }: TriedPath,
  mask: number,
): Generator<readonly [FileLetter, readonly string[]]> {
  const bare = path.replace(/\/$/, '');
  const isExecutable = (mode & 0o111) !== 0;
  if (kind === 'folder') {
    yield ['r', ['readdir', bare]];
    yield ['w', ['delete', bare]];
    return;
  }
  const canBeMapped = !KERNELS.test(path);
  if (kind === 'missing') {
    if (path.endsWith('/')) yield ['w', ['mkdir', bare]];
    else yield ['w', ['open', 'create', path]];
    if (source !== undefined && !path.endsWith('/')) yield ['l', ['link', source, path]];
    return;
  }
  yield ['r', ['open', 'read', path]];
  if (!isExecutable) yield ['w', ['open', 'write', path]]; // one that runs cannot be written, whoever asks
  if (!isExecutable) yield ['a', ['open', 'append', path]];
  yield ['k', ['lock', 'fcntl', 'none', path]];
  if (canBeMapped && (mask & letterBit('r')) !== 0) yield ['m', ['mmap', path]];
  if (isExecutable) yield ['x', ['exec', path]];
}

/** What the file's mode lets everybody do, so that only the profile decides. */
function strangersOperation({ path, kind, mode }: TriedPath, letter: FileLetter): readonly string[] | undefined {
  if (kind !== 'file') return undefined;
  if (letter === 'r' && (mode & 0o004) !== 0) return ['open', 'read', path];
  if (letter === 'w' && (mode & 0o002) !== 0) return ['open', 'write', path];
  return letter === 'x' && (mode & 0o001) !== 0 ? ['exec', path] : undefined;
}

function attemptOf(
  { class: name, at }: Origin,
  { of, letter, words, whose, user }: Choice,
  { newId, masksAt }: FileAttemptsOptions,
): Probe {
  const access = (masksAt(of.path, of.source)[whose] & letterBit(letter)) === 0 ? 'denied' : 'allowed';
  const read = readOperation(words);
  if ('problem' in read) throw new Error(`a closed class has an operation that cannot be read: ${read.problem}`);
  const action = { kind: 'operation', ...read, words } as const;
  const member = `${of.path} ${letter}`;
  const asOther = user === undefined ? '' : ', as another user';
  return defined({
    id: newId(),
    name: `closed ${name}: ${member} is ${access} (${describeAction(action)}${asOther})`,
    action,
    user,
    direct: false,
    control: false, // in a second attempt, where the first leaves a doubt
    timeoutMs: TIMEOUT_MS,
    expect: { access } as const,
    closed: { class: name, member },
    at,
  });
}
