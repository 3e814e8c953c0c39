/** What the file rules of a profile allow, as a closed class of files declares it. Pure. */
import type { DeclaredFiles } from '../model/model.ts';
import type { Expression, FileRule, LinkRule, ProfileBlock, Rule } from '../profile/syntax/ast.ts';

const NOTHING: DeclaredFiles = { allow: [] };
const EVERYTHING = 'file';

/** What the parser adds for rules that change the profile (profile.cc, add_proc_access). */
const FOR_CHANGES = [
  'owner /proc/*/attr/apparmor/ r',
  'owner /sys/module/apparmor/parameters/enabled r',
  'owner /proc/*/attr/{apparmor/,}{current,exec} w',
];

/**
 * Whether it holds is for the kernel to say: aliases, hats and quoted names are not looked at.
 * @returns nothing where rules have priorities or ask somebody, which entries cannot say
 */
export function declaredByRules({ rules }: ProfileBlock): DeclaredFiles {
  const ofFiles = rules.filter((rule) => rule.kind === 'file' || rule.kind === 'link');
  if (ofFiles.some(({ qualifiers: { priority = 0, access } }) => priority !== 0 || access === 'prompt')) return NOTHING;
  const entriesOf = (access: 'allow' | 'deny'): readonly string[] => [
    ...new Set(ofFiles.filter((rule) => rule.qualifiers.access === access).flatMap(entriesFor)),
  ];
  const implied = rules.some((rule: Rule) => rule.kind === 'change_profile') ? FOR_CHANGES : [];
  const allow = [...entriesOf('allow'), ...implied];
  return { allow: allow.includes(EVERYTHING) ? [EVERYTHING] : allow, except: entriesOf('deny') };
}

function entriesFor(rule: FileRule | LinkRule): readonly string[] {
  const { owner } = rule.qualifiers;
  const texts = rule.kind === 'link' ? linkTexts(rule) : fileTexts(rule);
  return texts.map((text) => (owner === undefined ? text : `${owner} ${text}`));
}

function linkTexts({ path, target, subset }: LinkRule): readonly string[] {
  const word = subset ? 'link subset' : 'link';
  return globsOf(path).flatMap((name) => globsOf(target).map((to) => `${word} ${name} -> ${to}`));
}

function fileTexts({ path, permissions, exec, qualifiers }: FileRule): readonly string[] {
  if (path === undefined) return [EVERYTHING];
  // a mode with an i allows to map the file as well
  const inherits = qualifiers.access === 'allow' && exec?.mode.includes('i') === true;
  const letters = inherits ? permissions.replace('x', 'ix') : permissions;
  return globsOf(path).map((glob) => `${glob} ${letters}`);
}

/** Escapes and wildcards are still in them. A path begins with a slash, so that not every alternation is one. */
function globsOf({ expanded, alternation }: Expression): readonly string[] {
  const globs = alternation?.startsWith('/') === true ? [alternation] : expanded;
  return globs.map((glob) => (/[\s"]/.test(glob) ? `"${glob}"` : glob));
}
