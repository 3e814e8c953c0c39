/** What hints say: one sentence or two each. Pure. */
import { NO_NEW_PRIVS } from '../verdict/verdicts.ts';

/** Where a rule stands, as part of a sentence: `line 12`, `/etc/apparmor.d/abstractions/base:12`. */
export type Place = string;

/** The copy of a profile that a run loads has a name of its own and attaches to no program. */
const NAME_TRANSITION =
  'The exec rule leads to a profile that is not loaded, or relies on a profile that attaches to the program. The ' +
  'copy that a run loads attaches to nothing. Name the profile in the rule (`px -> NAME`), or run with --in-place.';

/** A rule to add, and the profile that it belongs to, where that is not the one under test. */
export interface RuleToAdd {
  readonly rule: string;
  readonly profile: string | undefined;
}

/** What goes with rules to add. */
interface Doubt {
  /** What a command was denied: `open /etc/x (r)`; undefined where that is what the probe itself tried. */
  readonly denied?: string;
  /** Why nothing shows that the rules would help. */
  readonly unchecked?: string;
}

export const HINTS = {
  addRules: (rules: readonly RuleToAdd[], { denied, unchecked }: Doubt) => {
    const texts = rules.map(({ rule, profile }) => (profile === undefined ? rule : `in profile ${profile} ${rule}`));
    const which = texts.length === 1 ? 'A rule that would' : 'Rules that together would';
    const what = `${which} allow ${denied === undefined ? 'it' : 'that'}`;
    const doubt = unchecked === undefined ? '' : ` (not checked: ${unchecked})`;
    return `${deniedText(denied)}${what}: ${texts.join(' and ')}${doubt}`;
  },
  execMode: ' To run it under a profile of its own, write px or cx in place of ix.',
  denyRule: (place: Place, rule: string, { denied, profile }: { denied?: string; profile?: string }) =>
    `${deniedText(denied)}The rule in ${place}${ofProfile(profile)} denies it: \`${rule},\`. A deny rule overrides ` +
    'every rule that allows the same: remove it or narrow it.',
  limitRule: (place: Place, rule: string, wanted: string) =>
    `The limit in ${place} denies it: \`${rule},\`. To allow it, write ${wanted}`,
  noRule: 'No rule of the profile allows it.',
  silentDenyRule: (place: Place, rule: string) => `The rule in ${place} denies it without a record: \`${rule},\`.`,
  denyRuleInComplain: (place: Place, rule: string) =>
    `The rule in ${place} denies it: \`${rule},\`. In complain mode deny rules still deny.`,

  noNewPrivs: NO_NEW_PRIVS,
  disconnected: (isAttached: boolean) =>
    'The kernel could not name the file: it is not below the root folder of the process (a disconnected path).' +
    (isAttached ? '' : ' With flags=(attach_disconnected) it gets a name, and rules can allow it.'),
  deleted: (isMediated: boolean) =>
    'The kernel could not name the file: it has been deleted.' +
    (isMediated ? '' : ' With flags=(mediate_deleted) it keeps its name, and rules can allow it.'),
  noSuchLabel: (name: string) =>
    `There is no profile ${name} that it could change to: load it, or correct the name in the rule.`,
  loadedAsCopy: (name: string) =>
    `A run loads the profiles of the file under names of its own, so the command did not find ${name}. Use ` +
    `\`try: change_profile ${name}\` in its place, or run with --in-place.`,
  noSuchHat: (name: string) => `The profile has no hat ${name}: define it, \`hat NAME { … }\`, or correct the name.`,
  nameTransition: NAME_TRANSITION,
  tracedTransition: 'The process is traced, and its tracer may not trace the profile that it would change to.',
  linkSubset:
    'A hard link that an `l` allows must not give its new name more than the file itself has: give both the same ' +
    'permissions, or write `link NEW -> FILE,` in place of the `l`.',

  linkNamed: (place: Place, path: string, real: string) =>
    `The deny rule in ${place} names ${path}, a link: the kernel sees ${real}, which no deny rule matches.`,
  linkedFolder: (place: Place, glob: string, { folder, real }: { folder: string; real: string }) =>
    `The deny rule in ${place} names ${glob}, but ${folder} is a link: the kernel sees ${real}, ` +
    'which no deny rule matches.',
  reachedByLink: (place: Place, glob: string, { named, real }: { named: string; real: string }) =>
    `The deny rule in ${place} names ${glob}, but ${named} is a link: the kernel sees ${real}, ` +
    'which no deny rule matches.',
  folderWithoutSlash: (place: Place, path: string) =>
    `The deny rule in ${place} names ${path}, but the kernel names a folder with a slash at its end: ${path}/`,
  folderAlone: (place: Place, path: string, inside: string) =>
    `The deny rule in ${place} names ${path} alone, not what is in it: for that, write ${inside}`,
  starAndSlash: (place: Place, glob: string) =>
    `The deny rule in ${place} has ${glob}, in which a * does not match a slash: a ** does.`,
  owner: (place: Place, owner: string) =>
    `The deny rule in ${place} holds only for ${owner === 'owner' ? "the file's owner" : 'those who do not own it'}.`,
  otherLetters: (place: Place, has: string, asked: string) => `The deny rule in ${place} denies ${has}, not ${asked}.`,
  priority: (place: Place, { by, rule }: { by: Place; rule: string }) =>
    `The deny rule in ${place} has a lower priority than the rule in ${by}, which allows it: \`${rule},\`.`,
  otherProfile: (place: Place, { has, under }: { has: string; under: string }) =>
    `The deny rule in ${place} is one of profile ${has}, and this was tried under ${under}.`,
  allowedBy: (place: Place, rule: string) => `The rule in ${place} allows it: \`${rule},\`.`,
} as const;

function deniedText(denied: string | undefined): string {
  return denied === undefined ? '' : `Of all that AppArmor denied it, this seems to have decided: ${denied}. `;
}

function ofProfile(profile: string | undefined): string {
  return profile === undefined ? '' : ` (profile ${profile})`;
}
