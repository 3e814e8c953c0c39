/** Tries the probes of a spec under two profiles, and finds the verdicts that differ. */
import type { ClosedResult, Entry, Ledger, Verdict } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import type { DiffReport } from '#core/report/diff-report.ts';
import { loadPlans } from '#adapters/host/load-specs.ts';
import { closedText, closedTitle } from '#core/report/closed-rows.ts';
import { closedOf, entriesOf, faultsOf, isProfileFault } from '#core/report/summary.ts';
import { notableEntries, tallyOf } from '#core/verdict/closed-class.ts';
import type { RunEvents } from '../run/run-options.ts';
import { runSpecs } from '../run/run-specs.ts';
import { THIS_HOST } from '../session/host.ts';
import type { DiffOptions, Side } from './diff-options.ts';

type VerdictOptions = Pick<DiffOptions, 'base' | 'head' | 'lab' | 'signal'> & {
  readonly spec: string;
  /** From the new to the old names of profiles: a spec that names one means the old one in the base. */
  readonly formerNames: ReadonlyMap<string, string>;
};

type ComparedVerdicts = NonNullable<DiffReport['probes']>;

/** @returns what changed, and what went wrong in either run. */
export async function compareVerdicts(
  options: VerdictOptions,
  events: RunEvents,
  host = THIS_HOST,
): Promise<ComparedVerdicts> {
  const { spec, base, head, lab, signal, formerNames } = options;
  const runUnder = ({ label, file, includes }: Side, profileName?: string): Promise<Ledger> => {
    events.progress(`trying the probes of ${spec} under ${label}`);
    const runOptions = defined({
      specs: [spec],
      profile: file,
      profileName,
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
  const baseLedger = await runUnder(base, formerNameIn(spec, formerNames));
  const headLedger = await runUnder(head);

  const before = verdictsOf(baseLedger);
  const after = verdictsOf(headLedger);
  const changed = [...changedBetween(before, after), ...changedBetween(membersOf(baseLedger), membersOf(headLedger))];
  const refused = faultsOf(headLedger).filter(isProfileFault);
  const others = [...faultsOf(baseLedger), ...faultsOf(headLedger).filter((fault) => !refused.includes(fault))];
  const faults = others.map(({ message }) => message);
  if (refused.length === 0 && faults.length === 0) faults.push(...untried(before, after, base));
  return { spec, tried: after.size, changed, refused: refused.map(({ message }) => message), faults };
}

/** What the profile that a spec names, or a stack of them, was called before; undefined where it is not renamed. */
function formerNameIn(spec: string, formerNames: ReadonlyMap<string, string>): string | undefined {
  const parts = loadPlans([spec])[0]?.profile.name?.split('//&') ?? [];
  const isRenamed = parts.some((name) => formerNames.has(name));
  return isRenamed ? parts.map((name) => formerNames.get(name) ?? name).join('//&') : undefined;
}

/** Without a fault, the same probes are tried under both. */
function untried(before: ReadonlyMap<string, Verdict>, after: ReadonlyMap<string, Verdict>, { label }: Side): string[] {
  const lost = [...before.keys()].filter((name) => !after.has(name));
  return lost.map((name) => `The probe ${JSON.stringify(name)} was tried under ${label} only.`);
}

function changedBetween(
  before: ReadonlyMap<string, Verdict>,
  after: ReadonlyMap<string, Verdict>,
): ComparedVerdicts['changed'] {
  return [...after].flatMap(([name, verdict]) => {
    const earlier = before.get(name);
    return earlier === undefined || isSame(earlier, verdict) ? [] : [{ name, base: earlier, head: verdict }];
  });
}

/** The verdict of each probe and of each closed class, by its name. */
function verdictsOf(ledger: Ledger): Map<string, Verdict> {
  const classes = closedOf(ledger).map((result) => [closedTitle(result), verdictOfClass(result)] as const);
  return new Map([...entriesOf(ledger).map(byName), ...classes]);
}

/** Those of the members of closed classes. Which there are depends on what is loaded. */
function membersOf(ledger: Ledger): Map<string, Verdict> {
  return new Map(closedOf(ledger).flatMap(({ entries }) => entries.map(byName)));
}

function byName({ probe: { name }, verdict }: Entry): readonly [string, Verdict] {
  return [name, verdict];
}

/** A class has a verdict by what its members show, and the code of the first that is not as it must be. */
function verdictOfClass(result: ClosedResult): Verdict {
  const code = notableEntries(result)[0]?.verdict.code ?? 'denied';
  return { kind: tallyOf(result).kind, code, reason: closedText(result), notes: [] };
}

function isSame(a: Verdict, b: Verdict): boolean {
  return a.kind === b.kind && a.code === b.code;
}
