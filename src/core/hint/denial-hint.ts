/**
 * What to do about a denial that the spec does not expect: the deny rule that decides, or a rule that would allow it. A
 * rule is shown only after it was added to a copy of the profile, the copy was read and compiled, and it answers that
 * the access is allowed. Pure but for what the caller hands in.
 */
import { suggestRule } from '../audit/suggest-rule.ts';
import { recordAccesses } from '../coverage/record-accesses.ts';
import { asWritten, type Names } from '../model/labels.ts';
import type { AuditRecord, Entry } from '../model/model.ts';
import { defined } from '../model/optional.ts';
import type { ProfileText } from '../profile/syntax/ast.ts';
import { isCommand } from '../verdict/outcome.ts';
import { allowsAll, blockNamed, denyRuleOf, withRules, type AccessUnder, type Addition } from './add-rules.ts';
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
  readonly mayCheck: () => boolean;
  /** @returns another text of the same file, read; undefined where it cannot be. */
  readonly read: (source: string) => ProfileText | undefined;
  readonly compile: (source: string) => Promise<CompileAnswer>;
}

/** @returns undefined where nothing can be said that is sure to be right. */
export async function denialHint(entry: Entry, profile: ProfileUnderTest): Promise<string | undefined> {
  const decisive = decidingDenial(entry);
  if (decisive === undefined) return undefined;

  const record = withWrittenNames(decisive, profile.names);
  const byReason = reasonHint(record, profile.text);
  if (byReason !== undefined) return byReason;
  const hasOthers = isCommand(entry.probe) && denialsOf(entry).length > 1;
  const denied = hasOthers ? denialText(record) : undefined;
  return (profile.text && blockingRule(record, profile.text, denied)) ?? (await cure(record, profile, denied));
}

/** Fields whose values are labels: a run loads profiles under names of its own. */
const LABELS = ['profile', 'label', 'peer', 'target', 'tcontext', 'peer_label', 'peer_profile'];

/** @returns the record with the names that the profile's author wrote. */
export function withWrittenNames(record: AuditRecord, names: Names): AuditRecord {
  const isChange = /^(?:change_|stack)/.test(record.fields['operation'] ?? '');
  const fields = Object.entries(record.fields).map(([key, value]) => {
    const isLabel = LABELS.includes(key) || (key === 'name' && isChange);
    return [key, isLabel ? asWritten(value, names) : value] as const;
  });
  return { ...record, fields: Object.fromEntries(fields) };
}

/** The hint for a record that says itself why no rule would help. */
function reasonHint({ fields }: AuditRecord, text: ProfileText | undefined): string | undefined {
  const info = fields['info'] ?? '';
  const flags = (text && blockNamed(text, profileOf(fields)))?.flags ?? [];
  const isLink = /link$/.test(fields['operation'] ?? '') && fields['target'] !== undefined;
  if (isLink && !(fields['denied_mask'] ?? '').includes('l')) return HINTS.linkSubset;
  return REASONS.find(([start]) => info.startsWith(start))?.[1](flags, fields['target'] ?? fields['name'] ?? '');
}

/** By how `info=` begins (security/apparmor/domain.c, path.c). */
const REASONS: readonly (readonly [string, (flags: readonly string[], target: string) => string])[] = [
  ['no new privs', () => HINTS.noNewPrivs],
  ['Failed name lookup - disconnected path', (flags) => HINTS.disconnected(flags.some(isAttaching))],
  ['Failed name lookup - deleted entry', (flags) => HINTS.deleted(flags.includes('mediate_deleted'))],
  ['profile transition not found', () => HINTS.nameTransition],
  ['label not found', (_flags, target) => HINTS.noSuchLabel(target)],
  ['profile not found', (_flags, target) => HINTS.noSuchLabel(target)],
  ['ptrace prevents transition', () => HINTS.tracedTransition],
];

/** `attach_disconnected`, and the form with a path. */
function isAttaching(flag: string): boolean {
  return flag.startsWith('attach_disconnected');
}

/** The deny rule or the limit that decided, which no other rule overrides. */
function blockingRule(record: AuditRecord, text: ProfileText, denied: string | undefined): string | undefined {
  const deny = denyRuleOf(text, bothEnds(record, text));
  if (deny !== undefined) {
    const { rule, profile } = deny;
    const other = profile === profileOf(record.fields) ? undefined : profile;
    return HINTS.denyRule(placeOf(text, rule), ruleText(rule), defined({ denied, profile: other }));
  }
  if (record.fields['operation'] !== 'setrlimit') return undefined;
  const limits = blockNamed(text, profileOf(record.fields))?.rules ?? [];
  const limit = limits.findLast((rule) => rule.kind === 'rlimit' && rule.limit === record.fields['rlimit']);
  const wanted = suggestRule(record);
  return limit && wanted && HINTS.limitRule(placeOf(text, limit), ruleText(limit), wanted);
}

