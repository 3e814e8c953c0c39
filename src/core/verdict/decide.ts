/**
 * The verdict table: expectation, observation, records and control to one verdict. Pure and exhaustive; every row has a
 * code, and docs/verdicts.md lists them all. A verdict that could not be reached is never a pass.
 */
import { describeAction } from '../model/describe-action.ts';
import { labelText, sameLabel } from '../model/labels.ts';
import { likelyLayer } from './other-layers.ts';
import { matchRecord, matchText } from './match.ts';
import { suggestRule } from '../audit/suggest-rule.ts';
import type { ContainerSpec, Observation, Probe, Verdict, VerdictKind, Witness } from '../model/model.ts';

/** Everything that is known of a probe when it is judged. */
export interface Facts {
  readonly probe: Probe;
  readonly observation: Observation;
  /** What the same probe did in the unconfined twin; undefined without a control. */
  readonly control?: Observation;
  readonly witnesses: readonly Witness[];
  /** What the containers were made of: it tells which other layers were on. */
  readonly container?: ContainerSpec;
  /** Why records of this probe may be missing; undefined when nothing was lost. */
  readonly loss?: string;
}

/** What an observation amounts to. `unclear` says why it proves nothing. */
export type ProbeOutcome =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly how: string }
  | { readonly kind: 'unclear'; readonly code: string; readonly why: string };

/** Exec errors that say nothing about permission: the program is not there, or is no program. */
const NOT_A_DENIAL = new Set([
  'ENOENT',
  'ENOTDIR',
  'ENOEXEC',
  'ELOOP',
  'ENAMETOOLONG',
  'ENOMEM',
  'E2BIG',
  'EAGAIN',
  'ETXTBSY',
]);

/**
 * What the agent answers when the kernel could not be asked, or does not ask AppArmor for this (src/agent/attempt.c,
 * ops_cap.c); and that a file is being executed or written, which the kernel finds before it asks (do_dentry_open).
 */
const NOT_ASKED = new Set(['ECANCELED', 'EOPNOTSUPP', 'ENOSYS', 'ETIMEDOUT', 'ETXTBSY']);

/** @returns how the probe ended, whatever was expected of it. */
export function probeOutcome(probe: Probe, o: Observation): ProbeOutcome {
  if (o.stage === 'lost') return { kind: 'unclear', code: 'no-answer', why: o.problem ?? 'no answer came back' };
  if (o.stage === 'timeout')
    return {
      kind: 'unclear',
      code: 'timeout',
      why: `it did not end within ${probe.timeoutMs} ms and was killed`,
    };
  if (o.errno !== undefined) {
    if (probe.action.kind === 'operation' && o.signal === undefined && NOT_ASKED.has(o.errno))
      return { kind: 'unclear', code: 'not-asked', why: `it could not be tried: ${o.remark ?? o.errno}` };
    if (isCommand(probe) && NOT_A_DENIAL.has(o.errno))
      return { kind: 'unclear', code: 'not-runnable', why: `the command could not be started: ${o.errno}` };
    return { kind: 'failed', how: o.stage === 'exec' ? `the program could not be started: ${o.errno}` : o.errno };
  }
  if (o.signal !== undefined) return { kind: 'failed', how: `killed by ${o.signal}` };
  if (o.status !== undefined)
    return o.status < 400 ? { kind: 'succeeded' } : { kind: 'failed', how: `HTTP status ${o.status}` };
  if (o.exit !== undefined && o.exit !== 0) {
    if (probe.action.kind === 'shell' && o.exit === 127)
      return {
        kind: 'unclear',
        code: 'not-runnable',
        why: 'the shell ended with status 127, which says that a command was not found',
      };
    return { kind: 'failed', how: `exit status ${o.exit}` };
  }
  return { kind: 'succeeded' };
}

/** An access that is to be allowed may end with a status that is no success elsewhere: the spec says which. */
function asDeclared({ expect }: Probe, o: Observation): boolean {
  if (expect.access === 'denied' || o.stage !== 'done' || o.errno !== undefined) return false;
  return (
    (typeof expect.exit === 'number' && o.exit === expect.exit) ||
    (expect.status !== undefined && o.status === expect.status)
  );
}

/** A copy under a name of its own catches no program of the host, and none of the container by attachment. */
const UNATTACHED =
  'The exec rule names a profile that is not loaded; or it names none and looks for one that attaches to the program, and the copy that a run loads attaches to nothing: name it in the rule (`px -> NAME`), or run with --in-place.';

/** What a command through `docker exec` does not show. */
const DIRECT =
  'Started by docker exec: the engine opens the program while it is still unconfined, so the exec rules of the profile were not asked for it. `via: agent` asks them.';

