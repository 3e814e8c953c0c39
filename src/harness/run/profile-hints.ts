/** Hints that need the profile: the rule that decided, or one that would allow what was denied and was checked. */
import { lookUp, owns } from '#adapters/container/rootfs/lookup.ts';
import { resolveInContainer } from '#adapters/container/rootfs/symlinks.ts';
import type { LoadedPolicy } from '#adapters/kernel/load-profile.ts';
import { compile } from '#adapters/kernel/parser/apparmor-parser.ts';
import { profileText } from '#adapters/kernel/parser/read-profile-file.ts';
import { grantedAccesses, type NamedProfile } from '#core/coverage/credit.ts';
import type { AccessUnder } from '#core/hint/add-rules.ts';
import { denialHint, type CompileAnswer, type ProfileUnderTest } from '#core/hint/denial-hint.ts';
import { HINTS } from '#core/hint/hint-texts.ts';
import {
  allowingRule,
  complainDenialHint,
  denyingRule,
  letThroughHint,
  silentDenialHint,
} from '#core/hint/let-through-hint.ts';
import { HarnessError } from '#core/model/errors.ts';
import { asWritten } from '#core/model/labels.ts';
import { pathOf } from '#core/model/describe-action.ts';
import type { Action, Entry, IncludeFolders, Observation, ProfileSource, Ruling } from '#core/model/model.ts';
import type { FilePermission } from '#core/profile/semantics/access.ts';
import type { ProfileText } from '#core/profile/syntax/ast.ts';
import { profileFileOf } from '#core/spec/resolve.ts';
import { isAnswer } from '#core/verdict/closed-class.ts';

/** Where a command is looked for; the agent uses the container's own PATH, which is this in nearly every image. */
const PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** A suite whose probes all fail must not take minutes longer for its hints. */
const MOST_CHECKS = 24;
const MOST_CHECK_MS = 30_000;

/** Verdicts that a rule of the profile explains. */
const NAMED_BY_RULES: ReadonlySet<string> = new Set([
  'let-through',
  'let-pass',
  'no-complaint',
  'denied-silently-but-allowed',
  'denied-in-complain',
]);

/** Makes the hints of one suite. */
export class ProfileHints {
  readonly #pid: number;
  readonly #file: string | undefined;
  readonly #includes: IncludeFolders | undefined;
  readonly #policy: LoadedPolicy;
  readonly #text: ProfileText | undefined;
  readonly #checked = new Set<string>();
  readonly #answers = new Map<string, CompileAnswer>();
  readonly #profile: ProfileUnderTest;
  #spentMs = 0;