/** Rules that would allow it, once they are known to do so. */
async function cure(
  record: AuditRecord,
  profile: ProfileUnderTest,
  denied: string | undefined,
): Promise<string | undefined> {
  const { text, name } = profile;
  const own = profileOf(record.fields);
  const show = (additions: readonly Addition[], unchecked?: string): string => {
    const rules = additions.map((addition) => ({
      rule: addition.rule,
      profile: addition.profile === name ? undefined : addition.profile,
    }));
    const isExec = recordAccesses(record).some((access) => access.class === 'file' && access.permission === 'x');
    return HINTS.addRules(rules, defined({ denied, unchecked })) + (isExec ? HINTS.execMode : '');
  };

  if (text === undefined || blockNamed(text, own) === undefined) {
    const rule = suggestRule(record);
    return rule && show([{ profile: own, rule }], `the text of profile ${own} is not known`);
  }
  const additions = rulesToAdd(record, text);
  if (additions === undefined) return undefined;
  const source = withRules(text, additions);
  if (source === undefined) return show(additions, 'the profile stands in an included file');

  if (!profile.mayCheck()) return show(additions, 'enough others were checked before');
  const accesses = bothEnds(record, text);
  const changed = profile.read(source);
  const isKnown = accesses.length > 0;
  if (isKnown && (changed === undefined || allowsAll(text, accesses) || !allowsAll(changed, accesses)))
    return undefined;
  const answer = await profile.compile(source);
  if (answer === 'rejected') return undefined;
  if (answer === 'unknown') return show(additions, 'apparmor_parser was not asked');
  return show(additions, isKnown ? undefined : 'the record does not tell all that was asked for');
}

/** The rule for who asked, and for the other end, where that is a profile of the same file and needs one. */
function rulesToAdd(record: AuditRecord, text: ProfileText): readonly Addition[] | undefined {
  const hasVariable = (variable: string): boolean => text.variables.has(variable);
  const own = profileOf(record.fields);
  const other = otherEnd(record, text);
  const isNeeded = other !== undefined && !allowsAll(text, accessesOf(other));
  const isSame = other !== undefined && profileOf(other.fields) === own;
  const first = suggestRule(isNeeded && isSame ? withBothMasks(record, other) : record, hasVariable);
  if (first === undefined) return undefined;

  const additions = [{ profile: own, rule: first }];
  if (!isNeeded || isSame) return additions;
  const second = suggestRule(other, hasVariable);
  return second === undefined ? additions : [...additions, { profile: profileOf(other.fields), rule: second }];
}

/** What was asked of the profile that the record is of, and of the profile at the other end. */
function bothEnds(record: AuditRecord, text: ProfileText): readonly AccessUnder[] {
  const other = otherEnd(record, text);
  return [...accessesOf(record), ...(other === undefined ? [] : accessesOf(other))];
}

function accessesOf(record: AuditRecord): readonly AccessUnder[] {
  const profile = profileOf(record.fields);
  return recordAccesses(record).map((access) => ({ profile, access }));
}

/** What the other end has to allow, for each access. */
const COUNTERPARTS: Readonly<Record<string, string>> = {
  send: 'receive',
  receive: 'send',
  trace: 'tracedby',
  tracedby: 'trace',
  read: 'readby',
  readby: 'read',
  connect: 'accept',
  accept: 'connect',
};

/** @returns the record that the other end's profile would have of it; undefined where that is not in the file. */
function otherEnd({ fields, ...rest }: AuditRecord, text: ProfileText): AuditRecord | undefined {
  const { peer, addr, peer_addr: peerAddr, denied_mask: mask = '' } = fields;
  if (peer === undefined || blockNamed(text, peer) === undefined) return undefined;
  const masks = mask.split(' ').map((word) => COUNTERPARTS[word]);
  if (masks.some((word) => word === undefined)) return undefined;
  const profile = profileOf(fields);
  const turned = { profile, peer: profile, denied_mask: masks.join(' '), addr: peerAddr, peer_addr: addr };
  return { ...rest, fields: defined({ ...fields, ...turned, profile: peer }) };
}

function withBothMasks(record: AuditRecord, { fields: { denied_mask: other = '' } }: AuditRecord): AuditRecord {
  const words = `${record.fields['denied_mask'] ?? ''} ${other}`.split(' ');
  // who acts comes first, as people write it
  const sorted = [...new Set(words)].sort((a, b) => Number(isAnswer(a)) - Number(isAnswer(b)));
  return { ...record, fields: { ...record.fields, denied_mask: sorted.join(' ') } };
}

function isAnswer(mask: string): boolean {
  return /^(?:receive|tracedby|readby|accept)$/.test(mask);
}

function profileOf(fields: AuditRecord['fields']): string {
  return fields['profile'] ?? fields['label'] ?? '';
}

/** @returns what a record is about, in a few words: `open /etc/x (r)`. */
function denialText({ fields }: AuditRecord): string {
  const { operation, name, capname, family, sock_type: type, denied_mask: mask } = fields;
  const target = name ?? capname ?? [family, type].filter(Boolean).join(' ');
  const permissions = mask === undefined || mask === operation ? '' : ` (${mask})`;
  return `${operation ?? 'an access'} ${target}${permissions}`.trim();
}
