/** A closed class in one line, and its members in lists: the same words in every report. Pure. */
import type { AskedFiles, ClosedResult, Entry, PolicyStart, Suite } from '../model/model.ts';
import {
  isAnswer,
  memberState,
  tallyOf,
  untriedMembers,
  type ClosedTally,
  type MemberState,
} from '../verdict/closed-class.ts';
import { counted, grouped, oneLine } from '../text/visible.ts';
import { durationText } from './describe-entry.ts';

/** Longest row. */
const LINE = 800;
/** Longest reason, most different reasons, and most members that a row names. */
const WHY = 160;
const MOST_REASONS = 3;
const MOST_NAMED = 3;

/** The name of a row: `closed: capability`. */
export function closedTitle(result: Pick<ClosedResult, 'class'>): string {
  return `closed: ${result.class}`;
}

/** `38 of 41 denied, 2 allowed as declared, 1 not tried (mac_override: …)`. */
export function closedText(result: ClosedResult): string {
  if (result.files !== undefined) return oneLine(filesText(result, result.files), LINE);
  const tally = tallyOf(result);
  const parts = [
    `${grouped(tally.denied)} of ${grouped(tally.total)} denied`,
    countText(tally.allowed, result.class === 'exec' ? 'under the declared label' : 'allowed as declared'),
    countText(result.asked?.length ?? 0, 'of them by the word of the compiled policy'),
    countText(tally.failed, 'not as declared'),
    countText(tally.undecided, 'undecided'),
    countText(tally.absent, 'not there'),
    tally.untried === 0 ? undefined : `${grouped(tally.untried)} not tried (${untriedText(result)})`,
  ];
  return oneLine(`${parts.filter((part) => part !== undefined).join(', ')}${nothingTriedText(tally)}`, LINE);
}

/** `31,204 of 40,004 denied, 8,800 allowed as declared; the kernel was asked about …; 150 tried: 148 agree`. */
function filesText(result: ClosedResult, files: AskedFiles): string {
  const tally = tallyOf(result);
  const different = result.entries.filter(isAnswer).map(({ probe }) => probe.closed?.member ?? '');
  const names = different.length === 0 ? '' : ` (${oneLine(namesText(different), WHY)})`;
  const counts = [
    `${grouped(tally.denied)} of ${grouped(tally.total)} denied`,
    countText(tally.allowed, 'allowed as declared'),
    countText(tally.failed, `not as declared${names}`),
    countText(tally.undecided, 'undecided'),
    countText(files.leftOpen, 'left open'),
    tally.untried === 0 ? undefined : `not asked (${untriedText({ ...result, entries: [] })})`,
  ].filter((part) => part !== undefined);
  return [counts.join(', '), askedText(files), nativeText(result), ...files.cuts].join('; ');
}

function askedText({ paths, examples, others }: AskedFiles): string {
  const more = examples === 0 ? '' : ` and ${counted(examples, 'other name')} that rules tell apart`;
  const whom = others ? 'the owner and others' : 'the owner';
  return `the kernel was asked about ${counted(paths, 'path')}${more}, for ${whom}`;
}

/** What was tried besides, to show that the answers hold. */
function nativeText(result: ClosedResult): string {
  const tried = result.entries.filter((entry) => !isAnswer(entry));
  const states = tried.map(memberState);
  const agreed = states.filter((state) => state === 'denied' || state === 'allowed').length;
  const unshown = untriedMembers({ ...result, entries: tried, untried: [] });
  const why = untriedText({ ...result, untried: [], entries: tried });
  const rest = unshown.length === 0 ? '' : `, ${grouped(unshown.length)} show nothing (${why})`;
  return `${grouped(tried.length)} tried: ${grouped(agreed)} agree${rest}`;
}

function countText(count: number, what: string): string | undefined {
  return count === 0 ? undefined : `${grouped(count)} ${what}`;
}

function nothingTriedText(tally: ClosedTally): string {
  const isNothing = tally.denied + tally.allowed + tally.failed + tally.undecided === 0;
  return isNothing && tally.kind !== 'skipped' ? ': nothing of it could be tried' : '';
}

/** The reasons, the most frequent first, each with its members. */
function untriedText(result: ClosedResult): string {
  const groups = new Map<string, string[]>();
  for (const { member, why } of untriedMembers(result)) groups.set(why, [...(groups.get(why) ?? []), member]);
  const sorted = [...groups].sort(([, a], [, b]) => b.length - a.length);
  const shown = sorted.slice(0, MOST_REASONS).map(([why, members]) => `${namesText(members)}: ${oneLine(why, WHY)}`);
  const rest = sorted.length - shown.length;
  return [...shown, ...(rest > 0 ? [counted(rest, 'other reason')] : [])].join('; ');
}

function namesText(members: readonly string[]): string {
  const named = members.slice(0, MOST_NAMED).join(', ');
  const rest = members.length - MOST_NAMED;
  return rest > 0 ? `${named} and ${grouped(rest)} more` : named;
}

/** How long it took and how much that was: `41 attempts, 1.2 s`. */
export function closedEffortText({ entries, durationMs }: ClosedResult): string {
  return `${counted(entries.length, 'attempt')}, ${durationText(durationMs)}`;
}

const STATE_TEXT: Readonly<Record<MemberState, string>> = {
  denied: 'denied',
  allowed: 'allowed, as declared',
  failed: 'NOT AS DECLARED',
  undecided: 'UNDECIDED',
  absent: 'not there',
  untried: 'not tried',
};

/** One line for each member: `sys_admin: denied. Denied: capability sys_admin.` */
export function memberLines(result: ClosedResult): readonly string[] {
  return [...result.entries.map(memberLine), ...otherMemberLines(result)];
}

/** The same for the members without an attempt. */
export function otherMemberLines({ untried, asked = [] }: Pick<ClosedResult, 'untried' | 'asked'>): readonly string[] {
  return [
    ...asked.map(({ member, answer }) => oneLine(`${member}: ${ANSWER_TEXT[answer]}, by the compiled policy.`, LINE)),
    ...untried.map(({ member, why }) => oneLine(`${member}: not tried. ${why}`, LINE)),
  ];
}

const ANSWER_TEXT: Readonly<Record<PolicyStart, string>> = {
  refused: 'cannot start',
  stays: 'stays in the profile',
  leaves: 'may leave the profile',
};

function memberLine(entry: Entry): string {
  const { probe, verdict } = entry;
  const member = probe.closed?.member ?? probe.name;
  return oneLine(`${member}: ${STATE_TEXT[memberState(entry)]}. ${verdict.reason}`, LINE);
}

/** Classes of which the spec says nothing, in a sentence; undefined where it says something of each, or closes none. */
export function unknownClassesText({ notClosed }: Pick<Suite, 'notClosed'>): string | undefined {
  if (notClosed === undefined || notClosed.unknown.length === 0) return undefined;
  const names = notClosed.unknown.join(', ');
  return `The spec says nothing of these classes: ${names}. List each of them in \`closed\` or in \`open\`.`;
}

/** Classes that the spec leaves open; undefined where there are none. */
export function openClassesText({ notClosed }: Pick<Suite, 'notClosed'>): string | undefined {
  if (notClosed === undefined || notClosed.open.length === 0) return undefined;
  return `left open: ${notClosed.open.join(', ')}`;
}
