/** What came of it: verdicts, proof and coverage, up to the Ledger that every report is drawn from. Plain data. */

import type { ErrorCode } from './errors.ts';
import type { AskedMember, DeclaredFiles, Probe, ProfileMode, UntriedMember } from './plan.ts';
import type { Verdict } from './verdict.ts';
import type { AuditRecord, Evidence, Observation, Ruling, Witness } from './observation.ts';

/** A probe with all that is known about it. */
export interface Entry {
  readonly probe: Probe;
  readonly verdict: Verdict;
  /** What it showed under the profile; undefined when it was not tried. */
  readonly observation?: Observation;
  /** What it showed in the control container. */
  readonly control?: Observation;
  readonly witnesses: readonly Witness[];
  /** Of a denial that is silent under the host's own audit mode. */
  readonly evidence?: Evidence;
  /** The kernel's own answer, where one file rule decides. */
  readonly ruling?: Ruling;
}

/** Hashes of loaded policy as the kernel states them in securityfs. */
export interface KernelHash {
  /** Linux before 6.8 states SHA-1. */
  readonly algorithm: 'sha256' | 'sha1';
  /** Of the policy as it was loaded (`raw_sha256`). */
  readonly policy: string;
  /** Of the profile that the kernel made from it (`sha256`). */
  readonly profile?: string;
}

/** The label of one process, as /proc/PID/attr reads. */
interface ProcessLabel {
  /** Which one it is, in words. */
  readonly process: string;
  readonly pid: number;
  readonly label: string;
}

/** Proof of what confined the container, read from the kernel. */
export interface Confinement {
  /** As its author wrote it. */
  readonly profile: string;
  /** As it is loaded for the run. */
  readonly loadedAs: string;
  readonly mode: ProfileMode;
  /** The kernel's audit mode while probes were observed: the host's own, where it takes part in the decision. */
  readonly observedUnder?: string;
  /** Of the first processes and the agents; of the confined container also of each program that was seen to run. */
  readonly labels: readonly ProcessLabel[];
  /** Of the compiled policy. */
  readonly policySha256?: string;
  /** Whether the kernel holds exactly those bytes. */
  readonly policyMatchesKernel?: boolean;
  readonly kernelHash?: KernelHash;
  /** Of the profile's own file. */
  readonly sourceSha256?: string;
  readonly parserWarnings: readonly string[];
}

/** The machine that the probes ran on: in the lab, the guest. */
export interface HostFacts {
  readonly hostname: string;
  /** Name of the lab's suite; undefined outside the lab. */
  readonly lab?: string;
  readonly os: string;
  readonly kernel: string;
  readonly arch: string;
  readonly parser: string;
  readonly engine: string;
  readonly runtime: string;
  readonly node: string;
  readonly logSource: string;
  /** The kernel's audit mode as the host had it before the first run. */
  readonly auditMode: string;
}

/** A fault that kept a suite from being judged. */
export interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

/**
 * What the probes of a suite did with a rule.
 * - `hit`: a probe exercised it.
 * - `unhit`: none did.
 * - `shadowed`: it never decides, because another rule does.
 * - `untestable`: no probe can reach it here.
 */
export type CoverageState = 'hit' | 'unhit' | 'shadowed' | 'untestable';

/** One rule of the profile, and the probes that exercised it. */
export interface RuleCoverage {
  /** As the reader numbers it (`Rule.id`). */
  readonly id: string;
  /** Full name of the profile that it belongs to, as its author wrote it. */
  readonly profile: string;
  readonly file: string;
  readonly line: number;
  readonly text: string;
  /** Whether it comes from a file that the profile's file includes. */
  readonly included: boolean;
  readonly state: CoverageState;
  /** Ids of the probes that hit it. */
  readonly probes: readonly string[];
  /** Of a shadowed rule: the rules that decide in its place, as `FILE:LINE RULE`. */
  readonly shadowedBy?: readonly string[];
  /** Of an untestable rule: why. */
  readonly reason?: string;
}

/** Which rules of the profile the probes of a suite exercised. */
export interface KnownCoverage {
  readonly file: string;
  /** The text of the profile's own file. */
  readonly source: string;
  readonly rules: readonly RuleCoverage[];
}

interface UnknownCoverage {
  /** Why it is not known. */
  readonly unknown: string;
}

export type Coverage = KnownCoverage | UnknownCoverage;

/**
 * What the policy answers for the files of a container, against what a spec declares. An answer is about one path, one
 * permission, and its owner or another user.
 */
export interface AskedFiles {
  /** Files and folders of the container. */
  readonly paths: number;
  /** Names that the container lacks, one at least for each set of expressions that match the same. */
  readonly examples: number;
  /** Answers that are as declared. */
  readonly denied: number;
  readonly allowed: number;
  /** Answers that are not. The entries that stand for them come first among those of the class. */
  readonly differing: number;
  /** Answers that the spec leaves open. */
  readonly leftOpen: number;
  /** Whether it is also known what a user may do who does not own the files. */
  readonly others: boolean;
  /** Why these are not all files of the container, or not all names; empty where they are. */
  readonly cuts: readonly string[];
}

/** What came of a closed class: every attempt with one verdict. */
export interface ClosedResult extends DeclaredFiles {
  readonly class: string;
  /** What the spec declares allowed. */
  readonly allow: readonly string[];
  readonly entries: readonly Entry[];
  /** Members without an attempt, each with the reason. */
  readonly untried: readonly UntriedMember[];
  /** Of the class `file`: its attempts only show that the answers hold. */
  readonly files?: AskedFiles;
  /** Members that are as declared by the word of the compiled policy, and were not tried. */
  readonly asked?: readonly AskedMember[];
  readonly durationMs: number;
}

/** One spec on one container: every planned probe with exactly one verdict. */
export interface Suite {
  readonly file: string;
  readonly title: string;
  readonly profileFile?: string;
  readonly image: string;
  readonly imageId?: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly confinement?: Confinement;
  /** The other layers that could deny: capabilities, seccomp, masked paths; and placeholder profiles of peers. */
  readonly layers: readonly string[];
  readonly entries: readonly Entry[];
  /** One for each class that the spec closes. Its attempts are not among `entries`. Absent when there is none. */
  readonly closed?: readonly ClosedResult[];
  /** Classes that the spec says are open, and those of which it says nothing. Absent when it closes none. */
  readonly notClosed?: { readonly open: readonly string[]; readonly unknown: readonly string[] };
  /** Records of no probe: denials while the container's own service started, or of others under the profile. */
  readonly otherRecords: readonly AuditRecord[];
  readonly faults: readonly Fault[];
  /** Absent when the suite was not prepared. */
  readonly coverage?: Coverage;
}

/** What every JSON report begins with. */
export interface ReportHead {
  readonly schema: 1;
  readonly tool: string;
  readonly run: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly host?: HostFacts;
  readonly faults: readonly Fault[];
}

/** How a run was asked for, and how much that is. */
interface LedgerOptions {
  readonly grep?: string;
  readonly bail: boolean;
  readonly inPlace: boolean;
  /** Probes of the specs. */
  readonly planned: number;
  /** Probes that --grep left. */
  readonly selected: number;
  /** The percentage of its testable rules that every profile has to reach. */
  readonly minCoverage?: number;
}

/** The one truth of a run. */
export interface Ledger extends ReportHead {
  readonly options: LedgerOptions;
  readonly suites: readonly Suite[];
}