/** Judges one probe. */
export function decide(facts: Facts): Verdict {
  const { probe, observation, loss } = facts;
  const stray = [observation, facts.control]
    .flatMap((one) => [one?.process, one?.other])
    .find((one) => one !== undefined && !sameLabel(one.label, one.expected));
  if (stray !== undefined)
    return verdict(
      'inconclusive',
      'wrong-label',
      `A process of it (pid ${stray.pid}) carried the label ${stray.label} in place of ${stray.expected}: what it showed is not this profile's doing.`,
    );
  const outcome: ProbeOutcome = asDeclared(probe, observation)
    ? { kind: 'succeeded' }
    : probeOutcome(probe, observation);
  // no record can take that back
  if (outcome.kind === 'succeeded' && probe.expect.access === 'denied')
    return verdict(
      'fail',
      'let-through',
      `The profile lets it through: ${describeAction(probe.action)} succeeded.`,
      undefined,
      probe.direct ? [DIRECT] : [],
    );
  if (loss !== undefined) return verdict('inconclusive', 'records-lost', `Audit records may be missing: ${loss}.`);
  if (outcome.kind === 'unclear')
    return verdict('inconclusive', outcome.code, `${sentence(outcome.why)}.`, missingProgramHint(outcome.code));
  const base =
    probe.expect.access === 'denied'
      ? judgeDenied(facts, outcome)
      : probe.expect.access === 'allowed'
        ? judgeAllowed(facts, outcome)
        : judgeComplains(facts, outcome);
  const { stoppedAt } = observation;
  const notes = [
    ...(probe.direct ? [DIRECT] : []),
    ...(base.kind === 'pass' && probe.expect.access === 'denied' && stoppedAt !== undefined
      ? [`Denied at ${stoppedAt}, a step on the way: the rest was not asked for.`]
      : []),
  ];
  const told = { ...base, notes: [...base.notes, ...notes] };
  return told.kind === 'pass' ? (conditions(facts) ?? told) : told;
}

function judgeDenied(facts: Facts, outcome: ProbeOutcome): Verdict {
  const { probe, control } = facts;
  const denials = facts.witnesses.filter(isDenial);
  const controlOutcome = control && probeOutcome(probe, control);
  if (controlOutcome?.kind === 'unclear')
    return verdict(
      'inconclusive',
      'control-unclear',
      `Without the profile ${controlOutcome.why}, so nothing shows that the profile denies it.`,
      missingProgramHint(controlOutcome.code),
    );
  const controlFailed = controlOutcome?.kind === 'failed';
  const proved = denials.some((one) => proves(facts, one));
  if (denials.length > 0 && (proved || !controlFailed)) {
    if (controlFailed)
      return verdict('pass', 'denied-twice', 'Denied by AppArmor, and another layer denies it as well.', undefined, [
        `Without the profile it fails too: ${controlOutcome.how}${layerText(facts)}.`,
      ]);
    if (controlOutcome === undefined && !proved) {
      return (
        conditions(facts) ??
        verdict(
          'inconclusive',
          'no-witness',
          'AppArmor denied something on the way, but nothing shows that the command failed for it.',
          'Leave the control container on, or say with `audit` which record is to be there.',
        )
      );
    }
    return verdict('pass', 'denied', 'Denied, and the kernel says that AppArmor did it.');
  }
  if (controlFailed) {
    return verdict(
      'vacuous',
      'vacuous',
      `It fails without the profile too (${controlOutcome.how}${layerText(facts)}), and no record ${denials.length > 0 ? 'shows that it failed for what AppArmor denied' : 'says that AppArmor denied it'}: this proves nothing about the profile.`,
      'Take the other layer away (`only-apparmor: true`, or capabilities, security-opt, sysctls, user) so that the profile alone decides.',
    );
  }
  if (probe.expect.audit === 'none') {
    if (control === undefined)
      return verdict(
        'inconclusive',
        'no-witness',
        'There is neither a record nor a control container: nothing shows who denied it.',
        'Leave the control container on.',
      );
    if (
      probe.action.kind === 'operation' &&
      probe.expect.errno === undefined &&
      facts.observation.errno !== 'EACCES' &&
      facts.observation.errno !== 'EPERM'
    ) {
      return verdict(
        'inconclusive',
        'no-witness',
        `It failed with ${facts.observation.errno ?? 'a signal'}, which is not what AppArmor answers, and no record is to be expected: an earlier probe may have made the difference.`,
        'If the profile answers so (`flags=(error=…)`), declare `errno`.',
      );
    }
    return verdict(
      'pass',
      'denied-silently',
      'Denied without a record, as the spec allows; the control container shows that the profile is the cause.',
    );
  }
  return verdict(
    'fail',
    'silent-denial',
    `It failed${outcome.kind === 'failed' ? ` (${outcome.how})` : ''}, but no audit record says that AppArmor denied it.`,
    "Check that the kernel's audit switch is noquiet; if the denial may be silent, declare `audit: none`.",
  );
}

