/** What is to be tried: `spec/` makes a Plan. Plain data. */

/** Modes that the kernel prints behind a profile's name (security/apparmor/policy.c, aa_profile_mode_names). */
export type ProfileMode = 'enforce' | 'complain' | 'kill' | 'unconfined' | 'prompt' | 'mixed';

/** What a spec may expect of an access. `complains`: it succeeds and the kernel writes an ALLOWED record. */
type Access = 'denied' | 'allowed' | 'complains';

/** What a probe does. Commands are executed by the agent from inside the confinement; operations are one system call. */
export type Action =
  | {
      readonly kind: 'run';
      readonly argv: readonly string[];
      /** Words of argv whose first character stands for the user's home. */ readonly tildes: readonly number[];
      readonly terminal: boolean;
    }
  | { readonly kind: 'shell'; readonly script: string; readonly terminal: boolean }
  | {
      readonly kind: 'operation';
      readonly name: string;
      readonly args: readonly string[];
      /** As written in the spec. */ readonly words: readonly string[];
      /** AppArmor's class of rules. */ readonly class: string;
      /** Who is at the other end: a peer of the spec, or `container`; its place is the last of `args`, left empty. */ readonly other?: string;
    }
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
  | {
      readonly from: 'engine';
      readonly name: string;
      readonly mode: ProfileMode;
      /** File with the text that the engine loads. */ readonly source?: string;
    };

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
interface PeerSpec {
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
