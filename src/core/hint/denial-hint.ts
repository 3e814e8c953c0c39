/**
 * What to do about a denial that the spec does not expect: the deny rule that decides, or a rule that would allow it. A
 * rule is shown only after it was added to a copy of the profile, the copy was read and compiled, and it answers that
 * the access is allowed. Pure but for what the caller hands in.
 */
import { suggestRule } from '../audit/suggest-rule.ts';
import { withWrittenNames } from '../audit/written-names.ts';
import type { Names } from '../model/labels.ts';
import type { AuditRecord, Entry } from '../model/model.ts';
import { defined } from '../model/optional.ts';
import type { ProfileText } from '../profile/syntax/ast.ts';
import { denialText } from '../verdict/denial-text.ts';
import { isCommand } from '../verdict/outcome.ts';
import { allowsAll, blockNamed, denyRuleOf, withRules, type AccessUnder, type Addition } from './add-rules.ts';
import { allNeeds, bothEnds, profileOf, rulesToAdd } from './needs.ts';
import { decidingDenial, denialsOf } from './deciding-denial.ts';
import { HINTS } from './hint-texts.ts';
import { placeOf, ruleText } from './rule-places.ts';

/** What apparmor_parser says of a changed profile; `unknown`: it was not asked, or did not answer. */
export type CompileAnswer = 'compiles' | 'rejected' | 'unknown';

/** The profile under test, and who can judge a changed copy of it. */
export interface ProfileUnderTest {
  /** As its author wrote it; undefined for an engine's own without its text. */
  readonly text: ProfileText | undefined;
  /** Its name, as written; the names of a stack with `//&` between. */
  readonly name: string;
  readonly names: Names;
  /** Whether another changed copy may be read and compiled: that takes time. */
  readonly mayCheck: (source: string) => boolean;
  /** @returns another text of the same file, read; undefined where it cannot be. */
  readonly read: (source: string) => ProfileText | undefined;
  readonly compile: (source: string) => Promise<CompileAnswer>;
}

/**
 * @param asked all that an operation asks for, as far as it is known: it is refused at the first of it.
 * @returns undefined where nothing can be said that is sure to be right.
 */
export async function denialHint(
  entry: Entry,
  profile: ProfileUnderTest,
  asked: readonly AccessUnder[] = [],
): Promise<string | undefined> {
  const decisive = decidingDenial(entry);
  if (decisive === undefined) return undefined;

  const record = withWrittenNames(decisive, profile.names);
  const byReason = reasonHint(record, profile.text);
  if (byReason !== undefined) return byReason;
  const hasOthers = isCommand(entry.probe) && denialsOf(entry).length > 1;
  const denied = hasOthers ? denialText(record) : undefined;
  const { text } = profile;
  const labels = profileOf(record.fields).split('//&'); // every profile of a stack decides
  if (text === undefined || labels.some((label) => blockNamed(text, label) === undefined))
    return uncheckedCure(record, profile, denied);
  const all = labels.flatMap((label) => allNeeds(withLabel(record, label), asked, text));
  const needs = labels.length === 1 ? all : all.filter((need) => !allowsAll(text, bothEnds(need, text)));
  return blockingRule(needs, text, denied) ?? (await cure(needs, profile, { text, denied }));
}

function withLabel(record: AuditRecord, profile: string): AuditRecord {
  return { ...record, fields: { ...record.fields, profile } };
}

/** The hint for a record that says itself why no rule would help. */
function reasonHint({ fields }: AuditRecord, text: ProfileText | undefined): string | undefined {
  const { info = '', operation = '', error, target, name = '', denied_mask: mask = '' } = fields;
  const isLink = /link$/.test(operation) && target !== undefined;
  if (isLink && !mask.includes('l')) return HINTS.linkSubset;
  if (operation === 'change_hat' && error === '-2') return HINTS.noSuchHat(name);
  const flags = (text && blockNamed(text, profileOf(fields)))?.flags ?? [];
  const isDefined = defines(text, target ?? name);
  return REASONS.find(([start]) => info.startsWith(start))?.[1]({ flags, target, name, isDefined });
}

function defines(text: ProfileText | undefined, name: string): boolean {
  return text !== undefined && blockNamed(text, name) !== undefined;
}

/** What a record with a reason is of. */
interface Refused {
  /** Flags of the profile. */
  readonly flags: readonly string[];
  /** The profile that a rule names: undefined for an exec rule that names none. */
  readonly target: string | undefined;
  readonly name: string;
  /** The file under test defines the profile that is missing. */
  readonly isDefined: boolean;
}

