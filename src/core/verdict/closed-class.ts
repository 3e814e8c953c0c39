/**
 * What the attempts of a closed class add up to. Each has its verdict by the same rules as a probe that somebody wrote;
 * here it is said which of them show something of the class. Pure.
 */
import { describeAction } from '../model/describe-action.ts';
import type { AskedFiles, ClosedResult, Entry, Probe, UntriedMember, VerdictKind } from '../model/model.ts';
import { isDenial } from './facts.ts';
import { verdict, type PolicyAnswer } from './verdicts.ts';

/**
 * What became of a member.
 * - `denied`: as it must be.
 * - `allowed`: as the spec declares.
 * - `failed`: let through, or denied although it is declared allowed.
 * - `undecided`: tried, and nothing is known.
 * - `absent`: this kernel has no such thing.
 * - `untried`: AppArmor was not asked, or another layer or class answered first.
 */
export type MemberState = 'denied' | 'allowed' | 'failed' | 'undecided' | 'absent' | 'untried';

/** How many members there are in each state, and what that makes of the class. */
export interface ClosedTally extends Readonly<Record<MemberState, number>> {
  readonly kind: VerdictKind;
  readonly total: number;
}

/** What the kernel answers for a socket that it has no code for, after it has asked AppArmor (net/socket.c). */
const NO_SUCH_SOCKET: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'ESOCKTNOSUPPORT', 'EPROTONOSUPPORT']);

/** Where a mount stops that AppArmor has let pass (src/agent/ops_mount.c, op_mount). */
const AFTER_MOUNT = 'capability sys_admin';

const UNMADE = 'the profile does not let it be made';

const BARRED = 'the profile denies the file for it, and lsm_set_self_attr(2) cannot be had';

/** Verdicts by which nothing is known of what was asked, since it was not. */
const NOT_ASKED: ReadonlySet<string> = new Set([
  'vacuous',
  'other-denial',
  'not-asked',
  'control-unclear',
  'not-the-profile',
]);

/** Classes of which the kernel writes one record for each profile and processor, and is silent then. */
const RECORDED_ONCE: ReadonlySet<string> = new Set(['capability']);

/**
 * Whether an attempt deserves another one that expects no record: its class is recorded once, and this was denied
 * without a record.
 */
function isRecordedBefore({ probe, verdict: { code } }: Entry): boolean {
  return code === 'silent-denial' && RECORDED_ONCE.has(probe.closed?.class ?? '');
}

/**
 * What is to be tried once more. A denied capability is recorded once: it is tried without a record, so that the
 * control shows that the profile is the cause. And what was tried without the control, to save the effort, and was
 * neither allowed nor refused with a record, is tried with it.
 * @returns the probe, under another id; undefined where the first attempt stands.
 */
export function secondAttempt(
  entry: Entry,
  { id, hasControl }: { readonly id: string; readonly hasControl: boolean },
): Probe | undefined {
  const {
    probe,
    verdict: { code, kind },
  } = entry;
  if (isRecordedBefore(entry)) return { ...probe, id, expect: { ...probe.expect, audit: 'none' } };
  const isOpen = code === 'silent-denial' || (kind !== 'pass' && kind !== 'fail' && kind !== 'skipped');
  return isOpen && hasControl && !probe.control ? { ...probe, id, control: true } : undefined;
}

/**
 * @returns the entry, judged for its class: the kernel asks AppArmor first about some accesses, so that what only
 * another layer refused was let through by the profile.
 */
export function judgedForClass(entry: Entry): Entry {
  if (isContradicted(entry)) return { ...entry, verdict: verdict('contradiction', answerOf(entry)) };
  const contradicted = policyAnswer(entry);
  if (contradicted !== undefined) return { ...entry, verdict: verdict('contradiction', contradicted) };
  if (mayLeave(entry)) return { ...entry, verdict: verdict('may-leave', mayLeaveFacts(entry)) };
  return isLetPass(entry) ? { ...entry, verdict: verdict('let-pass', letPassFacts(entry)) } : entry;
}

/** The compiled policy keeps a program in the profile, and its start was refused; or the other way round. */
function policyAnswer({ probe: { closed }, verdict: { code, kind }, witnesses }: Entry): PolicyAnswer | undefined {
  const answer = { path: closed?.member ?? '', permissions: 'x' };
  const isRefused = code === 'denied-but-allowed' && witnesses.some((one) => isDenial(one) && one.before === undefined);
  if (closed?.policy === 'stays' && isRefused) return { ...answer, allowed: true };
  return closed?.policy === 'refused' && kind === 'pass' ? { ...answer, allowed: false } : undefined;
}

