/** A bench in memory: what each probe shows, attempt by attempt, is written down by the test. */
import type { Entry, Probe, Verdict } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import type { Failure, MutantBench } from '#harness/mutate/judge-mutant.ts';
import { observation } from '../fakes/probes.ts';

type Kind = Verdict['kind'];

/** The verdicts of a probe under the mutant and under the original, one for each attempt; after the last, it passes. */
interface Script {
  readonly mutant?: readonly Kind[];
  readonly original?: readonly Kind[];
  /** What each attempt showed. */
  readonly errno?: string;
}

export class FakeBench implements MutantBench {
  readonly original = Buffer.from('original');
  /** What was done, in order: `load mutant`, `removal: fail`, `renew`, … */
  readonly events: string[] = [];
  /** Whether `undo` removes all that operations left. */
  canUndo = true;
  /** Whether all probes are tried before the first is looked at, as operations are that share a round. */
  isBatched = false;
  /** Thrown by the next attempt. */
  error: Error | undefined;
  loaded: Buffer = this.original;
  /** What a closed class of files says of every mutant. */
  answered: Entry | undefined;
  readonly #scripts: Readonly<Record<string, Script>>;
  readonly #attempts = new Map<string, number>();

  /** @param scripts by the id of the probe */
  constructor(scripts: Readonly<Record<string, Script>> = {}) {
    this.#scripts = scripts;
  }

  load(policy: Buffer): void {
    this.loaded = policy;
    this.events.push(policy.equals(this.original) ? 'load original' : 'load mutant');
  }

  answerUnder(): Entry | undefined {
    return this.answered;
  }

  firstFailure(probes: readonly Probe[]): Promise<Failure | undefined> {
    if (this.error !== undefined) return Promise.reject(this.error);
    const tried: Entry[] = [];
    for (const probe of probes) {
      const entry = this.#attempt(probe);
      tried.push(entry);
      if (entry.verdict.kind !== 'pass' && !this.isBatched) break;
    }
    const failed = tried.find(({ verdict }) => verdict.kind !== 'pass');
    return Promise.resolve(failed === undefined ? undefined : { failed, tried });
  }

  undo(): Promise<boolean> {
    return Promise.resolve(this.canUndo);
  }

  renew(): Promise<void> {
    this.events.push('renew');
    return Promise.resolve();
  }

  #attempt(probe: Probe): Entry {
    const { errno, ...verdicts } = this.#scripts[probe.id] ?? {};
    const side = this.loaded.equals(this.original) ? 'original' : 'mutant';
    const attempts = this.#attempts.get(`${probe.id} ${side}`) ?? 0;
    this.#attempts.set(`${probe.id} ${side}`, attempts + 1);

    const kind = verdicts[side]?.[attempts] ?? 'pass';
    this.events.push(`${probe.id}: ${kind}`);
    const verdict: Verdict = { kind, code: 'denied', reason: `The verdict is ${kind}.`, notes: [] };
    return { probe, verdict, observation: observation(defined({ errno })), witnesses: [] };
  }
}
