/** Compiles mutants in the background, a few ahead of their turn, while the probes are tried. */
import { HarnessError } from '#core/model/errors.ts';
import type { Mutant } from '#core/mutation/mutant.ts';

/** The policy of a mutant, or why there is none. */
export type CompiledMutant = { readonly policy: Buffer } | { readonly problem: string };

/** How many mutants are compiled ahead, the one whose turn it is among them. */
const AHEAD = 8;

/** Compiles one mutant at a time: the other processor has the container and the kernel. */
export class CompileAhead {
  readonly #mutants: readonly Mutant[];
  readonly #compile: (mutant: Mutant) => Promise<Buffer>;
  readonly #pending = new Map<Mutant, Promise<CompiledMutant>>();
  #last: Promise<unknown> = Promise.resolve();

  /** @param mutants in the order in which they are taken */
  constructor(mutants: readonly Mutant[], compile: (mutant: Mutant) => Promise<Buffer>) {
    this.#mutants = mutants;
    this.#compile = compile;
  }

  /** Takes the mutant whose turn it is, and begins the next ones. @throws HarnessError when compiling itself fails */
  async take(mutant: Mutant): Promise<CompiledMutant> {
    const index = this.#mutants.indexOf(mutant);
    for (const upcoming of this.#mutants.slice(index, index + AHEAD)) this.#begin(upcoming);

    const compiled = this.#pending.get(mutant);
    this.#pending.delete(mutant);
    if (compiled === undefined) throw new HarnessError('internal', 'The mutant was not compiled.');
    return compiled;
  }

  #begin(mutant: Mutant): void {
    if (this.#pending.has(mutant)) return;
    const compiled = this.#last.then(() => compileOne(this.#compile(mutant)));
    this.#last = compiled.catch(() => undefined); // whoever takes the mutant gets the error
    this.#pending.set(mutant, compiled);
  }
}

/** A text that the parser rejects is a result; every other error is thrown. */
async function compileOne(policy: Promise<Buffer>): Promise<CompiledMutant> {
  try {
    return { policy: await policy };
  } catch (thrown) {
    const isRejected =
      thrown instanceof HarnessError && (thrown.code === 'profile-invalid' || thrown.code === 'profile-not-isolated');
    if (!isRejected) throw thrown;
    return { problem: thrown.details[0] ?? thrown.message };
  }
}
