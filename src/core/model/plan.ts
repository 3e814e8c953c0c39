/** What is to be tried: core/spec/ makes a Plan from a spec file. Plain data. */

/** Modes that the kernel prints after a profile's name (security/apparmor/policy.c, aa_profile_mode_names). */
export type ProfileMode = 'enforce' | 'complain' | 'kill' | 'unconfined' | 'prompt' | 'mixed';

/** What a spec may expect of an access. `complains`: it succeeds and the kernel writes an ALLOWED record. */
type Access = 'denied' | 'allowed' | 'complains';

/** What a probe does. */
export type Action = RunAction | ShellAction | OperationAction | HttpAction;

/** A command that the agent executes from inside the confinement. */
interface RunAction {
  readonly kind: 'run';
  readonly argv: readonly string[];
  /** Indexes of the words of argv whose first character, `~`, means the user's home. */
  readonly tildes: readonly number[];
  /** Whether the command gets a terminal. */
  readonly terminal: boolean;
}

/** A script that the agent executes with the image's own `/bin/sh -c`. */
interface ShellAction {
  readonly kind: 'shell';
  readonly script: string;
  /** Whether the shell gets a terminal. */
  readonly terminal: boolean;
}

/** One access that the agent itself makes, in nearly all cases as one system call. */
interface OperationAction {
  readonly kind: 'operation';
  readonly name: string;
  /** As the agent takes them. */
  readonly args: readonly string[];
  /** Name and arguments as written in the spec. */
  readonly words: readonly string[];
  /** AppArmor's class of rules: `file`, `network`, `capability`. */
  readonly class: string;
  /** Who is at the other end: a peer of the spec, or `container`. Its place is the last of `args`, left empty. */
  readonly other?: string;
}

/** A GET request that the host makes. */
interface HttpAction {
  readonly kind: 'http';
  /** Its host name is `container`. */
  readonly url: string;
}

/** A pattern for text: every part given must hold. */
export interface TextMatch {
  readonly equals?: string;
  readonly contains?: string;
  /** A regular expression of JavaScript. */
  readonly matches?: string;
  /** A pattern that must not hold. */
  readonly not?: TextMatch;
}

/** Conditions on one audit record: kernel key name to a pattern for its value. Mask keys compare as sets of letters. */
export type RecordMatch = Readonly<Record<string, TextMatch>>;

/** What a spec declares about the outcome of one probe. */
export interface Expectation {
  readonly access: Access;
  /** Exit status of a command; `nonzero` for any but 0. */
  readonly exit?: number | 'nonzero';
  /** What denies it before, or in place of, the access itself: a step of the operation (`open`), or another class. */
  readonly by?: string;
  /** Symbolic errno, for example `EACCES`. */
  readonly errno?: string;
  /** Status of the HTTP response. */
  readonly status?: number;
  readonly stdout?: TextMatch;
  readonly stderr?: TextMatch;
  /** Body of the HTTP response. */
  readonly body?: TextMatch;
  /** Label of the executed program, or of the process that changed its label, with names as in the profile file. */
  readonly label?: TextMatch;
  /** Mode of that label. */
  readonly mode?: ProfileMode;
  /** Whether the kernel marks the execution as secure (AT_SECURE), which makes the loader scrub the environment. */
  readonly secure?: boolean;
  /** `none`: no record may exist for the probe, and a denial needs none. A match: at least one record fits. */
  readonly audit?: 'none' | RecordMatch;
}

/** A place in a file that a user wrote. Line and column count from 1. */
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
  /** User as `docker exec --user` takes it; undefined for the container's own user. */
  readonly user?: string;
  readonly timeoutMs: number;
  /** Whether `docker exec` itself starts the command, in place of the agent. */
  readonly direct: boolean;
  /** Whether it is also tried in the control container, when there is one. */
  readonly control: boolean;
  /** First version of the engine whose own profile guarantees this. */
  readonly since?: string;
  /** The peer that makes the attempt, in place of the container's own agent. */
  readonly from?: string;
  readonly expect: Expectation;
  /** Which member of a closed class it tries; undefined for a probe that somebody wrote. */
  readonly closed?: Membership;
  /** Where the spec has it. */
  readonly at: Position;
}

/** Where an attempt comes from that the harness made of a closed class. */
interface Membership {
  readonly class: string;
  /** In the words of `allow:`: `inet stream 6`, `send unconfined term`. */
  readonly member: string;
  /** Of a program: what the compiled policy says of its start. */
  readonly policy?: PolicyStart;
  /** Of a program: the spec names the label that it starts under. */
  readonly declared?: boolean;
}

/**
 * What compiled policy says of the start of a program.
 * - `refused`: nobody may execute it.
 * - `stays`: whoever may execute it keeps the profile.
 * - `leaves`: it may start under another label, which depends on what else is loaded.
 */
export type PolicyStart = 'refused' | 'stays' | 'leaves';

/** What a closed class of files declares, as file rules without their comma. */
export interface DeclaredFiles {
  readonly allow: readonly string[];
  /** What of that is to be denied after all. */
  readonly except?: readonly string[];
  /** What is not compared. */
  readonly open?: readonly string[];
}