function judgeAllowed(facts: Facts, outcome: ProbeOutcome): Verdict {
  const { probe, observation, control } = facts;
  const denials = facts.witnesses.filter(isDenial);
  if (outcome.kind === 'succeeded') {
    if (
      denials.length > 0 &&
      isCommand(probe) &&
      !declares(probe) &&
      control !== undefined &&
      differs(observation, control)
    ) {
      return verdict(
        'inconclusive',
        'denied-on-the-way',
        'It ended well, but AppArmor denied something on the way, and without the profile it says something else.',
        'Say what it has to print or how it has to exit (`stdout`, `stderr`, `exit`), or try the access itself.',
      );
    }
    const notes = denials.length > 0 ? [`${denials.length} denial(s) on the way did not stop it.`] : [];
    return verdict('pass', 'allowed', 'Allowed.', undefined, notes);
  }
  const how = outcome.kind === 'failed' ? outcome.how : '';
  const controlOutcome = control && probeOutcome(probe, control);
  const [first] = denials;
  if (first !== undefined) {
    const rule = suggestRule(first.record);
    const unattached = first.record.fields['info'] === 'profile transition not found';
    return verdict(
      'fail',
      'denied-but-allowed',
      `The profile denies it: ${how}.`,
      unattached ? UNATTACHED : rule === undefined ? undefined : `A rule that would allow it: ${rule}`,
    );
  }
  if (controlOutcome === undefined)
    return verdict(
      'inconclusive',
      'not-the-profile',
      `It failed (${how}), with no record and no control container to tell why.`,
    );
  if (controlOutcome.kind === 'succeeded') {
    return verdict(
      'fail',
      'denied-silently-but-allowed',
      `It fails under the profile (${how}) and succeeds without it, with no audit record.`,
      'A record may have been withheld; look at capability rules, whose denials the kernel logs only once.',
    );
  }
  const why = controlOutcome.kind === 'failed' ? controlOutcome.how : controlOutcome.why;
  return verdict(
    'inconclusive',
    'not-the-profile',
    `It fails without the profile too (${why}${layerText(facts)}): not the profile's doing.`,
    'Correct the probe or the container until it succeeds without the profile.',
  );
}

function judgeComplains(facts: Facts, outcome: ProbeOutcome): Verdict {
  if (outcome.kind === 'failed')
    return verdict(
      'fail',
      'denied-in-complain',
      `It was to succeed with an ALLOWED record, but failed: ${outcome.how}.`,
    );
  const complaints = facts.witnesses.filter(({ record }) => record.type === 'ALLOWED');
  if (complaints.some((one) => proves(facts, one)))
    return verdict('pass', 'complained', 'Allowed, and the kernel says that enforcing would have denied it.');
  if (complaints.length > 0) return byTimeAlone('an ALLOWED record');
  return verdict('fail', 'no-complaint', 'It succeeded, but no ALLOWED record says that the profile would deny it.');
}

/** The further conditions of the spec, on top of the access itself. */
function conditions({ probe, observation: o, control, witnesses }: Facts): Verdict | undefined {
  const { expect } = probe;
  const unmet = (what: string): Verdict => verdict('fail', 'condition', what);
  if (
    expect.exit === 'nonzero'
      ? o.exit === undefined || o.exit === 0
      : expect.exit !== undefined && o.exit !== expect.exit
  ) {
    return unmet(
      `The exit status was to be ${String(expect.exit)} but was ${o.exit === undefined ? 'none' : String(o.exit)}.`,
    );
  }
  if (expect.errno !== undefined && o.errno !== expect.errno)
    return unmet(`The errno was to be ${expect.errno} but was ${o.errno ?? 'none'}.`);
  if (expect.status !== undefined && o.status !== expect.status)
    return unmet(`The HTTP status was to be ${expect.status} but was ${String(o.status)}.`);
  for (const [what, match, captured] of [
    ['Standard output', expect.stdout, o.stdout],
    ['Standard error', expect.stderr, o.stderr],
    ['The body', expect.body, o.stdout],
  ] as const) {
    if (match === undefined) continue;
    if (captured.truncated) return verdict('inconclusive', 'output-cut', `${what} was cut, so it cannot be compared.`);
    const problem = matchText(match, captured.text);
    if (problem !== undefined) return unmet(`${what} ${problem}.`);
  }
  const carried = carriedProblem(expect, o);
  if (carried !== undefined) return carried;
  if (expect.audit === 'none')
    return witnesses.length === 0
      ? undefined
      : unmet(`There were to be no records, but there are ${witnesses.length}.`);
  if (expect.audit !== undefined) {
    const match = expect.audit;
    const telling = witnesses.filter(
      (one) =>
        match['apparmor'] !== undefined ||
        expect.access === 'allowed' ||
        (expect.access === 'denied' ? isDenial(one) : one.record.type === 'ALLOWED'),
    );
    const problems = telling.map(({ record }) => matchRecord(match, record));
    if (!problems.includes(undefined))
      return unmet(`No audit record fits the spec${problems[0] === undefined ? '' : `: ${problems[0]}`}.`);
    const shown =
      expect.access === 'denied' && control !== undefined && probeOutcome(probe, control).kind === 'succeeded';
    if (!shown && !telling.some((witness, i) => problems[i] === undefined && witness.by !== 'window'))
      return byTimeAlone('the record that the spec asks for');
  }
  return undefined;
}

