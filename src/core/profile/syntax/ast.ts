/**
 * A profile as its author wrote it, read: blocks, rules, and where each stands. apparmor.d(5) is the language; what a
 * compiled profile does is the parser's and the kernel's to say. Plain data.
 */

/** A range of a file. `start` and `end` are offsets into its text; line and column are 1-based. */
export interface Span {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly start: number;
  readonly end: number;
}

/** An AARE, or a text where the language takes one: as written, and every value it stands for once variables are replaced. */
export interface Expression {
  readonly text: string;
  /** AARE without variables, quotes removed; escapes and wildcards are still in it. */
  readonly expanded: readonly string[];
  /** The one AARE that apparmor_parser makes of several values: `{a,b}/c`. A `*` at a value's end is then not at its part's. */
  readonly alternation?: string;
}

export interface Qualifiers {
  readonly audit: boolean;
  readonly access: 'allow' | 'deny' | 'prompt';
  readonly owner?: 'owner' | 'other';
  /** Absent: 0. AppArmor 4.1 and later. */
  readonly priority?: number;
}

interface RuleBase {
  /** Unique among the rules of one reading, and the same in every reading of the same text: `profile@file:line:column`. */
  readonly id: string;
  /** Full name of the profile it rules, children and hats as `parent//child`. */
  readonly profile: string;
  /** From its first qualifier to its comma. Rules of a qualifier block have the block's qualifiers merged in. */
  readonly span: Span;
  /** As written, blanks collapsed, comma left out. */
  readonly text: string;
  /** The comment lines directly above, or at the line's end, without `#`. */
  readonly comment?: string;
  /** The include statements that led to it, outermost first; empty where it stands in the file that was read. */
  readonly via: readonly Span[];
  readonly qualifiers: Qualifiers;
}

/** `/path rw,`, `file,`, `/usr/bin/x px -> y,`, `rw /path,`. */
export interface FileRule extends RuleBase {
  readonly kind: 'file';
  /** Undefined: every path (`file,`). */
  readonly path?: Expression;
  /** Letters out of `rwalkmx`, x for any kind of execution; a bare `file,` has all. */
  readonly permissions: string;
  /** The range of the letters, where they are written. */
  readonly permissionsSpan?: Span;
  readonly exec?: ExecTransition;
}

export interface ExecTransition {
  /** As written: `ix`, `px`, `Px`, `cx`, `ux`, `pix`, `PUx`, …; `x` in a deny rule. */
  readonly mode: string;
  /** Behind `->`. */
  readonly target?: string;
  /** The word before the rule, which says whether the environment is cleared whatever the mode's case says. */
  readonly safety?: 'safe' | 'unsafe';
}

/** `link subset /a -> /b,`, and the `l` of `/a l -> /b,`. */
export interface LinkRule extends RuleBase {
  readonly kind: 'link';
  readonly path: Expression;
  readonly target: Expression;
  readonly subset: boolean;
}

interface CapabilityRule extends RuleBase {
  readonly kind: 'capability';
  /** Empty: all. */
  readonly names: readonly string[];
}

export interface NetworkRule extends RuleBase {
  readonly kind: 'network';
  /** Empty: all. */
  readonly access: readonly string[];
  readonly family?: string;
  /** A type or a protocol: `stream`, `tcp`. */
  readonly type?: string;
  readonly protocol?: string;
  /** Conditions as written: `ip=`, `port=`, `peer=(…)`. */
  readonly conditions: Conditions;
}

/**
 * Key to value as written, `peer=(label=x)` as `peer.label`, `options in (a b)` as `options in`; expressions expanded, of
 * a list all values. A key that is given once more is `key #2`: two `options=` of a mount rule are two ways to satisfy it.
 */
export type Conditions = Readonly<Record<string, Expression>>;

export interface MountRule extends RuleBase {
  readonly kind: 'mount' | 'remount' | 'umount' | 'pivot_root';
  readonly conditions: Conditions;
  /** The device or path that is mounted; for pivot_root the place of the old root is `conditions.oldroot`. */
  readonly source?: Expression;
  readonly target?: Expression;
  /** pivot_root: the profile behind `->`. */
  readonly transition?: string;
}

/** Rules of an access set and conditions: what is empty or absent is not restricted. */
export interface PeerRule extends RuleBase {
  readonly kind: 'ptrace' | 'signal' | 'dbus' | 'unix' | 'mqueue' | 'io_uring';
  readonly access: readonly string[];
  /** signal: `set`; all: `peer`, `peer.label`, `label`, `type`, `addr`, `bus`, `path`, … */
  readonly conditions: Conditions;
  /** mqueue: the queue's name. */
  readonly name?: Expression;
  /** signal: the names of `set=`; empty for all. */
  readonly signals?: readonly string[];
}

export interface RlimitRule extends RuleBase {
  readonly kind: 'rlimit';
  readonly limit: string;
  readonly value: string;
}

export interface ChangeProfileRule extends RuleBase {
  readonly kind: 'change_profile';
  /** `safe` or `unsafe`. */
  readonly mode?: string;
  readonly exec?: Expression;
  readonly target?: Expression;
}

/** `userns,`, `userns create,`, `all,`. */
interface PlainRule extends RuleBase {
  readonly kind: 'userns' | 'all';
  readonly access: readonly string[];
}

export type Rule =
  | FileRule
  | LinkRule
  | CapabilityRule
  | NetworkRule
  | MountRule
  | PeerRule
  | RlimitRule
  | ChangeProfileRule
  | PlainRule;

/** A profile, a child profile or a hat. */
export interface ProfileBlock {
  /** Full name: `parent//child` for children and hats. */
  readonly name: string;
  readonly kind: 'profile' | 'child' | 'hat';
  readonly attachment?: Expression;
  /** Extended attributes that narrow the attachment, as written: `xattrs=(…)`. */
  readonly xattrs?: string;
  readonly flags: readonly string[];
  /** The words between the brackets of `flags=(…)`. */
  readonly flagsSpan?: Span;
  /** From the first word of the header to the closing brace. */
  readonly span: Span;
  /** In order, included ones where their include stands; the children's are theirs. */
  readonly rules: readonly Rule[];
}

/** All that was read from one profile file. */
export interface ProfileText {
  readonly file: string;
  /** Every file that was read, the profile's own first, with its text. */
  readonly files: ReadonlyMap<string, string>;
  /** Parents before their children. */
  readonly profiles: readonly ProfileBlock[];
  readonly variables: ReadonlyMap<string, readonly string[]>;
  /** `alias /from -> /to,`: applied to paths when they are compiled, not to `Expression.expanded`. */
  readonly aliases: readonly { readonly from: string; readonly to: string }[];
  /** The feature ABI that the text asks for, as written: `<abi/3.0>`. */
  readonly abi?: string;
}

/** What an include names. `magic`: in angle brackets, looked for in the search folders; else relative to the including file's folder or absolute. */
interface IncludeRequest {
  readonly name: string;
  readonly magic: boolean;
  readonly from: string;
}

/** Gives the files that an include stands for: one, or all of a folder; undefined when there is none. */
export type FindInclude = (
  request: IncludeRequest,
) => readonly { readonly file: string; readonly text: string }[] | undefined;

/** The first thing in a text that cannot be read. */
export interface ReadProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** What the include names, where that is not found. */
  readonly missing?: string;
}