/** A class of which whatever is not declared allowed is to be denied, and what the harness tries of it. */
export interface ClosedClass extends DeclaredFiles {
  readonly class: string;
  /** What is declared allowed: the first words of members, in which `*` stands for any text; of files: rules. */
  readonly allow: readonly string[];
  /** One for each member that can be tried; empty until the host is known. */
  readonly attempts: readonly Probe[];
  /** Members that this version cannot try, each with the reason. */
  readonly untried: readonly UntriedMember[];
  /** Members that are as declared by the word of the compiled policy, and are not tried. */
  readonly asked?: readonly AskedMember[];
  /** Where the spec has it. */
  readonly at: Position;
}

export interface AskedMember {
  readonly member: string;
  readonly answer: PolicyStart;
}

export interface UntriedMember {
  readonly member: string;
  readonly why: string;
}

/** Where the includes of a profile are searched, absolute; the folder of the profile itself comes after `search`. */
export interface IncludeFolders {
  /** `-b` of apparmor_parser(8): /etc/apparmor.d when undefined. */
  readonly base?: string;
  /** `-I`: searched before the base folder. */
  readonly search?: readonly string[];
}

/** Where the profile under test comes from. */
export type ProfileSource = FileProfile | EngineProfile;

/** A profile in a file: loaded for the run. */
interface FileProfile {
  readonly from: 'file';
  readonly file: string;
  /** Which profile of the file; undefined when it has only one. */
  readonly name?: string;
  /** Other profiles of the file, as written there, under which processes of the container may run. */
  readonly alsoUnder?: readonly string[];
  /** What the kernel must report. */
  readonly mode: ProfileMode;
  readonly includes?: IncludeFolders;
}

/** A profile that the engine, or the host, loads itself. */
interface EngineProfile {
  readonly from: 'engine';
  readonly name: string;
  /** What the kernel must report. */
  readonly mode: ProfileMode;
  /** File with the text of the profile. */
  readonly source?: string;
  readonly includes?: IncludeFolders;
}

/** How the container under test is created. Names follow the Docker API. */
export interface ContainerSpec {
  readonly image: string;
  /** Folder with a Dockerfile, absolute; the image is built from it when it is missing. */
  readonly build?: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  /** Whether the first process is the agent, which only waits, in place of the image's own. */
  readonly hold: boolean;
  readonly user?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly securityOpt: readonly string[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly mounts: readonly BindMount[];
  /** Path to mount options. */
  readonly tmpfs: Readonly<Record<string, string>>;
  /** Whether the root file system is read-only. */
  readonly readOnly: boolean;
  readonly network: string;
}

interface BindMount {
  /** On the host, absolute. */
  readonly source: string;
  /** In the container. */
  readonly target: string;
  readonly readonly: boolean;
}

/** A helper beside the container, in its process and network namespaces, under a label of its own. */
interface PeerSpec {
  readonly name: string;
  /** A profile of the same file, as written there, or `unconfined`. */
  readonly profile: string;
}

/** When the service counts as up. At most one of `http`, `tcp` and `log` is given. */
export interface Readiness {
  /** This URL responds with a status below 400. */
  readonly http?: string;
  /** This port accepts a connection. */
  readonly tcp?: number;
  /** The container's output matches this regular expression. */
  readonly log?: string;
  readonly timeoutMs: number;
}

/** A newly allowed access that a reviewer has accepted, until a day. */
export interface Waiver {
  /** A pattern for paths, or the words of a rule. */
  readonly allows: string;
  /** With a path: the letters of the permissions. */
  readonly permissions?: string;
  readonly because: string;
  /** The last day that it holds, `YYYY-MM-DD`. */
  readonly until: string;
}

/** A mutant that no probe can tell from the profile. */
interface UntestableMutant {
  /** The rule as it is in the profile. */
  readonly rule: string;
  /** The rule as it is in the mutant. */
  readonly becomes: string;
  readonly because: string;
}

/** A spec file, validated and resolved: all paths absolute, every probe with an id. */
export interface Plan {
  readonly file: string;
  readonly title: string;
  readonly profile: ProfileSource;
  readonly container: ContainerSpec;
  /** Undefined: the service is up once its container runs. */
  readonly ready?: Readiness;
  readonly untestable: readonly UntestableMutant[];
  readonly peers: readonly PeerSpec[];
  /** Whether each probe also runs in a control container, which is unconfined or under the baseline profile. */
  readonly control: boolean;
  /** What `diff` accepts. */
  readonly waivers: readonly Waiver[];
  /** Profile of the control container, as its author wrote it; undefined when it is unconfined. */
  readonly baseline?: string;
  readonly probes: readonly Probe[];
  readonly closed: readonly ClosedClass[];
  /** Classes that the spec says are open. */
  readonly open: readonly string[];
  /** Closed classes that `--grep` leaves out of the run. */
  readonly unselected?: readonly string[];
}