/** Whether the policy lets a program start under another label there, and none came so far as to be started. */
function mayLeave(entry: Entry): boolean {
  const {
    probe,
    verdict: { code, kind },
    observation,
  } = entry;
  if (probe.closed?.policy !== 'leaves' || probe.closed.declared === true) return false;
  if (probe.action.kind !== 'operation' || probe.action.name !== 'exec-copy') return false;
  const isStarted = kind === 'pass' || code === 'other-label' || (REFUSED.has(code) && !isUnmade(entry));
  return !isStarted && observation?.stage === 'done';
}

function mayLeaveFacts({ probe: { action }, observation }: Entry): { path: string; how: string } {
  const { stoppedAt, errno = 'no answer' } = observation ?? {};
  const [, path = ''] = action.kind === 'operation' ? action.args : [];
  return { path, how: stoppedAt === undefined ? errno : `${errno} at ${stoppedAt}` };
}

/** Of files, what is expected is what the kernel answered: what happens otherwise contradicts it. */
function isContradicted({ probe: { closed }, verdict: { code }, witnesses }: Entry): boolean {
  if (closed?.class !== FILES) return false;
  const isRefusedOtherwise = witnesses.some(({ record: { fields } }) => fields['info'] !== undefined);
  return code === 'let-through' || (AGAINST_ANSWER.has(code) && !isRefusedOtherwise);
}

const FILES = 'file';
const AGAINST_ANSWER: ReadonlySet<string> = new Set(['denied-but-allowed', 'denied-silently-but-allowed']);
/** Verdicts on an attempt that neither agree with the answer nor contradict it: another layer decided. */
const SHOWS_NO_FILE: ReadonlySet<string> = new Set([...AGAINST_ANSWER, 'silent-denial']);

function answerOf({ probe: { closed, expect } }: Entry): { path: string; permissions: string; allowed: boolean } {
  const [, path = '', permissions = ''] = /^(.*) (\S+)$/.exec(closed?.member ?? '') ?? [];
  return { path, permissions, allowed: expect.access === 'allowed' };
}

function letPassFacts({ probe: { action }, observation }: Entry): { action: string; how: string } {
  const { stoppedAt, errno = '' } = observation ?? {};
  return { action: describeAction(action), how: stoppedAt === undefined ? errno : `${errno} at ${stoppedAt}` };
}

function isLetPass({ probe: { action, expect }, verdict: { code }, observation, witnesses }: Entry): boolean {
  if (expect.access !== 'denied' || action.kind !== 'operation' || observation === undefined) return false;
  if (code !== 'vacuous' && code !== 'other-denial' && code !== 'not-asked') return false;
  if (witnesses.some((witness) => isDenial(witness) && witness.before === undefined)) return false;
  if (action.name === 'mount') return observation.stoppedAt === AFTER_MOUNT;
  // the capability that a family wants is asked for when the kernel makes the socket, which is later
  const isMade = witnesses.some(({ before }) => before === 'capability');
  return action.name === 'socket' && (isMade || NO_SUCH_SOCKET.has(observation.errno ?? ''));
}

/** @param entry as {@link judgedForClass} returns it. */
export function memberState(entry: Entry): MemberState {
  const { code, kind } = entry.verdict;
  if (code === 'let-pass' || code === 'may-leave') return 'failed';
  if (isAbsent(entry)) return 'absent';
  if (kind === 'skipped' || NOT_ASKED.has(code)) return 'untried';
  const isDeclared = entry.probe.expect.access === 'allowed';
  const ofClass = stateOfClass(entry);
  if (ofClass !== undefined) return ofClass;
  if (kind === 'pass') return isDeclared ? 'allowed' : 'denied';
  if (isDeclared && isDeniedByOthers(entry)) return 'untried';
  return kind === 'fail' ? 'failed' : 'undecided';
}

/** How the start of a program ends that the profile refuses. */
const REFUSED: ReadonlySet<string> = new Set(['denied-but-allowed', 'denied-silently-but-allowed']);

/** What a failure shows where the class asks for less than that the access succeeds. */
function stateOfClass(entry: Entry): MemberState | undefined {
  const { code } = entry.verdict;
  if (isExec(entry) && REFUSED.has(code)) return isUnmade(entry) ? 'untried' : 'denied';
  return entry.probe.closed?.class === FILES && SHOWS_NO_FILE.has(code) ? 'untried' : undefined;
}

/** The copy or script that was to be started could not be made. */
function isUnmade({ probe: { action }, observation }: Entry): boolean {
  const isLoader = action.kind === 'operation' && action.name === 'exec-loader';
  return !isLoader && observation?.stoppedAt !== undefined;
}

/** A closed class of executables asks only for the label: what does not start, leaves no profile. */
function isExec({ probe: { closed } }: Entry): boolean {
  return closed?.class === 'exec';
}

