/** Tries every member of the closed classes of a suite, class by class: each has a trial of its own. */
import { newProbeId } from '#adapters/host/probe-ids.ts';
import type { ClosedClass, ClosedResult, Entry, Probe } from '#core/model/model.ts';
import { secondAttempt } from '#core/verdict/closed-class.ts';
import type { PreparedSuite } from './prepare-suite.ts';
import { missingFamilies } from './missing-families.ts';
import type { Trial } from './trial.ts';

/** Settles one attempt: it has a verdict, whatever happens. */
type Attempt = (trial: Trial, probe: Probe) => Promise<Entry>;

interface TriedClass {
  readonly result: ClosedResult;
  /** The trials that were needed for it alone. */
  readonly trials: readonly Trial[];
}

/** @returns the classes in the order of the plan, each as soon as its last attempt has a verdict. */
export async function* tryClosedClasses(
  suite: Pick<PreparedSuite, 'closed' | 'trialOfClosed' | 'control' | 'startControlPeers'>,
  attempt: Attempt,
): AsyncGenerator<TriedClass> {
  for (const closed of suite.closed) {
    const started = Date.now();
    const first = suite.trialOfClosed(closed.attempts, await missingFamilies(closed.attempts, suite.control));
    const entries: Entry[] = [];
    for (const probe of closed.attempts) entries.push(await attempt(first, probe));
    const hasControl = suite.control !== undefined;
    const repeated = new Map(
      entries.flatMap((entry) => {
        const probe = secondAttempt(entry, { id: newProbeId(), hasControl });
        return probe === undefined ? [] : [[entry, probe] as const];
      }),
    );
    if (repeated.size > 0) await suite.startControlPeers([...repeated.values()]);
    const again = suite.trialOfClosed([...repeated.values()]);
    const settled: Entry[] = [];
    for (const entry of entries) {
      const probe = repeated.get(entry);
      settled.push(probe === undefined ? entry : await attempt(again, probe));
    }
    yield { result: resultOf(closed, settled, Date.now() - started), trials: [first, again] };
  }
}

function resultOf(
  { class: name, allow, untried }: ClosedClass,
  entries: readonly Entry[],
  durationMs: number,
): ClosedResult {
  return { class: name, allow, entries, untried, durationMs };
}
