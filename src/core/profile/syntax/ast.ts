/**
 * A profile as its author wrote it: its blocks, its rules, and where each stands. The language is that of
 * apparmor.d(5). What a rule means is not said here: see ../semantics. Plain data.
 */

/** A range of a file. `start` and `end` are offsets into its text; line and column are 1-based. */
export interface Span {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly start: number;
  readonly end: number;
}

/** A glob (apparmor.d(5) calls it AARE), or a plain text where the language takes one. */
export interface Expression {
  /** As written, with its variables and quotes. */
  readonly text: string;
  /** Every value that it stands for: variables replaced, quotes removed; escapes and wildcards are still in it. */
  readonly expanded: readonly string[];
  /**
   * The one glob that apparmor_parser makes of several values: `/{a,b}/c`. Where a value is `*` it matches a little
   * more: the `*` of `/*` needs a character, that of `/{*,b}` does not.
   */
  readonly alternation?: string;
}

/** What stands before a rule, or before a block of rules: `priority=1 audit deny owner`. */
export interface Qualifiers {
  readonly audit: boolean;
  readonly access: 'allow' | 'deny' | 'prompt';
  readonly owner?: 'owner' | 'other';
  /** Absent: 0. AppArmor 4.1 and later. */
  readonly priority?: number;
}

/** What all rules have in common. */
interface RuleBase {
  /**
   * `profile@file:line:column`. Unique among the rules of one reading, and the same in every reading of the same text.
   */
  readonly id: string;
  /** Full name of the profile that it belongs to; children and hats as `parent//child`. */
  readonly profile: string;
  /** From its first qualifier to its comma. */
  readonly span: Span;
  /** As written, blanks collapsed, without the comma. */
  readonly text: string;
  /** The comment lines directly above it and at the end of its line, without `#`. */
  readonly comment?: string;
  /** The include statements that led to it, outermost first; empty for a rule of the file that was read. */
  readonly via: readonly Span[];
  /** Those of the blocks around it are merged in. */
  readonly qualifiers: Qualifiers;
}

/** `/path rw,`, `file,`, `/usr/bin/x px -> y,`, `rw /path,`. */
export interface FileRule extends RuleBase {
  readonly kind: 'file';
  /** Absent: every path (`file,`). */
  readonly path?: Expression;
  /** Letters out of `rwalkmx`, where x stands for any kind of execution; a bare `file,` has all. */
  readonly permissions: string;
  /** Where the letters are written; absent for a bare `file,`. */
  readonly permissionsSpan?: Span;
  readonly exec?: ExecTransition;
}

/** How a program is executed, and under which profile. */
export interface ExecTransition {
  /** As written: `ix`, `px`, `Px`, `cx`, `ux`, `pix`, `PUx`, …; `x` in a deny rule. */
  readonly mode: string;
  /** The profile after `->`, as written. */
  readonly target?: string;
  /** The same with its variables replaced, where that makes a difference: of several values an alternation. */
  readonly targetName?: string;
  /** The word before the rule, which overrides what the case of the mode says about clearing the environment. */
  readonly safety?: 'safe' | 'unsafe';
}

/** `link subset /a -> /b,`, and the `l` of `/a l -> /b,`. */
export interface LinkRule extends RuleBase {
  readonly kind: 'link';
  readonly path: Expression;
  readonly target: Expression;
  readonly subset: boolean;
}

/** `capability chown sys_admin,`. */
interface CapabilityRule extends RuleBase {
  readonly kind: 'capability';
  /** Empty: all. */
  readonly names: readonly string[];
}

/** `network inet tcp,`, `network (send) ip=10.0.0.1 inet stream,`. */
export interface NetworkRule extends RuleBase {
  readonly kind: 'network';
  /** Empty: all. */
  readonly access: readonly string[];
  readonly family?: string;
  /** A type or a protocol: `stream`, `tcp`. */
  readonly type?: string;
  /** As written: `ip=`, `port=`, `peer=(…)`. */
  readonly conditions: Conditions;
}

/**
 * Conditions by their keys as written; `peer=(label=x)` as `peer.label`, `options in (a b)` as `options in`. A list is
 * one expression with all its values. A key that is repeated is `key #2`: two `options=` of a mount rule are two ways
 * to satisfy it.
 */
