/**
 * The words of the project as types. Everything here is plain data: it can be written to JSON and read back.
 * `spec/` makes a Plan, `probe/` makes Observations, `audit/` makes AuditRecords, `verdict.ts` joins them,
 * and the Ledger that results is the one truth that every report is drawn from.
 */

/** Modes that the kernel prints behind a profile's name (security/apparmor/policy.c, aa_profile_mode_names). */
export type ProfileMode = 'enforce' | 'complain' | 'kill' | 'unconfined' | 'prompt' | 'mixed';

/** What a spec may expect of an access. `complains`: it succeeds and the kernel writes an ALLOWED record. */
export type Access = 'denied' | 'allowed' | 'complains';

/** What a probe does. Commands are executed by the agent from inside the confinement; operations are one system call. */
export type Action =
  | { readonly kind: 'run'; readonly argv: readonly string[]; /** Words of argv whose first character stands for the user's home. */ readonly tildes: readonly number[]; readonly terminal: boolean }
  | { readonly kind: 'shell'; readonly script: string; readonly terminal: boolean }
  | { readonly kind: 'operation'; readonly name: string; readonly args: readonly string[]; /** As written in the spec. */ readonly words: readonly string[]; /** AppArmor's class of rules. */ readonly class: string; /** Who is at the other end: a peer of the spec, or `container`; its place is the last of `args`, left empty. */ readonly other?: string }
  | { readonly kind: 'http'; readonly url: string };

/** A pattern for text: every part given must hold. */
export interface TextMatch {
  readonly equals?: string;
  readonly contains?: string;
  readonly matches?: string;
  readonly not?: TextMatch;
}

/** Conditions on one audit record: kernel key name to a pattern for its value. Mask keys compare as sets of letters. */
export type RecordMatch = Readonly<Record<string, TextMatch>>;

/** What a spec declares about the outcome of one probe. */
export interface Expectation {
  readonly access: Access;
  /** Exit status of a command; `nonzero` for any but 0. */
  readonly exit?: number | 'nonzero';
  /** Symbolic errno, for example `EACCES`. */
  readonly errno?: string;
  readonly status?: number;
  readonly stdout?: TextMatch;
  readonly stderr?: TextMatch;
  readonly body?: TextMatch;
  /** What the executed program, or the process that changed its label, has to carry, names as the profile's author wrote them. */
  readonly label?: TextMatch;
  readonly mode?: ProfileMode;
  /** Whether the kernel marked the execution as secure, which makes the loader scrub the environment. */
  readonly secure?: boolean;
  /** `none`: no record may exist for the probe, and a denial needs none; a match: at least one record fits. */
  readonly audit?: 'none' | RecordMatch;
}

/** A place in a file a user wrote: 1-based line and column. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One attempted access with an expectation. */
export interface Probe {
  /** Unique within the run, at most 15 bytes: it becomes the thread name that the kernel writes into records. */
  readonly id: string;
  readonly name: string;
  /** Why this matters, for auditors. */
  readonly because?: string;
  readonly action: Action;
  /** User as `docker exec --user` takes it; undefined is the container's own user. */
  readonly user?: string;
  readonly timeoutMs: number;
  /** A command started by `docker exec` itself in place of the agent. */
  readonly direct: boolean;
  /** Whether it is also tried in the control container, when there is one. */
  readonly control: boolean;
  /** First version of the engine whose own profile promises this. */
  readonly since?: string;
  /** The peer that makes the attempt, in place of the container's own agent. */
  readonly from?: string;
  readonly expect: Expectation;
  readonly at: Position;
}

/** Where the policy under test comes from. */
export type ProfileSource =
  | { readonly from: 'file'; readonly file: string; readonly name?: string; readonly mode: ProfileMode }
  | { readonly from: 'engine'; readonly name: string; readonly mode: ProfileMode; /** File with the text that the engine loads. */ readonly source?: string };

