/** The closed class of files: the kernel is asked about every file of the container, and some of it is tried. */
import { containerFiles, deviceOf, rightsOf, type ContainerFile } from '#adapters/container/rootfs/container-files.ts';
import { fsuidOf } from '#adapters/container/rootfs/lookup.ts';
import { AGENT_PATH } from '#adapters/container/container-config.ts';
import { newProbeId } from '#adapters/host/probe-ids.ts';
import type { LoadedPolicy } from '#adapters/kernel/load-profile.ts';
import { profileText } from '#adapters/kernel/parser/read-profile-file.ts';
import { openLine } from '#adapters/kernel/securityfs/access-query.ts';
import { rawPolicy } from '#adapters/kernel/securityfs/loaded-profiles.ts';
import { exampleNames } from '#core/generate/example-names.ts';
import type { AskedFiles, ClosedClass, Entry, Plan, Probe, ProfileSource, UntriedMember } from '#core/model/model.ts';
import { folderOf } from '#core/profile/patterns/literals.ts';
import { FileMasks } from '#core/profile/semantics/file-masks.ts';
import { policyOf, surroundingsOf, type Policy } from '#core/profile/semantics/policy.ts';
import { declarationOf } from '#core/spec/closed/file-entries.ts';
import { fileAttempts, type TriedPath } from '#core/spec/closed/file-attempts.ts';
import { profileFileOf } from '#core/spec/resolve.ts';
import {
  answeredMasks,
  compareFiles,
  declaredMasks,
  type AskedPath,
  type CompareFilesOptions,
  type FileAnswers,
} from '#core/verdict/compare-files.ts';
import { differenceEntry, disagreementEntry } from '#core/verdict/file-answers.ts';
import { compiledAnswers, KernelAnswers } from './kernel-answers.ts';

/** Attempts of a run; what they cost is said in docs/spec.md. */
const MOST_TRIED = 150;
/** Differences that stand alone; each says how many paths it is about. */
const MOST_DIFFERENCES = 60;
/** What links lead to, where no rule says it: a file that most images have. */
const LINK_TARGET = '/etc/passwd';
/** Between the profiles of a stack, in labels. */
const STACKED = '//&';

/** What the policy that is loaded answers, and which answers are not as declared. */
export interface FileFindings {
  readonly files: AskedFiles;
  /** Attempts that show that the kernel does as it answers. */
  readonly attempts: readonly Probe[];
  readonly differences: readonly Entry[];
  readonly untried: readonly UntriedMember[];
}

/** The files of one container. What it knows is found out when it is first needed. */
export class ClosedFiles {
  readonly #closed: ClosedClass;
  readonly #policy: LoadedPolicy;
  readonly #pid: number;
  readonly #profiles: readonly Policy[];
  #known: Known | undefined;

  /** @param pid a process of the confined container. @returns undefined where the plan leaves files open */
  static of({ closed, profile }: Plan, policy: LoadedPolicy, pid: number): ClosedFiles | undefined {
    const found = closed.find(({ class: name }) => name === 'file');
    return found && new ClosedFiles(found, { policy, pid, profiles: profilesOf(profile, policy) });
  }

  private constructor(
    closed: ClosedClass,
    { policy, pid, profiles }: { policy: LoadedPolicy; pid: number; profiles: readonly Policy[] },
  ) {
    this.#closed = closed;
    this.#policy = policy;
    this.#pid = pid;
    this.#profiles = profiles;
  }

