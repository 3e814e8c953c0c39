/**
 * The story of `init`: what a profile's rules mean for the files of an image is predicted, tried on the kernel, and
 * what is confirmed becomes a spec.
 */
import { HarnessError } from '#core/model/errors.ts';
import { foundClasses, type FoundClasses } from '#core/generate/closed-classes.ts';
import { declaredByRules } from '#core/generate/declared-files.ts';
import { chooseProbes, type Chosen, type ConfirmedProbe } from '#core/generate/choose-probes.ts';
import {
  candidateProbe,
  composeSpec,
  extraProbe,
  groupsOf,
  specHead,
  type PlaceholderMount,
  type SpecHead,
} from '#core/generate/compose-spec.ts';
import { extraProbesOf, peersOf, type ExtraProbe } from '#core/generate/peer-and-flag-probes.ts';
import { examplesIn } from '#core/generate/rule-examples.ts';
import type { Predicted } from '#core/generate/predict.ts';
import { goalsOf, type Goal } from '#core/generate/shortlist.ts';
import { neededFor, placeholderRoots, placeholdersAmong } from '#core/generate/placeholder-paths.ts';
import { untestableChanges, type Untestable } from '#core/generate/untestable-changes.ts';
import { changesOf, type Change } from '#core/generate/variants.ts';
import { newProbeId } from '#adapters/host/probe-ids.ts';
import { foldersOf, includeFinder } from '#adapters/kernel/parser/include-paths.ts';
import { profileText } from '#adapters/kernel/parser/read-profile-file.ts';
import type { ClosedResult, Entry, IncludeFolders, Plan, Probe } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import type { FileLookup } from '#core/model/file-lookup.ts';
import { lookUp } from '#adapters/container/rootfs/lookup.ts';
import { surroundingsOf } from '#core/profile/semantics/policy.ts';
import type { FindInclude, ProfileBlock, ProfileText, Rule } from '#core/profile/syntax/ast.ts';
import { CLOSED_CLASS_NAMES } from '#core/spec/closed/classes.ts';
import { resolvePlan } from '#core/spec/resolve.ts';
import { validateSpec } from '#core/spec/validate.ts';
import { judgedForClass } from '#core/verdict/closed-class.ts';
import { candidatePool } from '../suite/candidate-pool.ts';
import { withHostSession, runId, type Session, type SessionEvents, type SessionOptions } from '../session/session.ts';
import { abortable } from '../session/abortable.ts';
import { PreparedSuite } from '../suite/prepare-suite.ts';
import type { Trial } from '../suite/trial.ts';
import { tryClosedClasses } from '../suite/try-closed-classes.ts';
import { makePlaceholderFiles } from './placeholder-files.ts';

interface InitOptions extends SessionOptions {
  /** Absolute path of the profile. */
  readonly profile: string;
  /** Which profile of the file; undefined when it has only one. */
  readonly name?: string;
  readonly includes?: IncludeFolders;
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

/** The spec that was written, and figures about it. */
export interface WrittenSpec {
  readonly yaml: string;
  /** How many probes were tried, and how many of them passed. */
  readonly tried: number;
  readonly confirmed: number;
  /** How many rules the profile's own file has. */
  readonly rules: number;
  readonly rulesWithoutProbe: readonly Rule[];
  /** The other profiles, children and hats of the file: their rules are not tried. */
  readonly otherBlocks: readonly ProfileBlock[];
  /** How many probes the spec has. */
  readonly probes: number;
  /** Files that were made for the spec, as paths of the container. */
  readonly placeholders: readonly string[];
}

/** What a spec is written for. */
interface Subject {
  readonly options: InitOptions;
  readonly text: ProfileText;
  readonly block: ProfileBlock;
  /** By the id of the rule. */
  readonly changes: ReadonlyMap<string, readonly Change[]>;
  /** Names that would show rules and changes of them. */
  readonly names: readonly string[];
  /** Folders that are mounted with placeholder files in them. */
  readonly roots: readonly string[];
  /** The files in them, for names that no container has, or not this image. */
  readonly placeholders: readonly string[];
  /** Probes of peers and flags. */
  readonly extras: readonly ExtraProbe[];
  readonly head: SpecHead;
}

/** What the kernel confirmed. */
interface Confirmed {
  readonly tried: number;
  readonly candidates: ReadonlyMap<Predicted, ConfirmedProbe>;
  readonly extras: readonly ExtraProbe[];
}

/** All are tried, to see what the profile allows of each; of files, whether what its rules say holds. */
function everyClass(block: ProfileBlock): FoundClasses {
  const files = declaredByRules(block);
  const closed = CLOSED_CLASS_NAMES.map((name) => ({ name, ...(name === 'file' ? files : undefined) }));
  return { closed: closed.map((one) => ({ allow: [], ...one })), open: [] };
}

/** A spec needs a probe: this one makes sense for every image. */
const READ_ROOT = '  - try: readdir /\n    expect: allowed';

/**
 * Writes a spec for a profile and an image; the placeholder files that it mounts are made beside it.
 * @throws HarnessError
 */
export async function writeSpec(options: InitOptions, events: SessionEvents): Promise<WrittenSpec> {
  const run = runId();
  const subject = readSubject(options);
  const files = new PlaceholderFiles(options);
  files.make(subject.placeholders);
  let written: WrittenSpec;
  try {
    written = await withHostSession({ run, options, events }, (session) => writeInSession(subject, files, session));
  } finally {
    files.remove();
  }
  files.make(written.placeholders); // not those that only candidates needed
  return written;
}

/** The placeholder files beside the spec. */
class PlaceholderFiles {
  readonly #options: InitOptions;
  #undo: (() => void)[] = [];