/** How the target container is created. Names follow the Docker API. */
export interface ContainerSpec {
  readonly image: string;
  /** Folder with a Dockerfile, absolute; the image is built from it when it is missing. */
  readonly build?: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  /** The agent, which only waits, is the first process in place of the image's own. */
  readonly hold: boolean;
  readonly user?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly securityOpt: readonly string[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly mounts: readonly { readonly source: string; readonly target: string; readonly readonly: boolean }[];
  readonly tmpfs: Readonly<Record<string, string>>;
  readonly readOnly: boolean;
  readonly network: string;
}

/** A helper beside the container, in its process and network namespaces, under a label of its own. */
export interface PeerSpec {
  readonly name: string;
  /** A profile of the same file, as written there, or `unconfined`. */
  readonly profile: string;
}

/** When the service counts as up. At most one of the three is given. */
export interface Readiness {
  readonly http?: string;
  readonly tcp?: number;
  readonly log?: string;
  readonly timeoutMs: number;
}

/** A newly allowed access that a reviewer has accepted, until a day. */
export interface Waiver {
  /** An expression for paths, or the words of a rule. */
  readonly allows: string;
  /** With a path: the letters. */
  readonly permissions?: string;
  readonly because: string;
  /** The last day that it holds, `YYYY-MM-DD`. */
  readonly until: string;
}

/** A spec file, validated and resolved: all paths absolute, every probe with an id. */
export interface Plan {
  readonly file: string;
  readonly title: string;
  readonly profile: ProfileSource;
  readonly container: ContainerSpec;
  readonly ready?: Readiness;
  /** Mutants that no probe can tell from the profile. */
  readonly untestable: readonly { readonly rule: string; readonly becomes: string; readonly because: string }[];
  readonly peers: readonly PeerSpec[];
  /** Whether each probe also runs in a twin container that is unconfined, or under the baseline. */
  readonly control: boolean;
  /** What `diff` lets pass. */
  readonly waivers: readonly Waiver[];
  /** Profile of the twin, as its author wrote it, when it is not unconfined. */
  readonly baseline?: string;
  readonly probes: readonly Probe[];
}

/** Text captured from a container: hostile, and possibly cut. `bytes` is the full length before the cut. */
export interface Captured {
  readonly text: string;
  readonly bytes: number;
  readonly truncated: boolean;
}

/**
 * How far a probe came. `done`: the system call, or the command, ended by itself. `exec`: the program could not be
 * started, `errno` says why. `timeout`: killed by the agent. `lost`: no answer (container gone, stream broken).
 */
export type Stage = 'done' | 'exec' | 'timeout' | 'lost';

/** A process that makes an attempt, as the host saw it: label and mode as the kernel prints them. */
export interface ProcessProof {
  /** On the host. */
  readonly pid: number;
  readonly label: string;
  /** What it has to carry for the attempt to say anything of the profile. */
  readonly expected: string;
}

/** What a process carries after it executed a program or changed its label, read by the host while it is held. */
export interface Carried {
  readonly pid: number;
  /** As the kernel prints it, without the mode, but with the names that the profile's author wrote. */
  readonly label: string;
  readonly mode?: ProfileMode;
  /** AT_SECURE of its auxiliary vector; undefined when it executed nothing. */
  readonly secure?: boolean;
}

/** What a probe showed, with no judgement in it. */
export interface Observation {
  readonly stage: Stage;
  /** Symbolic errno of the failed system call, or of the failed exec; undefined when it succeeded. */
  readonly errno?: string;
  /** Exit status of a command that ended by itself. */
  readonly exit?: number;
  /** Signal that ended a command, as a name: `SIGKILL`. */
  readonly signal?: string;
  /** Status of an HTTP answer. */
  readonly status?: number;
  readonly stdout: Captured;
  readonly stderr: Captured;
  readonly durationMs: number;
  /** Why there is no result, when `stage` is `lost`. */
  readonly problem?: string;
  /** Who made the attempt; undefined for one from the host, and for a command that ended before it could be looked at. */
  readonly process?: ProcessProof;
  /** Who was at the other end, where that is a process of ours. */
  readonly other?: ProcessProof;
  /** Read when the spec expects something of it. */
  readonly carried?: Carried;
  /** What the agent remarks, for example that the effect could not be undone. */
  readonly remark?: string;
}

/** One AppArmor event from the kernel log, parsed. */
export interface AuditRecord {
  /** Audit time in milliseconds since the epoch, and the kernel's serial number: `audit(1700000000.123:45)`. */
  readonly timeMs: number;
  readonly serial: number;
  /** DENIED, ALLOWED, AUDIT, STATUS, HINT, ERROR, KILLED. */
  readonly type: string;
  /** All keys under the kernel's own names, in the order printed, hex decoded. */
  readonly fields: Readonly<Record<string, string>>;
  readonly raw: string;
}

/**
 * How a record was tied to a probe: by the agent's thread name, by the process id of its command, or only by the barriers
 * around the command, where a program that another process of the container started just then would look the same.
 */
export type AttributedBy = 'comm' | 'pid' | 'window';

export interface Witness {
  readonly record: AuditRecord;
  readonly by: AttributedBy;
}

/** What the kernel answers when it is asked what loaded policy says of a file. */
export interface Ruling {
  readonly path: string;
  /** Letters as in a rule. */
  readonly permissions: string;
  readonly allowed: boolean;
}

export type VerdictKind = 'pass' | 'fail' | 'vacuous' | 'inconclusive' | 'skipped';

/** The decision on one probe. `reason` is one sentence; `notes` and `hint` add to it. */
export interface Verdict {
  readonly kind: VerdictKind;
  /** Stable name of the row of the verdict table that decided, for example `silent-denial`. */
  readonly code: string;
  readonly reason: string;
  readonly notes: readonly string[];
  readonly hint?: string;
}

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
  readonly code: string;
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
  /** The other layers that could deny: capabilities, seccomp, masked paths. */
  readonly layers: readonly string[];
  readonly entries: readonly Entry[];
  /** Denials of the container's own service while it started, or of others under the profile: no probe's. */
  readonly otherRecords: readonly AuditRecord[];
  readonly faults: readonly Fault[];
  /** Absent when the suite was not prepared. */
  readonly coverage?: Coverage;
}

/** The one truth of a run. */
export interface Ledger {
  readonly schema: 1;
  readonly tool: string;
  readonly run: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly host?: HostFacts;
  readonly options: { readonly grep?: string; readonly bail: boolean; readonly inPlace: boolean; readonly planned: number; readonly selected: number;
    /** The percentage of its testable rules that every profile has to reach. */ readonly minCoverage?: number };
  readonly suites: readonly Suite[];
  readonly faults: readonly Fault[];
}
