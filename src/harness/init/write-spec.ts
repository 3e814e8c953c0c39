/** The story of `init`: what a profile's rules say to what is in the image, tried on the kernel; what holds becomes a spec. */
import { HarnessError } from '#core/model/errors.ts';
import { chooseProbes, type Chosen, type ConfirmedProbe } from '#core/generate/choose-probes.ts';
import {
  candidateProbe,
  composeSpec,
  extraProbe,
  groupsOf,
  specHead,
  type SpecHead,
} from '#core/generate/compose-spec.ts';
import { extraProbesOf, peersOf, type ExtraProbe } from '#core/generate/peer-and-flag-probes.ts';
import { examplesIn } from '#core/generate/rule-examples.ts';
import type { Predicted } from '#core/generate/predict.ts';
import { goalsOf, type Goal } from '#core/generate/shortlist.ts';
import { neededFor, placeholdersAmong, PLACEHOLDER_ROOTS } from '#core/generate/placeholder-paths.ts';
import { untestableChanges } from '#core/generate/untestable-changes.ts';
import { changesOf, type Change } from '#core/generate/variants.ts';
import { makePlaceholderFiles } from './placeholder-files.ts';
import { foldersOf, includeFinder } from '#adapters/kernel/parser/include-paths.ts';
import { profileText } from '#adapters/kernel/parser/read-profile-file.ts';
import type { Plan, Probe } from '#core/model/model.ts';
import { lookUp } from '#adapters/container/rootfs/lookup.ts';
import { candidatePool } from '../suite/candidate-pool.ts';
import { abortable } from '../session/abortable.ts';
import { PreparedSuite } from '../suite/prepare-suite.ts';
import type { Trial } from '../suite/trial.ts';
import { surroundingsOf } from '#core/profile/semantics/policy.ts';
import type { FindInclude, ProfileBlock, ProfileText, Rule } from '#core/profile/syntax/ast.ts';
import { withHostSession, runId, type Session, type SessionEvents, type SessionOptions } from '../session/session.ts';
import { resolvePlan } from '#core/spec/resolve.ts';
import { validateSpec } from '#core/spec/validate.ts';

interface InitOptions extends SessionOptions {
  /** Absolute path of the profile. */
  readonly profile: string;
  readonly image: string;
  /** Absolute folder with a Dockerfile. */
  readonly build?: string;
  /** Absolute path of the spec that is to be: paths in it are relative to its folder. */
  readonly output: string;
  readonly relative: (path: string) => string;
  /** Absolute folder for files that the spec needs: made when it needs some. */
  readonly files: string;
  /** `uid:gid` that they shall belong to. */
  readonly owner?: string;
}

/** What came of it. */
export interface WrittenSpec {
  readonly yaml: string;
  readonly tried: number;
  readonly held: number;
  readonly rules: number;
  /** Rules of the file that no probe shows. */
  readonly without: readonly Rule[];
  readonly open: readonly Goal[];
  readonly probes: number;
  /** Files that were made for the spec, as paths of the container. */
  readonly standIns: readonly string[];
}

const READ = '  - try: readdir /\n    expect: allowed';

export async function writeSpec(options: InitOptions, events: SessionEvents): Promise<WrittenSpec> {
  const run = runId();
  const text = profileText(options.profile);
  const block = blockOf(text, options.profile);
  const changes = changesOf(text, block, remembering(includeFinder(foldersOf(options.profile, {}))));
  const names = examplesIn(block, changes, surroundingsOf(text, block));
  const standIns = placeholdersAmong(names);
  const head = headOf(block, text, standIns, options);
  const plan = planOf(head, [READ, ...extraProbesOf(block).map((extra) => extraProbe(extra).join('\n'))], options, run); // peers are started for the probes that name them
  const result: { done?: WrittenSpec } = {};
  const takeAway = makePlaceholderFiles(options.files, standIns, options.owner);
  try {
    await withHostSession({ run, options, events }, async (session) => {
      result.done = await onStage(plan, { text, block, changes, names, standIns, head, options }, session);
    });
  } finally {
    takeAway();
  }
  if (result.done === undefined) throw new HarnessError('internal', 'No spec was written.');
  makePlaceholderFiles(options.files, result.done.standIns, options.owner); // not those that only candidates needed
  return result.done;
}

interface Subject {
  readonly text: ProfileText;
  readonly block: ProfileBlock;
  /** By the id of the rule. */
  readonly changes: ReadonlyMap<string, readonly Change[]>;
  /** Names that would show rules and changes of them. */
  readonly names: readonly string[];
  readonly standIns: readonly string[];
  readonly head: SpecHead;
  readonly options: InitOptions;
}

function blockOf({ profiles }: ProfileText, file: string): ProfileBlock {
  const [block, another] = profiles.filter(({ kind }) => kind === 'profile');
  if (block === undefined || another !== undefined)
    throw new HarnessError(
      'profile-ambiguous',
      `${file} defines ${block === undefined ? 'no profile' : 'several profiles'}: init writes a spec for one.`,
    );
  const odd = block.flags.find((flag) => /^(?:complain|kill|unconfined|prompt|default_allow)$/.test(flag));
  if (odd !== undefined)
    throw new HarnessError('usage', `The profile ${block.name} has the flag ${odd}: what it denies cannot be tried.`);
  return block;
}