  constructor(options: InitOptions) {
    this.#options = options;
  }

  make(paths: readonly string[]): void {
    const { files, owner } = this.#options;
    this.#undo.unshift(makePlaceholderFiles(files, paths, owner));
  }

  /** Removes what was not there before. */
  remove(): void {
    for (const undo of this.#undo) undo();
    this.#undo = [];
  }
}

function readSubject(options: InitOptions): Subject {
  const { profile, includes = {} } = options;
  const text = profileText(profile, includes);
  const block = chosenBlock(text, options);
  const changes = changesOf(text, block, remembering(includeFinder(foldersOf(profile, includes))));
  const names = examplesIn(block, changes, surroundingsOf(text, block));
  const extras = extraProbesOf(block);
  return withRoots({ options, text, block, changes, names, extras }, placeholderRoots(names, IMAGE_UNKNOWN));
}

/** Before the image has been looked at, no folder counts as missing. */
const IMAGE_UNKNOWN: FileLookup = (path) => ({ path, folder: true, missing: false });

/** @param roots where placeholder files are mounted. */
function withRoots(known: Omit<Subject, 'roots' | 'placeholders' | 'head'>, roots: readonly string[]): Subject {
  const { block, text, names, options } = known;
  const placeholders = placeholdersAmong(names, roots);
  return { ...known, roots, placeholders, head: headOf(block, text, mountsOf(roots, placeholders, options), options) };
}

/** The roots that have placeholder files in them, as mounts. */
function mountsOf(
  roots: readonly string[],
  placeholders: readonly string[],
  { relative, files }: InitOptions,
): PlaceholderMount[] {
  return roots
    .filter((root) => placeholders.some((path) => path.startsWith(`${root}/`)))
    .map((root) => ({ source: relative(`${files}${root}`), target: root }));
}

/** @throws HarnessError `profile-ambiguous`, `usage` */
function chosenBlock({ profiles }: ProfileText, { profile: file, name }: InitOptions): ProfileBlock {
  const blocks = profiles.filter(({ kind }) => kind === 'profile');
  const [block, another] = name === undefined ? blocks : blocks.filter((each) => each.name === name);
  if (block === undefined || another !== undefined) throw ambiguous(file, name, blocks);
  const flag = block.flags.find((name) => /^(?:complain|kill|unconfined|prompt|default_allow)$/.test(name));
  if (flag !== undefined)
    throw new HarnessError('usage', `The profile ${block.name} has the flag ${flag}: what it denies cannot be tried.`);
  return block;
}

function ambiguous(file: string, name: string | undefined, blocks: readonly ProfileBlock[]): HarnessError {
  const names = blocks.map((block) => block.name);
  if (names.length === 0) return new HarnessError('profile-ambiguous', `${file} defines no profile.`);
  const problem = name === undefined ? 'defines several profiles' : `does not define the profile ${name}`;
  return new HarnessError('profile-ambiguous', `${file} ${problem}: name one with --name.`, { details: names });
}

function headOf(
  block: ProfileBlock,
  { file }: ProfileText,
  placeholderMounts: readonly PlaceholderMount[],
  { image, name, build, includes = {}, relative }: InitOptions,
): SpecHead {
  const isForLowPorts = block.rules.some(
    (rule) => rule.kind === 'capability' && rule.names.includes('net_bind_service'),
  );
  return defined({
    title: block.name,
    profile: defined({
      file: relative(file),
      name,
      include: (includes.search ?? []).map(relative),
      base: includes.base === undefined ? undefined : relative(includes.base),
    }),
    image,
    build: build === undefined ? undefined : relative(build),
    peers: peersOf(block),
    placeholderMounts,
    // the kernel asks for the capability only where Docker does not open low ports to all
    sysctls: isForLowPorts ? { 'net.ipv4.ip_unprivileged_port_start': '1024' } : {},
  });
}

/** @param probes as YAML. @returns the plan of a spec with these probes. */
function planFor({ head, options }: Subject, probes: readonly string[]): Plan {
  const { output } = options;
  const { spec, locate, problems } = validateSpec(output, `${specHead(head)}\n${probes.join('\n')}\n`);
  if (spec === undefined)
    throw new HarnessError(
      'internal',
      `The generated spec is invalid: ${problems.map(({ message }) => message).join('; ')}`,
    );
  return resolvePlan(output, spec, locate, { newId: newProbeId });
}

/** Starts the image, and once more with placeholder files for the folders that it lacks, when there are such. */
async function writeInSession(subject: Subject, files: PlaceholderFiles, session: Session): Promise<WrittenSpec> {
  const suite = await prepare(subject, session, 0);
  const { pid } = suite.confined;
  const roots = placeholderRoots(subject.names, (path, follow) => lookUp(pid, path, follow));
  const complete = withRoots(subject, roots);
  if (complete.placeholders.length === subject.placeholders.length) return tryAndCompose(subject, suite, session);

  await suite.close();
  files.make(complete.placeholders);
  session.events.progress(`${subject.head.title}: starting again, with placeholders for folders that the image lacks`);
  return tryAndCompose(complete, await prepare(complete, session, 1), session);
}

function prepare(subject: Subject, session: Session, number: number): Promise<PreparedSuite> {
  // the probes of peers are in it, because only peers that probes name are started
  const head = { ...subject.head, classes: everyClass(subject.block) };
  const plan = planFor({ ...subject, head }, [READ_ROOT, ...subject.extras.map(yamlOfExtra)]);
  return PreparedSuite.prepare(plan, session, { number });
}

async function tryAndCompose(subject: Subject, suite: PreparedSuite, session: Session): Promise<WrittenSpec> {
  try {
    const { pid } = suite.confined;
    const goals = goalsIn(subject, pid, session);
    const confirmed = await confirm(subject, goals, suite, session);
    const chosen = chooseProbes(goals, (candidate) => confirmed.candidates.get(candidate));
    const classes = await tryClasses(subject, suite, session);
    return initResult(
      { ...subject, head: { ...subject.head, classes } },
      chosen,
      confirmed,
      untestableIn(subject, pid),
    );
  } finally {
    await suite.close();
  }
}

/** What the spec is to show of each rule, with the candidates that would show it. */
function goalsIn({ text, block, changes, names, placeholders }: Subject, pid: number, { events }: Session): Goal[] {
  const pool = candidatePool({
    pid,
    text,
    block,
    names,
    placeholders,
    progress: (line) => {
      events.progress(line);
    },
  });
  return ownRules(block).flatMap((rule) => goalsOf(rule, pool, changes.get(rule.id) ?? []));
}

/** Tries the candidates, and the probes of peers and flags. */
async function confirm(
  subject: Subject,
  goals: readonly Goal[],
  suite: PreparedSuite,
  { signal, events }: Session,
): Promise<Confirmed> {
  const { head, extras } = subject;
  const shortlist = [...new Set(goals.flatMap(({ options }) => options))];
  const rules = new Set(goals.map(({ rule }) => rule)).size;
  events.progress(`${head.title}: trying ${shortlist.length} candidates for ${rules} rules`);

  const { probes } = planFor(subject, [...shortlist.map(candidateProbe), ...extras.map(yamlOfExtra)]);
  const entries = await suite.trialOf(probes).settleAll(probes, signal);
  const extraEntries = entries.slice(shortlist.length);
  return {
    tried: probes.length,
    candidates: new Map(shortlist.map((candidate, i) => [candidate, confirmation(entries[i])])),
    extras: extras.filter((_extra, i) => extraEntries[i]?.verdict.kind === 'pass'),
  };
}

/** Tries every member of every class. */
async function tryClasses({ head }: Subject, suite: PreparedSuite, { signal, events }: Session): Promise<FoundClasses> {
  const members = suite.closed.reduce((sum, { attempts }) => sum + attempts.length, 0);
  events.progress(`${head.title}: trying ${members} members of ${suite.closed.length} classes`);
  const attempt = async (trial: Trial, probe: Probe): Promise<Entry> =>
    judgedForClass(await abortable(signal, trial.settle(probe)));
  const results: ClosedResult[] = [];
  for await (const { result } of tryClosedClasses(suite, attempt)) results.push(result);
  const { closed, open } = foundClasses(results);
  return { closed: closed.map((one) => ({ ...one, allow: withUndeclared(one, suite) })), open };
}

/** Of one class; a profile that allows more of it does not deny enough to be worth a list. */
const MOST_UNDECLARED = 50;

/** What rules allow that nothing in this container can show is allowed, too. */
function withUndeclared(
  { name, allow }: FoundClasses['closed'][number],
  suite: Pick<PreparedSuite, 'undeclared'>,
): readonly string[] {
  const all = [...allow];
  let more: readonly string[];
  do {
    more = suite.undeclared({ class: name, allow: all }).map(({ words }) => words.join(' '));
    all.push(...more);
  } while (more.length > 0 && all.length < allow.length + MOST_UNDECLARED);
  return all;
}

/** Undefined when the candidate's prediction did not come true. */
function confirmation(entry: Entry | undefined): ConfirmedProbe {
  if (entry?.verdict.kind !== 'pass') return undefined;
  return entry.verdict.notes.length === 0 ? 'clean' : 'noted';
}

/** Changes of the profile's own rules that no probe can notice. */
function untestableIn({ block, changes }: Subject, pid: number): Untestable[] {
  return ownRules(block).flatMap((rule) =>
    untestableChanges(rule, changes.get(rule.id) ?? [], (path, follow) => lookUp(pid, path, follow)),
  );
}

function initResult(
  { head, text, block, roots, placeholders, options }: Subject,
  { choices }: Chosen,
  { tried, candidates, extras }: Confirmed,
  untestable: readonly Untestable[],
): WrittenSpec {
  const rules = ownRules(block);
  const shown = new Set([...choices, ...extras].map(({ rule }) => rule));
  const usedPaths = choices.flatMap(({ predicted }) => predicted.candidate.words);
  const needed = neededFor(placeholders, usedPaths);
  const finalHead = { ...head, untestable, placeholderMounts: mountsOf(roots, needed, options) };
  const profileName = head.profile.file.replace(/^.*\//, '');
  const confirmed = [...candidates.values()].filter((confirmation) => confirmation !== undefined);
  return {
    yaml: composeSpec(finalHead, {
      groups: groupsOf(rules),
      choices,
      extras,
      placeOf: ({ span }) => `${profileName}:${span.line}`,
    }),
    tried,
    confirmed: confirmed.length + extras.length,
    rules: rules.length,
    rulesWithoutProbe: rules.filter((rule) => !shown.has(rule)),
    otherBlocks: text.profiles.filter(({ name }) => name !== block.name),
    probes: choices.length + extras.length,
    placeholders: needed,
  };
}

/** Rules of the profile's own file: those of abstractions are proved by whoever owns the abstractions. */
function ownRules({ rules }: ProfileBlock): Rule[] {
  return rules.filter(({ via }) => via.length === 0);
}

function yamlOfExtra(extra: ExtraProbe): string {
  return extraProbe(extra).join('\n');
}

/** Looks for each include once. */
function remembering(find: FindInclude): FindInclude {
  const known = new Map<string, ReturnType<FindInclude>>();
  return (request) => {
    const key = JSON.stringify(request);
    if (!known.has(key)) known.set(key, find(request));
    return known.get(key);
  };
}
