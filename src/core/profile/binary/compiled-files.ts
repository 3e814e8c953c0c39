/** What compiled policy says of files, to their owner and to others (security/apparmor/file.c, aa_str_perms). Pure. */
import { letterBit, withAppend, type FileLetter, type Masks } from '../semantics/file-masks.ts';
import { compiledProfiles, type CompiledAutomaton } from './compiled-profiles.ts';

/** Bits of the older form, 7 to an owner (policy_compat.c, map_old_perms), and of the newer (include/perms.h). */
const OLDER_BITS: Readonly<Record<FileLetter, number>> = { x: 1, w: 2, r: 4, a: 8, l: 0x10, k: 0x20, m: 0x40 };
const NEWER_BITS: Readonly<Record<FileLetter, number>> = {
  x: 1,
  w: 2,
  r: 4,
  a: 8,
  k: 0x8000,
  m: 0x10000,
  l: 0x40000,
};

const NOTHING: Masks = { owner: 0, other: 0 };

/** The file rules of one compiled profile. Paths that are asked in their order share the way to where they part. */
export class CompiledFiles {
  readonly #automaton: CompiledAutomaton | undefined;
  readonly #bits: readonly (readonly [mask: number, bit: number])[];
  readonly #known = new Map<number, Masks>();
  #last: Buffer = Buffer.alloc(0);
  /** The state after each byte of the last path. */
  #states: number[];

  /** @returns undefined where the policy cannot be read, or has no such profile. */
  static of(policy: Uint8Array, profile: string): CompiledFiles | undefined {
    const found = compiledProfiles(policy)?.get(profile);
    return found && new CompiledFiles(found.automata.find(({ kind }) => kind === 'files'));
  }

  /** @param automaton undefined: a profile without file rules. */
  private constructor(automaton: CompiledAutomaton | undefined) {
    this.#automaton = automaton;
    const bits = automaton?.bits.link === OLDER_BITS.l ? OLDER_BITS : NEWER_BITS;
    this.#bits = Object.entries(bits).map(([letter, mask]) => [mask, letterBit(letter as FileLetter)] as const);
    this.#states = [automaton?.start ?? 0];
  }

  /** @returns what is allowed of a path; `l`: that some link may have this name. */
  at(path: string): Masks {
    return this.#masksIn(this.#stateAfter(path));
  }

  /** @returns what is allowed of a link by this name to that target. */
  link(path: string, target: string): Masks {
    const automaton = this.#automaton;
    if (automaton === undefined) return NOTHING;
    let state = automaton.next(this.#stateAfter(path), 0);
    for (const byte of Buffer.from(target)) state = automaton.next(state, byte);
    return this.#masksIn(state);
  }

  #stateAfter(path: string): number {
    const automaton = this.#automaton;
    if (automaton === undefined) return 0;
    const bytes = Buffer.from(path);
    let shared = 0;
    while (shared < bytes.length && shared < this.#last.length && bytes[shared] === this.#last[shared]) shared += 1;
    const states = this.#states.slice(0, shared + 1);
    for (let at = shared; at < bytes.length; at += 1) states.push(automaton.next(states[at] ?? 0, bytes[at] ?? 0));
    this.#last = bytes;
    this.#states = states;
    return states[bytes.length] ?? 0;
  }

  #masksIn(state: number): Masks {
    if (state === 0 || this.#automaton === undefined) return NOTHING;
    const known = this.#known.get(state);
    if (known !== undefined) return known;
    const [owner, other = owner] = this.#automaton.permissions(state).map(({ allow }) => this.#maskOf(allow));
    const masks = { owner: owner ?? 0, other: other ?? 0 };
    this.#known.set(state, masks);
    return masks;
  }

  #maskOf(allow: number): number {
    return withAppend(this.#bits.reduce((all, [mask, bit]) => ((allow & mask) === 0 ? all : all | bit), 0));
  }
}
