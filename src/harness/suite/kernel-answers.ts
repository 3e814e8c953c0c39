/** Who says what the loaded policy allows: the kernel for the owner, and the compiled policy for others. */
import type { PolicyQuery } from '#adapters/kernel/securityfs/access-query.ts';
import { BITS } from '#adapters/kernel/securityfs/access-query.ts';
import type { UntriedMember } from '#core/model/model.ts';
import { CompiledFiles } from '#core/profile/binary/compiled-files.ts';
import { FILE_LETTERS, letterBit, withAppend, type Masks } from '#core/profile/semantics/file-masks.ts';
import { relevantMask, type FileAnswers } from '#core/verdict/compare-files.ts';

type CompiledAnswers = { readonly at: (path: string) => Masks; readonly link: (path: string, target: string) => Masks };

/** What no profile forbids. */
const EVERYTHING = FILE_LETTERS.reduce((mask, letter) => mask | letterBit(letter), 0);

/**
 * @param policy compiled. @param profiles of a stack: each has to allow what is allowed.
 * @returns undefined where the policy cannot be read, or lacks one of them
 */
export function compiledAnswers(policy: Uint8Array, profiles: readonly string[]): CompiledAnswers | undefined {
  const found = profiles.map((profile) => CompiledFiles.of(policy, profile));
  const files = found.filter((one) => one !== undefined);
  if (files.length === 0 || files.length < found.length) return undefined;
  const allOf = (masks: (of: CompiledFiles) => Masks): Masks =>
    files.map(masks).reduce((one, two) => ({ owner: one.owner & two.owner, other: one.other & two.other }), {
      owner: EVERYTHING,
      other: EVERYTHING,
    });
  return { at: (path) => allOf((of) => of.at(path)), link: (path, target) => allOf((of) => of.link(path, target)) };
}

/**
 * The kernel answers root for the owner of a file (apparmorfs.c, profile_query_cb: the owner in question is user 0).
 * What others may do stands in the compiled policy, which is believed as long as both say the same of the owner.
 */
export class KernelAnswers implements FileAnswers {
  readonly #label: string;
  readonly #line: PolicyQuery | undefined;
  readonly #compiled: CompiledAnswers | undefined;
  readonly #known = new Map<string, ReturnType<FileAnswers['at']>>();
  /** Paths of which both say something else. */
  readonly disagreements: string[] = [];
  #hasAnswered = false;

  /** @param label as loaded. */
  constructor(label: string, line: PolicyQuery | undefined, compiled: CompiledAnswers | undefined) {
    this.#label = label;
    this.#line = line;
    this.#compiled = compiled;
  }

  get hasOthers(): boolean {
    return this.#compiled !== undefined;
  }

  /** What nobody could say. */
  get untried(): readonly UntriedMember[] {
    if (!this.#hasAnswered) return [{ member: '*', why: 'the kernel does not answer questions about its policy' }];
    if (this.hasOthers) return [];
    return [{ member: 'other', why: 'the compiled policy cannot be read: what others than the owner may do' }];
  }

  close(): void {
    this.#line?.close();
  }

  at(path: string): ReturnType<FileAnswers['at']> {
    return this.#ask(path, path, () => this.#compiled?.at(path));
  }

  link(path: string, target: string): ReturnType<FileAnswers['at']> {
    return this.#ask(`${path}\0${target}`, path, () => this.#compiled?.link(path, target));
  }

  #ask(question: string, path: string, compiled: () => Masks | undefined): ReturnType<FileAnswers['at']> {
    const known = this.#known.get(question);
    if (known !== undefined) return known;
    const bits = this.#line?.file(this.#label, question);
    const masks = compiled();
    const answer = bits === undefined ? { owner: masks?.owner ?? 0 } : { owner: maskOf(bits) };
    if (bits !== undefined) this.#hasAnswered = true;
    const isPair = question.length > path.length;
    const asked = isPair ? letterBit('l') : relevantMask(path);
    const differs = masks !== undefined && bits !== undefined && ((masks.owner ^ answer.owner) & asked) !== 0;
    if (differs) this.disagreements.push(path);
    const full = masks === undefined ? answer : { ...answer, other: masks.other };
    this.#known.set(question, full);
    return full;
  }
}

function maskOf(bits: number): number {
  const mask = FILE_LETTERS.reduce((all, letter) => ((bits & BITS[letter]) === 0 ? all : all | letterBit(letter)), 0);
  return withAppend(mask);
}
