/** Tries every member of the closed classes of a suite, class by class: each has a trial of its own. */
import { newProbeId } from '#adapters/host/probe-ids.ts';
import type { ClosedClass, ClosedResult, Entry, Probe } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import { memberState, secondAttempt } from '#core/verdict/closed-class.ts';
import { undeclaredEntry } from '#core/verdict/undeclared-entry.ts';
import type { ClosedFiles, FileFindings } from './closed-files.ts';
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
  suite: Pick<PreparedSuite, 'closed' | 'files' | 'trialOfClosed' | 'control' | 'startControlPeers' | 'undeclared'>,
  attempt: Attempt,
): AsyncGenerator<TriedClass> {
  for (const planned of suite.closed) {
    const started = Date.now();
    const { closed, found } = withFiles(planned, suite.files);
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
    const undeclared = settled.some(isFailed) ? [] : suite.undeclared(closed);
    const beyond = undeclared.map((one) => undeclaredEntry(closed, one, newProbeId()));
    yield { result: resultOf(closed, [...beyond, ...settled], { found, started }), trials: [first, again] };
  }
}

/** What an attempt has shown already, the rules need not say again. */
function isFailed(entry: Entry): boolean {
  return memberState(entry) === 'failed';
}

/** Of files the kernel is asked about all; what is tried is chosen by its answers. */
function withFiles(
  closed: ClosedClass,
  files: ClosedFiles | undefined,
): { readonly closed: ClosedClass; readonly found?: FileFindings } {
  if (closed.class !== 'file' || files === undefined) return { closed };
  const found = files.ask();
  return { closed: { ...closed, attempts: found.attempts }, found };
}

function resultOf(
  { class: name, allow, except, open, untried, asked }: ClosedClass,
  entries: readonly Entry[],
  { found, started }: { readonly found: FileFindings | undefined; readonly started: number },
): ClosedResult {
  return defined({
    class: name,
    allow,
    except,
    open,
    entries: [...(found?.differences ?? []), ...entries],
    untried: [...untried, ...(found?.untried ?? [])],
    asked,
    files: found?.files,
    durationMs: Date.now() - started,
  });
}
