/** Tries the probes of a spec under two profiles, and finds the verdicts that differ. */
import type { Ledger, Verdict } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import type { DiffReport } from '#core/report/diff-report.ts';
import type { RunEvents } from '../run/run-options.ts';
import { runSpecs } from '../run/run-specs.ts';
import { THIS_HOST } from '../session/host.ts';
import type { DiffOptions, Side } from './diff-options.ts';

type VerdictOptions = Pick<DiffOptions, 'base' | 'head' | 'lab' | 'signal'> & { readonly spec: string };

type ComparedVerdicts = NonNullable<DiffReport['probes']>;

/** @returns what changed, and what went wrong in either run. */
export async function compareVerdicts(
  options: VerdictOptions,
  events: RunEvents,
  host = THIS_HOST,
): Promise<ComparedVerdicts> {
  const { spec, base, head, lab, signal } = options;
  const runUnder = ({ label, file, includes }: Side): Promise<Ledger> => {
    events.progress(`trying the probes of ${spec} under ${label}`);
    const runOptions = defined({
      specs: [spec],
      profile: file,
      includes,
      onlyTheseIncludes: true,
      bail: false,
      inPlace: false,
      keepAuditSwitch: false,
      signal,
      lab,
    });
    return runSpecs(runOptions, events, host);
  };
  const baseLedger = await runUnder(base);
  const headLedger = await runUnder(head);

  const before = verdictsOf(baseLedger);
  const after = verdictsOf(headLedger);
  const changed = [...after].flatMap(([name, verdict]) => {
    const earlier = before.get(name);
    return earlier === undefined || isSame(earlier, verdict) ? [] : [{ name, base: earlier, head: verdict }];
  });
  const lost = [...before.keys()].filter((name) => !after.has(name));
  const untried = lost.map((name) => `the probe ${JSON.stringify(name)} was tried under ${base.label} only`);
  return { spec, tried: after.size, changed, faults: [...[baseLedger, headLedger].flatMap(faultMessages), ...untried] };
}

/** The verdict of each probe, by its name. */
function verdictsOf({ suites }: Ledger): Map<string, Verdict> {
  const entries = suites.flatMap((suite) => suite.entries);
  return new Map(entries.map(({ probe, verdict }) => [probe.name, verdict]));
}

function isSame(a: Verdict, b: Verdict): boolean {
  return a.kind === b.kind && a.code === b.code;
}

function faultMessages({ faults, suites }: Ledger): string[] {
  return [...faults, ...suites.flatMap((suite) => suite.faults)].map(({ message }) => message);
}