export type Conditions = Readonly<Record<string, Expression>>;

/** `mount fstype=ext4 /dev/sda -> /mnt/,`, `remount /a,`, `umount /a,`, `pivot_root oldroot=/old/ /new/,`. */
export interface MountRule extends RuleBase {
  readonly kind: 'mount' | 'remount' | 'umount' | 'pivot_root';
  /** For pivot_root, `oldroot` is where the old root goes. */
  readonly conditions: Conditions;
  /** The device or path that is mounted. */
  readonly source?: Expression;
  readonly target?: Expression;
  /** pivot_root: the profile after `->`. */
  readonly transition?: string;
}

/** Rules of accesses and conditions: what is empty or absent is not restricted. */
export interface PeerRule extends RuleBase {
  readonly kind: 'ptrace' | 'signal' | 'dbus' | 'unix' | 'mqueue' | 'io_uring';
  readonly access: readonly string[];
  /** signal: `set`; all: `peer`, `peer.label`, `label`, `type`, `addr`, `bus`, `path`, … */
  readonly conditions: Conditions;
  /** mqueue: the name of the queue. */
  readonly name?: Expression;
  /** signal: the names of `set=`; empty for all. */
  readonly signals?: readonly string[];
}

/** `set rlimit nofile <= 4096,`. */
export interface RlimitRule extends RuleBase {
  readonly kind: 'rlimit';
  readonly limit: string;
  /** The number with its unit, if it has one: `10 MB`; or `infinity`. */
  readonly value: string;
}

/** `change_profile unsafe /bin/* -> target,`. */
export interface ChangeProfileRule extends RuleBase {
  readonly kind: 'change_profile';
  /** `safe` or `unsafe`. */
  readonly mode?: string;
  readonly exec?: Expression;
  readonly target?: Expression;
}

/** `userns,`, `userns create,`, `all,`. */
export interface PlainRule extends RuleBase {
  readonly kind: 'userns' | 'all';
  readonly access: readonly string[];
}

/** A rule of any class; `kind` tells which. */
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

/** What a rule says, without what all rules have in common. */
export type Body<R extends Rule = Rule> = R extends Rule ? Omit<R, keyof RuleBase> : never;

/** A profile, a child profile or a hat. */
export interface ProfileBlock {
  /** Full name: `parent//child` for children and hats. */
  readonly name: string;
  readonly kind: 'profile' | 'child' | 'hat';
  /** The name in the header, with its quotes. */
  readonly nameSpan: Span;
  readonly attachment?: Expression;
  readonly attachmentSpan?: Span;
  /** Extended attributes that narrow the attachment, as written: `xattrs=(…)`. */
  readonly xattrs?: string;
  readonly flags: readonly string[];
  /** The words between the brackets of `flags=(…)`. */
  readonly flagsSpan?: Span;
  /** From the first word of the header to the closing brace. */
  readonly span: Span;
  /** In order, included ones where their include stands. Children have their own. */
  readonly rules: readonly Rule[];
}

/** All that was read from one profile file. */
export interface ProfileText {
  readonly file: string;
  /** Every file that was read, with its text; the profile's own comes first. */
  readonly files: ReadonlyMap<string, string>;
  /** Parents before their children. */
  readonly profiles: readonly ProfileBlock[];
  readonly variables: ReadonlyMap<string, readonly string[]>;
  /** `alias /from -> /to,`: applied to paths when rules are compiled, not to `Expression.expanded`. */
  readonly aliases: readonly { readonly from: string; readonly to: string }[];
  /**
   * Where rules name profiles, with quotes: values of `peer` and `label`, and targets of transitions. Those of `cx` are
   * not among them: they name a child, without its parent.
   */
  readonly labels: readonly Span[];
  /** The feature ABI that the text asks for, as written: `<abi/3.0>`. */
  readonly abi?: string;
}

/** What an include statement names. */
interface IncludeRequest {
  readonly name: string;
  /** In angle brackets: looked up in the search folders. Else absolute, or relative to the including file's folder. */
  readonly magic: boolean;
  /** The including file. */
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
  /** The include as written, where its file is not found. */
  readonly missing?: string;
}