/**
 * Whether a record tells by itself why the probe ended as it did. One that only fell into the time of a command may be
 * another process's; and programs are refused much that they can do without: of a command it has to be the refusal to
 * start it, the death of it, or what the spec names. Else the control has to show that the profile makes the difference.
 */
function proves({ probe, observation }: Facts, { by, record }: Witness): boolean {
  if (by === 'window') return false;
  if (!isCommand(probe)) return true;
  const { audit } = probe.expect;
  if (audit !== undefined && audit !== 'none') return matchRecord(audit, record) === undefined;
  if (record.type === 'KILLED') return observation.signal === 'SIGKILL';
  return (
    by === 'comm' &&
    (observation.stage === 'exec' || (record.type === 'ALLOWED' && record.fields['operation'] === 'exec'))
  );
}

function isCommand({ action }: Probe): boolean {
  return action.kind === 'run' || action.kind === 'shell';
}

function isDenial({ record: { type } }: Witness): boolean {
  return type === 'DENIED' || type === 'KILLED';
}

/** Whether the spec says more of how it has to end. */
function declares({ expect }: Probe): boolean {
  return [expect.exit, expect.stdout, expect.stderr].some((one) => one !== undefined);
}

function differs(one: Observation, other: Observation): boolean {
  return one.exit !== other.exit || one.stdout.text !== other.stdout.text || one.stderr.text !== other.stderr.text;
}

function byTimeAlone(what: string): Verdict {
  return verdict(
    'inconclusive',
    'no-witness',
    `While the command ran there was ${what}, but nothing shows that it is the command's own.`,
    'Try the access itself (`try`, `open`), or run the program without a shell around it.',
  );
}

/** Label, mode and AT_SECURE of what was executed. */
function carriedProblem({ label, mode, secure }: Probe['expect'], { carried }: Observation): Verdict | undefined {
  if (label === undefined && mode === undefined && secure === undefined) return undefined;
  if (carried === undefined) return verdict('inconclusive', 'label-unread', 'What it carries could not be read.');
  const unmet = (what: string): Verdict => verdict('fail', 'other-label', what);
  const stacked = label?.equals?.includes('//&') === true && sameLabel(label.equals, carried.label);
  const problem = label === undefined || stacked ? undefined : matchText(label, carried.label);
  if (problem !== undefined) return unmet(`Its label ${problem}.`);
  if (mode !== undefined && carried.mode !== mode)
    return unmet(`It was to be in mode ${mode} but is ${labelText(carried.label, carried.mode)}.`);
  if (secure === undefined) return undefined;
  if (carried.secure === undefined)
    return verdict('inconclusive', 'label-unread', 'Whether its environment was scrubbed could not be read.');
  return carried.secure === secure
    ? undefined
    : unmet(
        carried.secure
          ? 'Its environment was scrubbed (AT_SECURE), which it was not to be.'
          : 'Its environment was not scrubbed (no AT_SECURE), which it was to be.',
      );
}

/** Which layer the control's failure points at, to follow `how`. */
function layerText({ probe, control, container }: Facts): string {
  if (control?.process !== undefined && control.process.expected !== 'unconfined')
    return '; the baseline may deny it as well';
  const layer = control === undefined || container === undefined ? undefined : likelyLayer(probe, control, container);
  return layer === undefined ? '' : `; likely ${layer}`;
}

function missingProgramHint(code: string): string | undefined {
  return code === 'not-runnable'
    ? 'Install the program in the image, or correct the command: a program that is not there proves nothing.'
    : undefined;
}

function verdict(
  kind: VerdictKind,
  code: string,
  reason: string,
  hint?: string,
  notes: readonly string[] = [],
): Verdict {
  return { kind, code, reason, notes, ...(hint === undefined ? {} : { hint }) };
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
