/** The story of a comparison: read both profiles, compare them, ask the kernel, try the probes under both. */
import type { IncludeFolders } from '#adapters/kernel/parser/include-paths.ts';
import { openConfirm } from '#adapters/kernel/confirm-difference.ts';
import { beginChanges } from '#adapters/kernel/changes/host-changes.ts';
import { loadProfile } from '#adapters/kernel/load-profile.ts';
import { profileText } from '#adapters/kernel/parser/read-profile-file.ts';
import type { Ledger, Waiver } from '#core/model/model.ts';
import type { DiffReport, Example, ProfileDiff } from '#core/report/diff-report.ts';
import { surroundingsOf } from '#core/profile/semantics/policy.ts';
import { ruleChanges } from '#core/profile/compare/rule-changes.ts';
import type { ProfileBlock, ProfileText } from '#core/profile/syntax/ast.ts';
import { applyWaivers, type WaivedDifference } from '#core/profile/compare/waivers.ts';
import type { RunEvents } from '../run/run-options.ts';
import { runSpecs } from '../run/run-specs.ts';
import { runId } from '../session/session.ts';

/** One side: a file, and how it is called in reports. */
export interface Side {
  readonly label: string;
  readonly file: string;
}

interface DiffOptions {
  readonly base: Side;
  readonly head: Side;
  readonly folders: Omit<IncludeFolders, 'folder'>;
  /** Ask the kernel; else only the expressions are read. */
  readonly kernel: boolean;
  /** Try its probes under both profiles. */
  readonly spec?: string;
  readonly waivers: readonly Waiver[];
  /** `YYYY-MM-DD` */
  readonly today: string;
  readonly lab?: string;
  readonly signal: AbortSignal;
}

/** @throws HarnessError when a profile cannot be read or loaded. */
export async function compareProfiles(options: DiffOptions, events: RunEvents): Promise<DiffReport> {
  const base = profileText(options.base.file, options.folders);
  const head = profileText(options.head.file, options.folders);
  const notes: string[] = [];
  if (base.abi !== head.abi)
    notes.push(
      `The abi was ${base.abi ?? 'not given'} and is ${head.abi ?? 'not given'}: which classes are mediated at all may differ.`,
    );
  const names = [...new Set([...base.profiles, ...head.profiles].map(({ name }) => name))];
  const profiles: ProfileDiff[] = [];
  for (const name of names) {
    const before = find(base, name);
    const after = find(head, name);
    if (before === undefined || after === undefined) {
      profiles.push({
        name,
        status: before === undefined ? 'added' : 'removed',
        rules: { added: [], removed: [], changed: [] },
        differences: [],
      });
      continue;
    }
    const { differences, notes: more } = applyWaivers(before, after, options, {
      base: surroundingsOf(base, before),
      head: surroundingsOf(head, after),
    });
    notes.push(...more);
    const examples = options.kernel
      ? await confirmed(options, before, after, differences, notes)
      : differences.map(({ examples: list }) => list.map((access): Example => ({ access })));
    profiles.push({
      name,
      status: 'both',
      rules: ruleChanges(before, after),
      differences: differences.map((one, i) => ({ ...one, examples: examples[i] ?? [] })),
    });
  }
  if (!options.kernel) notes.push('Not confirmed: no kernel with AppArmor was asked.');
  const probes = options.spec === undefined ? undefined : await probeChanges(options, options.spec, events, notes);
  return {
    base: options.base.label,
    head: options.head.label,
    profiles,
    notes,
    ...(probes === undefined ? {} : { probes }),
  };
}

function find({ profiles }: ProfileText, name: string): ProfileBlock | undefined {
  return profiles.find((profile) => profile.name === name);
}

/** Loads both sides under names of their own, and asks for each example. */
async function confirmed(
  options: DiffOptions,
  base: ProfileBlock,
  head: ProfileBlock,
  differences: readonly WaivedDifference[],
  notes: string[],
): Promise<Example[][]> {
  const unasked = differences.map(({ examples }) => examples.map((access): Example => ({ access })));
  if (
    differences.length === 0 ||
    base.kind !== 'profile' ||
    [base, head].some(({ flags }) => flags.some((flag) => /^(?:unconfined|default_allow)$/.test(flag)))
  )
    return unasked;
  const id = runId();
  const changes = await beginChanges(id, { parameters: [] });
  try {
    const load = async ({ file }: Side, { name, flags }: ProfileBlock, side: string): Promise<string> => {
      const mode = flags.includes('complain') ? 'complain' : flags.includes('kill') ? 'kill' : 'enforce';
      return (await loadProfile({ from: 'file', file, name, mode }, { suffix: `${id}.${side}`, changes })).loadedAs;
    };
    const line = openConfirm(await load(options.base, base, 'base'), await load(options.head, head, 'head'));
    if (line === undefined) {
      notes.push('Not confirmed: this kernel answers no questions about policy.');
      return unasked;
    }
    try {
      return differences.map(({ change, examples }) =>
        examples.map((access): Example => {
          const said = line.confirm(access);
          if (said === undefined || change === 'transition' || change === 'logging') return { access };
          return {
            access,
            kernel:
              said.base === (change === 'denied') && said.head === (change === 'allowed') ? 'agrees' : 'disagrees',
          };
        }),
      );
    } finally {
      line.close();
    }
  } finally {
    await changes.undo();
  }
}

/** Probes of the spec that end differently under the two profiles. */
async function probeChanges(
  { base, head, lab, signal }: DiffOptions,
  spec: string,
  events: RunEvents,
  notes: string[],
): Promise<NonNullable<DiffReport['probes']>> {
  const ledgers: Ledger[] = [];
  for (const side of [base, head]) {
    events.progress(`trying the probes of ${spec} under ${side.label}`);
    ledgers.push(
      await runSpecs(
        {
          specs: [spec],
          profile: side.file,
          bail: false,
          inPlace: false,
          keepAuditSwitch: false,
          signal,
          ...(lab === undefined ? {} : { lab }),
        },
        events,
      ),
    );
  }
  const [before, after] = ledgers.map(
    (ledger) =>
      new Map(ledger.suites.flatMap(({ entries }) => entries).map((entry) => [entry.probe.name, entry.verdict])),
  );
  for (const { faults, suites } of ledgers)
    for (const fault of [...faults, ...suites.flatMap((suite) => suite.faults)])
      notes.push(`${spec}: ${fault.message}`);
  const changed = [...(after ?? [])].flatMap(([name, is]) => {
    const was = before?.get(name);
    return was === undefined || (was.kind === is.kind && was.code === is.code) ? [] : [{ name, base: was, head: is }];
  });
  return { spec, tried: after?.size ?? 0, changed };
}