  /** @param pid a process of the confined container. */
  constructor(source: ProfileSource, policy: LoadedPolicy, pid: number) {
    this.#pid = pid;
    this.#policy = policy;
    this.#file = profileFileOf(source);
    this.#includes = source.includes;
    this.#text = policy.text ?? this.#read(policy.source);
    this.#profile = {
      text: this.#text,
      name: policy.name,
      names: policy.written,
      mayCheck: (changed) => this.#mayCheck(changed),
      read: (changed) => this.#read(changed),
      compile: (changed) => this.#compile(changed),
    };
  }

  /** @returns the entry with a hint, where the profile tells more than the verdict; it never fails a run. */
  async add(entry: Entry): Promise<Entry> {
    try {
      const hint = await this.#hintFor(entry);
      return hint === undefined ? entry : { ...entry, verdict: { ...entry.verdict, hint } };
    } catch {
      return entry;
    }
  }

  async #hintFor(entry: Entry): Promise<string | undefined> {
    const { code } = entry.verdict;
    if (code === 'denied-but-allowed') return denialHint(entry, this.#profile, this.#askedBy(entry));
    const text = this.#text;
    if (text !== undefined && entry.ruling !== undefined && isAnswer(entry))
      return this.#answerHint(text, entry.ruling);
    if (text === undefined || entry.observation === undefined || !NAMED_BY_RULES.has(code)) return undefined;
    const accesses = this.#accessesOf(entry, entry.observation);
    if (code === 'let-through' || code === 'let-pass' || code === 'no-complaint')
      return letThroughHint(text, accesses, {
        resolve: (path) => this.#resolve(path),
        named: this.#programOf(entry.probe.action) ?? pathOf(entry.probe.action),
      });
    if (code === 'denied-silently-but-allowed') return silentDenialHint(text, accesses);
    return code === 'denied-in-complain' ? complainDenialHint(text, accesses) : undefined;
  }

  /** What makes the kernel's answer about a file. */
  #answerHint(text: ProfileText, { path, permissions, allowed, owner = true }: Ruling): string | undefined {
    const letters = [...permissions] as FilePermission[];
    const accesses = this.#policy.name
      .split('//&')
      .flatMap((profile) =>
        letters.map((permission) => ({ profile, access: { class: 'file', path, permission, owner } as const })),
      );
    return allowed ? allowingRule(text, accesses) : (denyingRule(text, accesses) ?? HINTS.noRule);
  }

  /** All that an operation asks for; of a command only its records tell. */
  #askedBy(entry: Entry): readonly AccessUnder[] {
    const isOperation = entry.probe.action.kind === 'operation';
    return isOperation && entry.observation !== undefined ? this.#accessesOf(entry, entry.observation) : [];
  }

  /** What the probe asked for, and of which profile. Of a command, only its start is known. */
  #accessesOf({ probe }: Entry, observation: Observation): readonly AccessUnder[] {
    const text = this.#text;
    if (text === undefined) return [];
    const { name, written } = this.#policy;
    const subject: NamedProfile = { text, profile: name, original: (label) => asWritten(label, written) };
    const program = this.#resolve(this.#programOf(probe.action));
    if (program !== undefined) return this.#startOf(program, observation, subject);

    const look = (path: string, follow: boolean): ReturnType<typeof lookUp> => lookUp(this.#pid, path, follow);
    return grantedAccesses(probe, observation, subject, look).map(([block, access]) => ({
      profile: block.name,
      access: this.#withOwner(access, observation),
    }));
  }

  #startOf(path: string, { process }: Observation, { profile, original }: NamedProfile): readonly AccessUnder[] {
    const label = process === undefined ? profile : original(process.label.replace(/ \([a-z]+\)$/, ''));
    const access = { class: 'file', path, permission: 'x' } as const;
    return label.split('//&').map((part) => ({ profile: part, access }));
  }

  #withOwner(access: AccessUnder['access'], { process }: Observation): AccessUnder['access'] {
    if (access.class !== 'file' || access.owner !== undefined || process === undefined) return access;
    return { ...access, owner: owns(process.pid, access.path) };
  }

  /** The program that a command starts, by the path at which it is found. */
  #programOf(action: Action): string | undefined {
    const word = wordOf(action);
    if (word === undefined) return undefined;
    const places = word.includes('/') ? [word] : PATH.map((folder) => `${folder}/${word}`);
    return places.find((path) => this.#resolve(path) !== undefined);
  }

  /** A copy that was checked before costs little. */
  #mayCheck(source: string): boolean {
    if (this.#checked.has(source)) return true;
    if (this.#checked.size >= MOST_CHECKS || this.#spentMs >= MOST_CHECK_MS) return false;
    this.#checked.add(source);
    return true;
  }

  #resolve(path: string | undefined): string | undefined {
    return path === undefined ? undefined : resolveInContainer(this.#pid, path);
  }

  #read(source: string | undefined): ProfileText | undefined {
    if (this.#file === undefined) return undefined;
    try {
      return profileText(this.#file, this.#includes, source);
    } catch {
      return undefined;
    }
  }

  async #compile(source: string): Promise<CompileAnswer> {
    const known = this.#answers.get(source);
    if (known !== undefined) return known;
    const started = performance.now();
    const answer = this.#file === undefined ? 'unknown' : await compileAnswer(this.#file, source, this.#includes);
    this.#spentMs += performance.now() - started;
    this.#answers.set(source, answer);
    return answer;
  }
}

async function compileAnswer(
  file: string,
  source: string,
  includes: IncludeFolders | undefined,
): Promise<CompileAnswer> {
  try {
    await compile(file, source, includes);
    return 'compiles';
  } catch (thrown) {
    return thrown instanceof HarnessError && thrown.code === 'profile-invalid' ? 'rejected' : 'unknown';
  }
}

function wordOf(action: Action): string | undefined {
  if (action.kind === 'run') return action.argv[0];
  return action.kind === 'shell' ? '/bin/sh' : undefined;
}
