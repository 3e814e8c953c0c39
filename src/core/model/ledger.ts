/** What is said of it: verdicts, proof and coverage, up to the Ledger that every report is drawn from. Plain data. */

import type { ErrorCode } from './errors.ts';
import type { Probe, ProfileMode } from './plan.ts';
import type { Verdict } from './verdicts.ts';
import type { AuditRecord, Observation, Ruling, Witness } from './observation.ts';

/** A probe with all that is known of it. */
export interface Entry {
  readonly probe: Probe;
  readonly verdict: Verdict;
  readonly observation?: Observation;
  readonly control?: Observation;
  readonly witnesses: readonly Witness[];
  readonly ruling?: Ruling;
}

/** Hashes of loaded policy in the kernel's own words (securityfs, `raw_sha256` and `sha256`, or sha1 before Linux 6.8). */
export interface KernelHash {
  readonly algorithm: 'sha256' | 'sha1';
  readonly policy: string;
  readonly profile?: string;
}

/** Proof of what confined the container, read from the kernel. */
export interface Confinement {
  readonly profile: string;
  readonly loadedAs: string;
  readonly mode: ProfileMode;
  /** Label of the container's first process and of each agent, as /proc/PID/attr reads. */
  readonly labels: readonly { readonly process: string; readonly pid: number; readonly label: string }[];
  /** SHA-256 of the compiled policy and whether the kernel holds exactly those bytes. */
  readonly policySha256?: string;
  readonly policyMatchesKernel?: boolean;
  /** The hashes that the kernel states, of the policy as it was loaded and of the profile that it made of it. */
  readonly kernelHash?: KernelHash;
  readonly sourceSha256?: string;
  readonly parserWarnings: readonly string[];
}

/** The machine that the probes ran on: in the lab, the guest. */
export interface HostFacts {
  readonly hostname: string;
  readonly lab?: string;
  readonly os: string;
  readonly kernel: string;
  readonly arch: string;
  readonly parser: string;
  readonly engine: string;
  readonly runtime: string;
  readonly node: string;
  readonly logSource: string;
  readonly auditMode: string;
}

/** A fault that kept a suite from being judged. */
export interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

/**
 * What the probes of a suite did with a rule. `shadowed`: it never decides, another rule does; `untestable`: no probe
 * can reach it here.
 */
export type CoverageState = 'hit' | 'unhit' | 'shadowed' | 'untestable';

/** One rule of the profile, and the probes that exercised it. */
export interface RuleCoverage {
  /** As the reader numbers it (`Rule.id`). */
  readonly id: string;
  /** Full name of the profile that it rules, as its author wrote it. */
  readonly profile: string;
  readonly file: string;
  readonly line: number;
  readonly text: string;
  /** It comes from a file that the profile's file includes. */
  readonly included: boolean;
  readonly state: CoverageState;
  /** Ids of the probes that hit it. */
  readonly probes: readonly string[];
  /** Shadowed: where the rules stand that decide in its place, as `FILE:LINE RULE`. */
  readonly shadowedBy?: readonly string[];
  /** Untestable: why. */
  readonly reason?: string;
}

/** Which rules of the profile the probes of a suite exercised. */
export interface KnownCoverage {
  readonly file: string;
  /** The text of the profile's own file. */
  readonly source: string;
  readonly rules: readonly RuleCoverage[];
}

/** Or why that is not known. */
export type Coverage = KnownCoverage | { readonly unknown: string };

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
  /** The other layers that could deny: capabilities, seccomp, masked paths; and the profiles that stand in for labels of peers. */
  readonly layers: readonly string[];
  readonly entries: readonly Entry[];
  /** Denials of the container's own service while it started, or of others under the profile: no probe's. */
  readonly otherRecords: readonly AuditRecord[];
  readonly faults: readonly Fault[];
  /** Absent when the suite was not prepared. */
  readonly coverage?: Coverage;
}

/** What every report in JSON begins with. */
export interface ReportHead {
  readonly schema: 1;
  readonly tool: string;
  readonly run: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly host?: HostFacts;
  readonly faults: readonly Fault[];
}

/** The one truth of a run. */
export interface Ledger extends ReportHead {
  readonly options: {
    readonly grep?: string;
    readonly bail: boolean;
    readonly inPlace: boolean;
    readonly planned: number;
    readonly selected: number;
    /** The percentage of its testable rules that every profile has to reach. */ readonly minCoverage?: number;
  };
  readonly suites: readonly Suite[];
}
