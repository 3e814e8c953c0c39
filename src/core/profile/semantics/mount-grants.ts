/** Mount rules as grants (the parser's mount.cc and mount.h; the kernel's security/apparmor/mount.c). Pure. */
import { MOUNT_OPTIONS } from '#core/model/linux.ts';
import { defined } from '#core/model/optional.ts';
import type { Translation } from '../patterns/glob.ts';
import { joinGlobs } from '../patterns/join-globs.ts';
import { conditionWords, wordSet, type RuleGrants, type Words } from './grant-types.ts';
import type { Conditions, MountRule } from '../syntax/ast.ts';

/** Flags of the mount system call that say what it does (include/uapi/linux/mount.h). */
const REMOUNT = 0x20;
const BIND = 0x1000;
const MOVE = 0x2000;
const RECURSIVE = 0x4000;
/** Unbindable, private, slave, shared. */
const PROPAGATION = 0x1e0000;
/** mount.h, MS_CMDS without the recursive forms. */
const COMMANDS = REMOUNT | BIND | PROPAGATION | MOVE;
const ALL = -1;

/** The kernel refuses a call with `nouser` before it asks AppArmor, so only rules have it. */
const OPTIONS = new Map(Object.entries({ ...MOUNT_OPTIONS, nouser: 1 << 31 }));

/** What a mount call does. */
type MountKind = 'remount' | 'bind' | 'propagation' | 'move' | 'new';

/** The order in which the parser makes its rules (mount.cc, gen_flag_rules). */
const KINDS: readonly MountKind[] = ['remount', 'bind', 'propagation', 'move', 'new'];

/** The flags that the parser writes into the rule of each kind (mount.h, MS_REMOUNT_FLAGS to MS_NEW_FLAGS). */
const COMPARED_FLAGS: Readonly<Record<MountKind, number>> = {
  remount: ALL & ~MOVE,
  bind: BIND | RECURSIVE,
  propagation: PROPAGATION | RECURSIVE,
  move: MOVE,
  new: ALL & ~(COMMANDS | RECURSIVE),
};

/** The kind of a mount call, in the order in which the kernel looks at its flags (lsm.c, apparmor_sb_mount). */
function kindOf(flags: number): MountKind {
  if ((flags & REMOUNT) !== 0) return 'remount';
  if ((flags & BIND) !== 0) return 'bind';
  if ((flags & PROPAGATION) !== 0) return 'propagation';
  return (flags & MOVE) !== 0 ? 'move' : 'new';
}

/** The number of `ro,nosuid`; words that are no flag count nothing. */
function flagsNumber(words: readonly string[]): number {
  return words.reduce((sum, word) => sum | (OPTIONS.get(word) ?? 0), 0);
}

/** Key: mount point, source, type; for umount and pivot_root fewer. Word: the flags, separated by commas. */
export function mountGrants(rule: MountRule): RuleGrants {
  const { conditions, target } = rule;
  if (rule.kind === 'umount') {
    return grants('umount', joinGlobs([target], { path: true }), { words: [conditionWords(conditions)] });
  }
  if (rule.kind === 'pivot_root') {
    const detail = rule.transition === undefined ? undefined : `-> ${rule.transition}`;
    const words = [conditionWords(conditions, ['oldroot'])];
    return grants('pivot_root', joinGlobs([target, conditions['oldroot']], { path: true }), defined({ words, detail }));
  }

  return flagsOf(rule).flatMap((flags) =>
    kindsOf(rule, flags).flatMap((kind) =>
      grants('mount', regexOf(rule, kind), {
        words: [wordsOf(kind, flags), furtherWords(rule)],
        detail: `${kind} ${flags.required} ${flags.optional}`,
      }),
    ),
  );
}

/** The flags of a rule, as numbers and by the names that it has for them. */
interface RuleFlags {
  /** Those that must be set, all others being clear. {@link ALL}: the rule says nothing of flags. */
  readonly required: number;
  /** Those that may be set or clear. */
  readonly optional: number;
  readonly requiredNames: readonly string[];
  readonly optionalNames: readonly string[];
}