  /** Asks the kernel about every path. */
  ask(): FileFindings {
    const answers = this.#openAnswers();
    try {
      return { ...this.#compareWith(answers), attempts: this.#attemptsBy(answers) };
    } finally {
      answers.close();
    }
  }

  #compareWith(answers: KernelAnswers): Omit<FileFindings, 'attempts'> {
    const { paths, names, cuts } = this.#facts();
    const { counts, differences } = compareFiles(paths, this.#comparison(answers));
    const examples = paths.length - names.length;
    const files = { paths: names.length, examples, ...counts, others: answers.hasOthers, cuts };
    const disagreements = answers.disagreements.slice(0, 1).map((path) => disagreementEntry(path, this.#origin));
    return {
      files,
      differences: [
        ...disagreements,
        ...differences.slice(0, MOST_DIFFERENCES).map((one) => differenceEntry(one, this.#origin)),
      ],
      untried: answers.untried,
    };
  }

  #attemptsBy(answers: FileAnswers): readonly Probe[] {
    const { paths, names, rules } = this.#facts();
    const missing = paths.flatMap(({ path, isExample, target }) => (isExample && target === undefined ? [path] : []));
    return fileAttempts(this.#closed, this.#triedPaths(names, missing), {
      newId: newProbeId,
      most: MOST_TRIED,
      masksAt: (path, source = LINK_TARGET) => {
        const { owner, other = owner } = answeredMasks(
          { path, isExample: false, target: source },
          { answers, target: '' },
        );
        return { owner, other };
      },
      decidedBy: (path, source = LINK_TARGET) => rules.map((one) => one.decidingAt(path, source)),
    });
  }

  /** @param policy compiled. @returns the first answer of another policy that is not as declared */
  differenceUnder(policy: Uint8Array): Entry | undefined {
    const { paths } = this.#facts();
    const answers = compiledAnswers(policy, this.#policy.loadedAs.split(STACKED));
    if (answers === undefined) return undefined;
    const [first] = compareFiles(paths, this.#comparison(answers)).differences;
    return first && differenceEntry(first, this.#origin);
  }

  get #origin(): { closed: ClosedClass; newId: () => string } {
    return { closed: this.#closed, newId: newProbeId };
  }

  #comparison(answers: FileAnswers): CompareFilesOptions {
    const { declared, rules } = this.#facts();
    return { declared, answers, rules, target: LINK_TARGET };
  }

  #openAnswers(): KernelAnswers {
    const { loadedAs, policy = rawPolicy(loadedAs.split(STACKED)[0] ?? '') } = this.#policy;
    const compiled = policy && compiledAnswers(policy, loadedAs.split(STACKED));
    return new KernelAnswers(loadedAs, openLine(), compiled);
  }

  #facts(): Known {
    this.#known ??= this.#findOut();
    return this.#known;
  }

  #findOut(): Known {
    const { files: names, cut } = containerFiles(this.#pid);
    const declaration = declarationOf(this.#closed);
    const { examples, complete } = exampleNames([...this.#profiles, ...declaration.policies]);
    const known = new Set(names.map(({ path }) => path));
    const paths = [
      ...names.map(({ path }): AskedPath => ({ path, isExample: false })),
      ...examples
        .filter(({ path, target }) => target !== undefined || !known.has(path))
        .map((one) => ({ ...one, isExample: true })),
    ].sort((a, b) => (a.path < b.path ? -1 : 1));
    return {
      names,
      paths,
      declared: declaredMasks(paths, declaration, LINK_TARGET),
      rules: this.#profiles.map((policy) => new FileMasks(policy)),
      cuts: [
        ...(cut.length === 0 ? [] : [`some names of ${cutText(cut)} are left out`]),
        ...(complete ? [] : ['the expressions are too many to find a name for each']),
        ...(this.#profiles.some(({ unreadable }) => unreadable.length > 0) ? ['a rule cannot be read'] : []),
        ...(this.#profiles.length === 0 ? ['without the text of the profile its expressions are not known'] : []),
      ],
    };
  }

  #triedPaths(names: readonly ContainerFile[], missing: readonly string[]): readonly TriedPath[] {
    const pid = this.#pid;
    const user = fsuidOf(pid);
    const sources = new Map<number, string>();
    const there = names.flatMap(({ path, kind }): readonly TriedPath[] => {
      if (kind === 'link' || path === AGENT_PATH || path === '/') return [];
      const rights = rightsOf(pid, path);
      if (rights === undefined) return [];
      const whose = rights.owner === user ? 'owner' : 'other';
      const isSource = kind === 'file' && whose === 'owner' && (path === LINK_TARGET || !sources.has(rights.device));
      if (isSource && /^\/(?!proc|sys|dev)/.test(path)) sources.set(rights.device, path);
      return [{ path, kind: kind === 'folder' ? 'folder' : 'file', mode: rights.mode, whose }];
    });
    const folders = new Map<string, number | undefined>();
    const new_ = missing.flatMap((path): readonly TriedPath[] => {
      const folder = folderOf(path.replace(/(?<=.)\/$/, ''));
      if (!folders.has(folder)) folders.set(folder, deviceOf(pid, folder));
      const device = folders.get(folder);
      if (device === undefined || rightsOf(pid, path) !== undefined) return [];
      const source = sources.get(device);
      return [{ path, kind: 'missing', mode: 0, whose: 'owner', ...(source === undefined ? {} : { source }) }];
    });
    return [...new_, ...there];
  }
}

/** What does not depend on the policy that is loaded. */
interface Known {
  readonly names: readonly ContainerFile[];
  /** In the order in which they are asked. */
  readonly paths: readonly AskedPath[];
  readonly declared: CompareFilesOptions['declared'];
  readonly rules: readonly FileMasks[];
  readonly cuts: readonly string[];
}

const MOST_CUTS = 3;

function cutText(cut: readonly string[]): string {
  const rest = cut.length - MOST_CUTS;
  return `${cut.slice(0, MOST_CUTS).join(', ')}${rest > 0 ? ` and ${rest} more folders` : ''}`;
}

/** The rules of the profile, or of each of a stack; none where the text cannot be read. */
export function profilesOf(source: ProfileSource, { text, source: written, name }: LoadedPolicy): readonly Policy[] {
  const file = profileFileOf(source);
  try {
    const read = text ?? (file === undefined ? undefined : profileText(file, source.includes, written));
    if (read === undefined) return [];
    const blocks = name.split(STACKED).map((part) => read.profiles.find((one) => one.name === part));
    return blocks.flatMap((block) => (block === undefined ? [] : [policyOf(block, surroundingsOf(read, block))]));
  } catch {
    return [];
  }
}