/** A capability for low ports is only asked for where Docker does not open them to all. */
function headOf(
  block: ProfileBlock,
  text: ProfileText,
  standIns: readonly string[],
  { image, build, relative, files }: InitOptions,
): SpecHead {
  const lowPorts = block.rules.some((rule) => rule.kind === 'capability' && rule.names.includes('net_bind_service'));
  return {
    title: block.name,
    profile: relative(text.file),
    image,
    ...(build === undefined ? {} : { build: relative(build) }),
    peers: peersOf(block),
    ...(standIns.length === 0
      ? {}
      : { standIn: { source: relative(`${files}${PLACEHOLDER_ROOTS}`), target: PLACEHOLDER_ROOTS } }),
    sysctls: lowPorts ? { 'net.ipv4.ip_unprivileged_port_start': '1024' } : {},
  };
}

function planOf(head: SpecHead, probes: readonly string[], { output }: InitOptions, run: string): Plan {
  const { spec, locate, problems } = validateSpec(output, `${specHead(head)}\n${probes.join('\n')}\n`);
  if (spec === undefined)
    throw new HarnessError(
      'internal',
      `The generated spec is invalid: ${problems.map(({ message }) => message).join('; ')}`,
    );
  return resolvePlan(output, spec, locate, { nonce: run.slice(0, 5), firstNumber: 1 });
}

async function onStage(plan: Plan, subject: Subject, session: Session): Promise<WrittenSpec> {
  const { block, head, options } = subject;
  const suite = await PreparedSuite.prepare(plan, session, { number: 0 });
  try {
    const goals = goalsIn(subject, suite.confined.pid, session);
    const shortlist = [...new Set(goals.flatMap((goal) => goal.options))];
    session.events.progress(
      `${head.title}: ${shortlist.length} candidates for ${new Set(goals.map(({ rule }) => rule)).size} rules are tried`,
    );
    const extras = extraProbesOf(block);
    const { probes } = planOf(
      head,
      [...shortlist.map(candidateProbe), ...extras.map((extra) => extraProbe(extra).join('\n'))],
      options,
      session.run,
    );
    const trial = suite.trialOf(probes);
    const held = await holding(trial, probes.slice(0, shortlist.length), shortlist, options.signal);
    const heldExtras: ExtraProbe[] = [];
    for (const [i, probe] of probes.slice(shortlist.length).entries()) {
      const extra = extras[i];
      if (extra !== undefined && (await abortable(options.signal, trial.settle(probe))).verdict.kind === 'pass')
        heldExtras.push(extra);
    }
    const untestable = own(block).flatMap((rule) =>
      untestableChanges(rule, subject.changes.get(rule.id) ?? [], (path, follow) =>
        lookUp(suite.confined.pid, path, follow),
      ),
    );
    return told(
      { ...subject, head: { ...head, untestable } },
      chooseProbes(goals, (one) => held.get(one)),
      heldExtras,
      { tried: probes.length, held: held.size + heldExtras.length },
    );
  } finally {
    await suite.close();
  }
}

function goalsIn({ text, block, changes, names }: Subject, pid: number, { events }: Session): Goal[] {
  const pool = candidatePool(
    pid,
    text,
    block,
    (line) => {
      events.progress(line);
    },
    names,
  );
  return own(block).flatMap((rule) => goalsOf(rule, pool, changes.get(rule.id) ?? []));
}

/** Rules of abstractions are proved by whoever owns those. */
function own({ rules }: ProfileBlock): Rule[] {
  return rules.filter(({ via }) => via.length === 0);
}

function remembering(find: FindInclude): FindInclude {
  const known = new Map<string, ReturnType<FindInclude>>();
  return (request) => {
    const key = JSON.stringify(request);
    if (!known.has(key)) known.set(key, find(request));
    return known.get(key);
  };
}

/** Those whose prediction came true. */
async function holding(
  trial: Trial,
  probes: readonly Probe[],
  shortlist: readonly Predicted[],
  signal: AbortSignal,
): Promise<Map<Predicted, ConfirmedProbe>> {
  const held = new Map<Predicted, ConfirmedProbe>();
  for (const [i, probe] of probes.entries()) {
    const { verdict } = await abortable(signal, trial.settle(probe));
    const one = shortlist[i];
    if (one !== undefined && verdict.kind === 'pass') held.set(one, verdict.notes.length === 0 ? 'clean' : 'noted');
  }
  return held;
}

function told(
  { head: { standIn, ...head }, block, standIns }: Subject,
  { choices, open }: Chosen,
  extras: readonly ExtraProbe[],
  { tried, held }: { tried: number; held: number },
): WrittenSpec {
  const rules = own(block);
  const without = rules.filter((rule) => ![...choices, ...extras].some((one) => one.rule === rule));
  const needed = neededFor(
    standIns,
    choices.flatMap(({ predicted }) => predicted.candidate.words),
  );
  const yaml = composeSpec(
    { ...head, ...(needed.length === 0 || standIn === undefined ? {} : { standIn }) },
    groupsOf(rules),
    choices,
    extras,
    ({ span }) => `${head.profile.replace(/^.*\//, '')}:${span.line}`,
  );
  return {
    yaml,
    tried,
    held,
    rules: rules.length,
    without,
    open,
    probes: choices.length + extras.length,
    standIns: needed,
  };
}