/** The control shows that this kernel has no code for it, whatever AppArmor says before. */
function isAbsent({ probe: { action }, verdict: { code }, control }: Entry): boolean {
  const isSocket = action.kind === 'operation' && action.name === 'socket';
  return isSocket && hasNoCode(control?.errno) && (code === 'denied-twice' || NOT_ASKED.has(code));
}

/** Whether only other classes denied something, before the access itself was asked for. */
function isDeniedByOthers({ witnesses }: Entry): boolean {
  const denials = witnesses.filter(isDenial);
  return denials.length > 0 && denials.every(({ before }) => before !== undefined);
}

function hasNoCode(errno: string | undefined): boolean {
  return errno !== undefined && NO_SUCH_SOCKET.has(errno);
}

/**
 * Whether a class is no longer green for an attempt that passed under another policy. Whether a denied capability has a
 * record depends on what was denied before.
 */
export function isNoticed(entry: Entry): boolean {
  const { code } = entry.verdict;
  const isOfRecord = code === 'silent-denial' || code === 'condition';
  if (isOfRecord && RECORDED_ONCE.has(entry.probe.closed?.class ?? '')) return false;
  return ['failed', 'undecided'].includes(memberState(entry));
}

/** A class is green for what was tried. One of which nothing could be tried is not. */
export function tallyOf({ entries, untried, asked = [], files }: ClosedResult): ClosedTally {
  if (files !== undefined) return filesTally(files, entries, untried.length);
  const tried = { denied: 0, allowed: 0, failed: 0, undecided: 0, absent: 0, untried: untried.length };
  for (const entry of entries) tried[memberState(entry)] += 1;
  const refused = asked.filter(({ answer }) => answer === 'refused').length;
  const counts = { ...tried, denied: tried.denied + refused, allowed: tried.allowed + asked.length - refused };
  const total = entries.length + untried.length + asked.length;
  return { ...counts, total, kind: kindOf(tried, entries) };
}

/** Of files the answers count, and of the attempts only those that contradict them. */
function filesTally(files: AskedFiles, entries: readonly Entry[], untried: number): ClosedTally {
  const { denied, allowed, differing } = files;
  const states = entries.map(memberState);
  const failedAttempts = entries.filter((entry, i) => states[i] === 'failed' && !isAnswer(entry)).length;
  const counts = {
    denied,
    allowed,
    failed: differing + failedAttempts,
    undecided: states.filter((state) => state === 'undecided').length,
    absent: 0,
    untried,
  };
  return { ...counts, total: denied + allowed + differing + untried, kind: kindOf(counts, entries) };
}

/** Whether an entry stands for answers of the kernel, and was not tried. */
export function isAnswer({ verdict: { code } }: Entry): boolean {
  return code === 'answered-allowed' || code === 'answered-denied';
}

function kindOf(counts: Readonly<Record<MemberState, number>>, entries: readonly Entry[]): VerdictKind {
  if (counts.failed > 0) return 'fail';
  if (counts.undecided > 0) return 'inconclusive';
  if (counts.denied + counts.allowed > 0) return 'pass';
  const isSkipped = entries.length > 0 && entries.every((one) => one.verdict.kind === 'skipped' || isBarred(one));
  return isSkipped ? 'skipped' : 'inconclusive';
}

/**
 * Whether the profile's own rules for files kept a change of the label from being asked for. Kernels since 6.8 have
 * lsm_set_self_attr(2), which asks no such rule, and is tried then.
 */
function isBarred({ probe: { closed }, verdict: { code } }: Entry): boolean {
  return closed?.class === 'change_profile' && code === 'other-denial';
}

/** Members that show nothing, each with the reason. */
export function untriedMembers({ entries, untried }: ClosedResult): readonly UntriedMember[] {
  const ofEntries = entries
    .filter((entry) => memberState(entry) === 'untried')
    .map((entry) => ({ member: entry.probe.closed?.member ?? entry.probe.name, why: whyUntried(entry) }));
  return [...untried, ...ofEntries];
}

function whyUntried(entry: Entry): string {
  const {
    verdict: { code, reason },
    control,
  } = entry;
  if (isBarred(entry)) return BARRED;
  if (isExec(entry) && isUnmade(entry) && REFUSED.has(code)) return UNMADE;
  if (code !== 'vacuous' && code !== 'not-the-profile') return reason.replace(/\.$/, '');
  if (control === undefined) return reason.replace(/\.$/, '');
  const { errno = 'a failure', stoppedAt } = control;
  return `refused without the profile as well: ${errno}${stoppedAt === undefined ? '' : ` at ${stoppedAt}`}`;
}

/** Entries of a class that are to be shown by themselves. */
export function notableEntries({ entries }: ClosedResult): readonly Entry[] {
  return entries.filter((entry) => ['failed', 'undecided'].includes(memberState(entry)));
}
