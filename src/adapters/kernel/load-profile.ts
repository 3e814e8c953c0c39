/** From a profile source to policy that the kernel holds, and the proof that it does. */
import { createHash } from 'node:crypto';
import { HarnessError } from '#core/model/errors.ts';
import type { IncludeFolders, KernelHash, ProfileMode, ProfileSource } from '#core/model/model.ts';
import { asLoaded, type Names } from '#core/model/labels.ts';
import { defined } from '#core/model/optional.ts';
import { makeCopy } from '#core/profile/copy/make-copy.ts';
import { copyProblem } from '#core/profile/copy/check-copy.ts';
import type { ProfileText } from '#core/profile/syntax/ast.ts';
import type { HostChanges } from './changes/host-changes.ts';
import { compile, profileNames, readProfile } from './parser/apparmor-parser.ts';
import { profileText } from './parser/read-profile-file.ts';
import { kernelHash, loadedProfiles, rawPolicy, replacePolicy } from './securityfs/loaded-profiles.ts';

type FileProfile = ProfileSource & { readonly from: 'file' };

/** Stands between the profiles of a stack, in labels. */
const STACKED = '//&';

/** Policy that is loaded and was read back from the kernel. */
export interface LoadedPolicy {
  /** Name of the profile under test, as its author wrote it. */
  readonly name: string;
  readonly loadedAs: string;
  /** Every top-level name that was loaded with it. */
  readonly names: readonly string[];
  /** Each of them to the name as its author wrote it. */
  readonly written: Names;
  readonly mode: ProfileMode;
  /** Other loaded profiles under which processes of the container may run. */
  readonly alsoUnder: readonly string[];
  /** The text as its author wrote it; undefined for an engine's own. */
  readonly source?: string;
  /** The same, read; undefined where the profile is loaded in place and cannot be read. */
  readonly text?: ProfileText;
  /** Where its includes are searched. */
  readonly includes?: IncludeFolders;
  readonly sourceSha256?: string;
  readonly policySha256?: string;
  readonly policyMatchesKernel?: boolean;
  readonly kernelHash?: KernelHash;
  /** As compiled and loaded; undefined for an engine's own. */
  readonly policy?: Buffer;
  readonly warnings: readonly string[];
}

interface LoadOptions {
  /** Appended to names; undefined loads under the profile's own name and keeps what was there for the end. */
  readonly suffix: string | undefined;
  readonly changes: HostChanges;
}

/**
 * Loads the profile under test. One that the engine loads is only looked up.
 * @throws HarnessError `profile-*`, `load-failed`, `not-loaded`, `wrong-mode`
 */
export async function loadProfile(source: ProfileSource, { suffix, changes }: LoadOptions): Promise<LoadedPolicy> {
  if (source.from === 'engine')
    return {
      name: source.name,
      loadedAs: source.name,
      names: [source.name],
      written: new Map(),
      mode: checkMode(source.name, source.mode),
      alsoUnder: [],
      warnings: [],
      ...defined({ kernelHash: kernelHash(source.name) }),
    };
  const { file, includes } = source;
  const original = readProfile(file);
  const allNames = await profileNames(file, original, includes);
  const written = topLevel(allNames);
  const chosen = choose(source, written);
  const names = written.map((name) => renamed(name, suffix));
  const text = readText(source, original, { isNeeded: suffix !== undefined });
  const copy =
    suffix === undefined || text === undefined ? original : await checkedCopy(source, text, allNames, suffix);

  const { policy, warnings } = await compile(file, copy, includes);
  changes.willLoad(names, { keep: suffix === undefined });
  replacePolicy(policy);

  const loadedAs = chosen.map((name) => renamed(name, suffix)).join(STACKED);
  const mode = checkMode(loadedAs, source.mode, chosen.join(STACKED));
  const alsoUnder = (source.alsoUnder ?? []).map((name) => {
    checkMode(renamed(name, suffix), source.mode, name);
    return renamed(name, suffix);
  });
  const proof = prove(loadedAs, policy, file);
  return {
    name: chosen.join(STACKED),
    loadedAs,
    names,
    written: new Map(written.map((name) => [renamed(name, suffix), name])),
    mode,
    alsoUnder,
    source: original,
    sourceSha256: sha256(original),
    policySha256: sha256(policy),
    policy,
    ...proof,
    warnings,
    ...defined({ text, includes }),
  };
}

/** @returns undefined where the text cannot be read and need not be: in place, only a hint asks for it. */
function readText(
  { file, includes }: FileProfile,
  source: string,
  { isNeeded }: { readonly isNeeded: boolean },
): ProfileText | undefined {
  try {
    return profileText(file, includes, source);
  } catch (error) {
    if (isNeeded) throw error;
    return undefined;
  }
}

/**
 * The kernel keeps the policy as it was loaded, and its own hash of it: both must be those of what was compiled.
 * @throws HarnessError `not-loaded`
 */
function prove(
  loadedAs: string,
  policy: Buffer,
  file: string,
): Pick<LoadedPolicy, 'policyMatchesKernel' | 'kernelHash'> {
  // all of a stack come from one file, so from one blob
  const [first = ''] = loadedAs.split(STACKED);
  const bytes = rawPolicy(first);
  const stated = kernelHash(first);
  const differs =
    (bytes !== undefined && !bytes.equals(policy)) ||
    (stated !== undefined && stated.policy !== createHash(stated.algorithm).update(policy).digest('hex'));
  if (differs)
    throw new HarnessError(
      'not-loaded',
      `The policy that the kernel has as ${loadedAs} is not the one compiled from ${file}.`,
    );
  const isProved = bytes !== undefined || stated !== undefined;
  return defined({ policyMatchesKernel: isProved ? true : undefined, kernelHash: stated });
}