/** By how `info=` begins (security/apparmor/domain.c, path.c). */
const REASONS: readonly (readonly [string, (refused: Refused) => string])[] = [
  ['no new privs', () => HINTS.noNewPrivs],
  ['Failed name lookup - disconnected path', ({ flags }) => HINTS.disconnected(flags.some(isAttaching))],
  ['Failed name lookup - deleted entry', ({ flags }) => HINTS.deleted(flags.includes('mediate_deleted'))],
  [
    'profile transition not found',
    ({ target }) => (target === undefined ? HINTS.nameTransition : HINTS.noSuchLabel(target)),
  ],
  ['label not found', noSuchLabel],
  ['profile not found', noSuchLabel],
  ['ptrace prevents transition', () => HINTS.tracedTransition],
];

function noSuchLabel({ target, name, isDefined }: Refused): string {
  return isDefined ? HINTS.loadedAsCopy(target ?? name) : HINTS.noSuchLabel(target ?? name);
}

/** `attach_disconnected`, and the form with a path. */
function isAttaching(flag: string): boolean {
  return flag.startsWith('attach_disconnected');
}

/** The deny rule or the limit that decides, which no other rule overrides. */
function blockingRule(
  needs: readonly AuditRecord[],
  text: ProfileText,
  denied: string | undefined,
): string | undefined {
  const [record] = needs;
  const own = record && profileOf(record.fields);
  const deny = denyRuleOf(
    text,
    needs.flatMap((need) => bothEnds(need, text)),
  );
  if (deny !== undefined) {
    const { rule, profile } = deny;
    const other = profile === own ? undefined : profile;
    return HINTS.denyRule(placeOf(text, rule), ruleText(rule), defined({ denied, profile: other }));
  }
  return record && limitRule(record, text);
}

function limitRule(record: AuditRecord, text: ProfileText): string | undefined {
  const { operation, rlimit } = record.fields;
  if (operation !== 'setrlimit') return undefined;
  const rules = blockNamed(text, profileOf(record.fields))?.rules ?? [];
  const limit = rules.findLast((rule) => rule.kind === 'rlimit' && rule.limit === rlimit);
  const wanted = suggestRule(record);
  return limit && wanted && HINTS.limitRule(placeOf(text, limit), ruleText(limit), wanted);
}

/** A rule for a profile whose text is not known. */
function uncheckedCure(
  record: AuditRecord,
  { name }: ProfileUnderTest,
  denied: string | undefined,
): string | undefined {
  const own = profileOf(record.fields);
  const rule = suggestRule(record);
  const unchecked = `the text of profile ${own} is not known`;
  return rule && cureText([{ profile: own, rule }], name, defined({ denied, unchecked }));
}

/** Rules that would allow it, once they are known to do so. */
async function cure(
  needs: readonly AuditRecord[],
  profile: ProfileUnderTest,
  { text, denied }: { readonly text: ProfileText; readonly denied: string | undefined },
): Promise<string | undefined> {
  const additions = needs.map((need) => rulesToAdd(need, text));
  const rules = additions.flatMap((some) => some ?? []);
  if (additions.includes(undefined) || rules.length === 0) return undefined;
  const show = (unchecked?: string): string => cureText(rules, profile.name, defined({ denied, unchecked }));

  const source = withRules(text, rules);
  if (source === undefined) return show('the profile stands in an included file');
  if (!profile.mayCheck(source)) return show('enough others were checked before');
  const accesses = needs.flatMap((need) => bothEnds(need, text));
  const changed = profile.read(source);
  const isKnown = accesses.length > 0;
  if (isKnown && (changed === undefined || allowsAll(text, accesses) || !allowsAll(changed, accesses)))
    return undefined;
  const answer = await profile.compile(source);
  if (answer === 'rejected') return undefined;
  if (answer === 'unknown') return show('apparmor_parser was not asked');
  return show(isKnown ? undefined : 'the record does not tell all that was asked for');
}

function cureText(
  additions: readonly Addition[],
  underTest: string,
  doubt: Parameters<typeof HINTS.addRules>[1],
): string {
  const rules = additions.map(({ rule, profile }) => ({ rule, profile: profile === underTest ? undefined : profile }));
  const isExec = additions.some(({ rule }) => / [rwamkl]*ix,$/.test(rule));
  return HINTS.addRules(rules, doubt) + (isExec ? HINTS.execMode : '');
}