const REQUIRED = /^options?(?: #\d+)?$/;
const OPTIONAL = /^options? in(?: #\d+)?$/;

/** Each `options=(…)` is one way to satisfy a rule, with the flags of each `options in (…)` set or clear. */
function flagsOf({ kind, conditions }: MountRule): readonly RuleFlags[] {
  const required = valuesOf(conditions, REQUIRED);
  const optional = valuesOf(conditions, OPTIONAL);
  return required.flatMap((names) => optional.map((others) => flagsOfOne(kind, names, others)));
}

/** The values of these conditions; undefined where there is none. */
function valuesOf(conditions: Conditions, key: RegExp): readonly (readonly string[] | undefined)[] {
  const values = Object.entries(conditions).flatMap(([name, { expanded }]) => (key.test(name) ? [expanded] : []));
  return values.length === 0 ? [undefined] : values;
}

/** `remount` requires its own flag too. */
function flagsOfOne(
  kind: MountRule['kind'],
  required: readonly string[] | undefined,
  optional: readonly string[] | undefined,
): RuleFlags {
  const isRemount = kind === 'remount';
  const requiredNames = [...new Set([...(required ?? []), ...(isRemount ? ['remount'] : [])])].sort();
  const optionalNames = optional ?? [];

  if (required === undefined && optional === undefined) {
    const numbers = isRemount
      ? { required: REMOUNT, optional: ALL & ~MOVE & ~REMOUNT }
      : { required: ALL, optional: ALL };
    return { ...numbers, requiredNames, optionalNames };
  }
  return {
    required: flagsNumber(requiredNames),
    optional: flagsNumber(optionalNames),
    requiredNames,
    optionalNames,
  };
}

/** The kinds of mounts that a rule is compiled for (mount.cc, gen_flag_rules). */
function kindsOf(rule: MountRule, { required }: RuleFlags): readonly MountKind[] {
  const { conditions, source, target } = rule;
  const isOpen = required === ALL || required === 0;
  const hasType = conditions['fstype'] !== undefined || conditions['vfstype'] !== undefined;
  const hasBoth = source !== undefined && target !== undefined;

  return KINDS.filter((kind) => {
    if (kind === 'new') return isOpen || (required & COMMANDS) === 0;
    if (hasType || !(isOpen || kindOf(required) === kind)) return false;
    if (kind === 'remount') return rule.kind === 'remount' || !hasBoth;
    return kind !== 'propagation' || !hasBoth;
  });
}

/** The expression for the key: a remount or change of propagation has no source, and only a new mount has a type. */
function regexOf({ conditions, source, target }: MountRule, kind: MountKind): Translation {
  const hasSource = kind !== 'remount' && kind !== 'propagation';
  // where a rule has a source alone, these kinds take it for the mount point (gen_policy_change_mount_type)
  const paths = hasSource ? [target, source] : [target ?? source, undefined];
  const type = kind === 'new' ? (conditions['fstype'] ?? conditions['vfstype']) : undefined;

  const places = joinGlobs(paths, { path: true });
  const types = joinGlobs([type]);
  if ('problem' in places) return places;
  return 'problem' in types ? types : { regex: `${places.regex}\\000${types.regex}` };
}

/** Repeated conditions, and options that are no flags: the parser takes those for data of the file system. */
function furtherWords({ conditions }: MountRule): Words | undefined {
  const flagKeys = Object.keys(conditions).filter((key) => REQUIRED.test(key) || OPTIONAL.test(key));
  const data = flagKeys.flatMap((key) => conditions[key]?.expanded ?? []).filter((word) => !OPTIONS.has(word));
  const further = conditionWords(conditions, [...flagKeys, 'fstype', 'vfstype']) ?? [];
  const words = [...data.sort(), ...further];
  return wordSet(words.length === 0 ? [] : [words.join(' ')]);
}

/** Covers the flags of a call that is of this kind, and has what is required and nothing that is not optional. */
function wordsOf(kind: MountKind, { required, optional, requiredNames, optionalNames }: RuleFlags): Words {
  const compared = COMPARED_FLAGS[kind] & ~optional;
  const examples = [requiredNames.join(','), ...optionalNames.map((name) => [...requiredNames, name].sort().join(','))];
  return {
    has: (word) => {
      const flags = flagsNumber(word.split(','));
      return kindOf(flags) === kind && (required === ALL || ((flags ^ required) & compared) === 0);
    },
    [Symbol.iterator]: () => examples[Symbol.iterator](),
  };
}

function grants(
  domain: 'mount' | 'umount' | 'pivot_root',
  translation: Translation,
  { words, detail }: { readonly words: readonly (Words | undefined)[]; readonly detail?: string },
): RuleGrants {
  if ('problem' in translation) return [translation];
  return [defined({ domain, words, regex: translation.regex, detail })];
}