/**
 * Whether the kernel still holds what was loaded: somebody may have replaced or removed it while probes ran.
 * @throws HarnessError `not-loaded`
 */
export function checkStillLoaded({ loadedAs, mode, kernelHash: before }: LoadedPolicy): void {
  const modeNow = loadedMode(loadedAs);
  const now = kernelHash(loadedAs.split(STACKED)[0] ?? '');
  if (modeNow !== mode || now?.policy !== before?.policy || now?.profile !== before?.profile)
    throw new HarnessError('not-loaded', `Something replaced the policy of ${loadedAs} while its probes ran.`);
}

/**
 * Compiles another text of a profile that is loaded, under the same names.
 * @throws HarnessError `profile-invalid`, `profile-not-isolated`, `profile-unread`, `include-not-found`
 */
export async function compileVariant(
  file: string,
  text: string,
  { written, includes }: Pick<LoadedPolicy, 'written' | 'includes'>,
): Promise<Buffer> {
  const loadedNames = new Map([...written].map(([loaded, name]) => [name, loaded]));
  const variant = profileText(file, includes, text);
  const result = makeCopy(variant, [...loadedNames.keys()], (name) => loadedNames.get(name) ?? name);
  if ('problem' in result) throw new HarnessError('profile-not-isolated', `${file}: ${result.problem}.`);
  return (await compile(file, result.source, includes)).policy;
}

/**
 * Loads compiled policy in place of what is loaded under this name.
 * @throws HarnessError `load-failed`, `not-loaded`
 */
export function swapPolicy(loadedAs: string, policy: Buffer): void {
  replacePolicy(policy);
  prove(loadedAs, policy, 'this mutant');
}

/**
 * @param written its name as its author wrote it.
 * @throws HarnessError `not-loaded`, `wrong-mode`
 */
function checkMode(loadedAs: string, expected: ProfileMode, written = loadedAs): ProfileMode {
  const mode = loadedMode(loadedAs);
  if (mode !== expected)
    throw new HarnessError('wrong-mode', `The profile ${written} is in mode ${mode}; the spec expects ${expected}.`);
  return mode;
}

/**
 * The kernel's list has the last word on what is loaded, and how.
 * @throws HarnessError `not-loaded`
 */
function loadedMode(name: string): ProfileMode {
  const list = loadedProfiles();
  const modes = name.split(STACKED).map((part) => {
    const mode = list.get(part);
    if (mode === undefined) throw new HarnessError('not-loaded', `The kernel does not list a profile ${part}.`);
    return mode;
  });
  // a stack of several modes is `mixed`, as the kernel prints it
  const [only, another] = new Set(modes);
  return only === undefined || another !== undefined ? 'mixed' : only;
}

/** The text under other names, checked to define the same profiles and to mean the same. */
async function checkedCopy(
  { file, includes }: FileProfile,
  original: ProfileText,
  allNames: readonly string[],
  suffix: string,
): Promise<string> {
  const names = topLevel(allNames);
  const result = makeCopy(original, names, (name) => renamed(name, suffix));
  if ('problem' in result) throw new HarnessError('profile-not-isolated', `${file}: ${result.problem}.`);
  const actual = await profileNames(file, result.source, includes);
  const written = new Map(names.map((name) => [renamed(name, suffix), name]));
  const wanted = allNames.map((name) => asLoaded(name, written));
  if (actual.length !== wanted.length || wanted.some((name) => !actual.includes(name))) {
    throw new HarnessError(
      'profile-not-isolated',
      `A renamed copy of ${file} defines ${actual.join(', ')} instead of ${wanted.join(', ')}.`,
    );
  }
  const problem = copyProblem(original, profileText(file, includes, result.source), (name) => asLoaded(name, written));
  if (problem !== undefined)
    throw new HarnessError(
      'profile-not-isolated',
      `The meaning of ${file} would change under another name: in a copy, ${problem}.`,
    );
  return result.source;
}

/** The one profile, or those of a stack. @throws HarnessError `profile-ambiguous` */
function choose(source: FileProfile, names: readonly string[]): string[] {
  checkDefined(source, source.alsoUnder ?? [], names);
  const [only, another] = names;
  if (source.name !== undefined) {
    const wanted = source.name.split(STACKED);
    checkDefined(source, wanted, names);
    return wanted;
  }
  if (only !== undefined && another === undefined) return [only];
  throw new HarnessError(
    'profile-ambiguous',
    names.length === 0
      ? `${source.file} defines no profile.`
      : `${source.file} defines several profiles: ${names.join(', ')}.`,
  );
}

function checkDefined({ file }: FileProfile, wanted: readonly string[], names: readonly string[]): void {
  const missing = wanted.find((name) => !names.includes(name));
  if (missing === undefined) return;
  throw new HarnessError(
    'profile-ambiguous',
    `${file} does not define the profile ${missing}. It defines ${names.join(', ') || 'none'}.`,
  );
}

function topLevel(names: readonly string[]): string[] {
  return names.filter((name) => !name.includes('//'));
}

function renamed(name: string, suffix: string | undefined): string {
  return suffix === undefined ? name : `${name}.${suffix}`;
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
