/**
 * Every verdict that a probe can get: a stable code, its kind, and what a report says. `verdict()` makes them from this
 * table, decide.ts has the order of the rules, and docs/verdicts.md is generated from here. Pure.
 */
import type { ErrorCode } from '../model/errors.ts';
import { defined } from '../model/optional.ts';
import type { Elsewhere, Leftover } from './facts.ts';
import type { Verdict, VerdictCode, VerdictKind } from '../model/verdict.ts';
import { oneLine } from '../text/visible.ts';

/** What leads to a verdict, for the docs: the columns of the table in docs/verdicts.md. */
export interface Situation {
  readonly expected: string;
  /** What the probe did under the profile. */
  readonly confined: string;
  /** AppArmor's record of it. */
  readonly record: string;
  /** What it did in the control container. */
  readonly control: string;
}

/** One verdict. The functions take the facts that their sentences need: `verdict()` asks for just these. */
export interface VerdictRow {
  readonly kind: VerdictKind | ((facts: never) => VerdictKind);
  /** One sentence for the docs. */
  readonly means: string;
  /** For the docs; without one, the verdict does not depend on what was expected. */
  readonly when?: readonly Situation[];
  /** One sentence: what happened, and why that makes this verdict. */
  readonly reason: (facts: never) => string;
  /** One sentence: what to do. */
  readonly hint?: string | ((facts: never) => string | undefined);
  readonly notes?: (facts: never) => readonly string[];
}

/** How an attempt failed, as part of a sentence: `EACCES`, `exit status 1`. */
interface Failure {
  readonly how: string;
}

/** Why there is no usable answer, as a clause: `it did not end within 5000 ms and was killed`. */
interface NoAnswer {
  readonly why: string;
}

/** What is missing for a denial, or a complaint, to be shown to be AppArmor's. */
type MissingWitness =
  | { readonly missing: 'cause' | 'control' | 'record' }
  | { readonly missing: 'request'; readonly denial: string | undefined }
  | { readonly missing: 'owner'; readonly record: string }
  | { readonly missing: 'errno'; readonly errno: string | undefined }
  | { readonly missing: 'answer'; readonly errno: string }
  | {
      readonly missing: 'fit';
      /** One thing that was denied: `open /dev/tty (rw)`. */
      readonly denial: string;
      /** The line in which the command says why it failed; undefined when it says nothing of the kind. */
      readonly said: string | undefined;
      /** A condition that the likeliest record meets; undefined where none is likely. */
      readonly condition: string | undefined;
    }
  | { readonly missing: 'permission'; readonly said: string };

interface DeniedButAllowed {
  /** Denied without a record, as deny rules do. */
  readonly isQuiet: boolean;
}

interface DeniedSilentlyButAllowed extends Failure {
  /** The container's no_new_privs refused it. */
  readonly isByNoNewPrivs: boolean;
}

/** What AppArmor denied, in words: `open /etc/shadow (r)`; undefined where no one record is known to be the cause. */
interface Denial {
  readonly denial: string | undefined;
}

/** A denial of something else than the probe names. */
interface OtherDenial {
  readonly denial: string;
  /** What was tried, in the words of the spec. */
  readonly action: string;
  /** What was denied, in the words of `by:`; undefined: the access itself. */
  readonly by: string | undefined;
  /** What the spec declares. */
  readonly declared: string | undefined;
}

/** What the kernel answers of the loaded policy when it is asked, against what was seen. */
export interface PolicyAnswer {
  readonly path: string;
  readonly permissions: string;
  readonly allowed: boolean;
}

/** An answer of the kernel that is not as a spec declares. */
interface FileAnswer {
  readonly path: string;
  readonly permissions: string;
  /** Undefined: it holds for both. */
  readonly whose: 'owner' | 'other' | undefined;
  /** Other paths of which the same is answered. */
  readonly others: readonly string[];
}

/** Longest list of other paths, in characters. */
const OTHERS = 200;

function answerText({ path, permissions, whose, others }: FileAnswer): string {
  const whom = whose === undefined ? '' : ` to ${whose === 'owner' ? 'its owner' : 'others than its owner'}`;
  const [one, another] = others;
  const names = [one, another].filter((name) => name !== undefined).map((name) => oneLine(name, OTHERS));
  const more = others.length === 0 ? '' : `, and of ${others.length} more, such as ${names.join(' and ')}`;
  return `${permissions} of ${oneLine(path, PATH)}${whom}${more}`;
}

interface ServiceDown {
  readonly expected: string;
  /** The harness's message about the service: one sentence, then the last lines that the service printed. */
  readonly message: string;
  /** The first thing that AppArmor denied it: `denied open /etc/x (r)`. */
  readonly denial: string | undefined;
  readonly advice: string;
}

/** Longest path that a sentence shows, in characters. */
const PATH = 300;

const INSTALL_PROGRAM = 'Install the program in the image, or correct the command: a missing program proves nothing.';

const PEER_DECIDED =
  "To have the tested profile decide, allow the access in the peer's profile, or give the peer " +
  '`profile: unconfined`; or declare `by: peer` if you rely on that denial.';
const DENY_DECIDES = 'A deny rule decides: the denial is quiet. No other rule can allow what it denies.';
/** What to do where no rule helps, for no_new_privs is on. */
export const NO_NEW_PRIVS =
  'The process has no_new_privs: it may only change to a profile that allows no more than its own. Use ix, ' +
  'or start the container without no-new-privileges.';
const TEST_ACCESS = 'Test the access itself (`open`, `try`)';

/** Notes that go with more than one verdict. */
export const NOTES = {
  startedByDocker:
    'Started by docker exec: the engine opens the program while still unconfined, so the exec rules were not ' +
    'checked. With `via: agent` they are.',
  deniedBefore: (by: string) => `Denied by \`${by}\`, as declared, so the access itself was not decided on.`,
  looseRecord: (condition: string) => `The spec's \`audit\` is met by any denial. This one is \`audit: ${condition}\`.`,
  noRecord:
    'With `audit: none` only the control shows that the profile is the cause, and not what it denied. ' +
    'Test the access itself (`open`, `try`) with its `errno`, or let the denial be recorded.',
  declaredExit: (exit: number) =>
    `Exit status ${exit} counts as success because the spec declares it, whatever the command failed at. ` +
    'Declare what it prints as well (`stdout`, `stderr`).',
} as const;

/** The table: one row for each code. */
export const VERDICTS = {
  denied: {
    kind: 'pass',
    means: 'AppArmor denied the access, and the kernel log shows it.',
    when: [
      { expected: 'denied', confined: 'fails', record: 'yes', control: 'succeeds' },
      { expected: 'denied', confined: 'fails', record: 'of that very denial', control: 'not tried' },
    ],
    reason: ({ denial }: Denial) =>
      denial === undefined ? 'Denied, and the kernel log shows that AppArmor denied it.' : `Denied: ${denial}.`,
  },
  'denied-twice': {
    kind: 'pass',
    means: 'AppArmor denied the access, and another layer would have denied it as well.',
    when: [{ expected: 'denied', confined: 'fails', record: 'of that very denial', control: 'fails too' }],
    reason: ({ denial }: Denial) =>
      denial === undefined
        ? 'Denied by AppArmor; another layer denies it as well.'
        : `Denied: ${denial}; another layer denies it as well.`,
    notes: ({ how }: Failure) => [`The control, without the profile, fails too: ${how}.`],
  },
  'denied-quietly': {
    kind: 'pass',
    means:
      "AppArmor denied the access without a record, as a deny rule does under the host's own audit mode. " +
      'A second attempt, under the audit mode `noquiet`, has the record.',
    when: [{ expected: 'denied', confined: 'fails', record: 'in a second attempt only', control: 'any' }],
    reason: ({ denial }: Denial) =>
      `Denied: ${denial ?? 'something'}, without a record under the host's own audit mode; a second attempt under ` +
      'noquiet has the record.',
    notes: () => [
      "In the profile's mode, noquiet changes what a deny rule does: that attempt is evidence, and decides nothing.",
    ],
  },
  'denied-silently': {
    kind: 'pass',
    means: 'The access failed without a record, as `audit: none` allows, and only under the profile.',
    when: [{ expected: 'denied, `audit: none`', confined: 'fails', record: 'none', control: 'succeeds' }],
    reason: () => 'Denied without a record, as the spec allows; the control shows that the profile is the cause.',
  },
  'not-started': {
    kind: 'pass',
    means:
      'AppArmor kept a program from starting: it was not executed, or its libraries or its script were refused. ' +
      'What the program does was not tried. Summaries count these passes apart.',
    when: [
      { expected: 'denied', confined: 'a command does not start', record: 'of that refusal', control: 'succeeds' },
      { expected: 'denied', confined: 'a command does not start', record: 'of that refusal', control: 'not tried' },
      {
        expected: 'denied, `audit: none`',
        confined: 'a command is refused execution',
        record: 'none',
        control: 'succeeds',
      },
    ],
    reason: ({ denial }: Denial) => {
      const why = denial === undefined ? 'no record tells what was denied' : `AppArmor denied ${denial}`;
      return `Could not be started: ${why}. What it does was not tried.`;
    },
  },
  'let-through': {
    kind: 'fail',
    means: 'The spec expects a denial, but the access succeeded. Lost records cannot change that.',
    when: [{ expected: 'denied', confined: 'succeeds', record: 'any', control: 'any' }],
    reason: ({ action }: { action: string }) => `Not denied: ${action} succeeded.`,
  },
  'let-pass': {
    kind: 'fail',
    means:
      'Of a closed class: the kernel asks AppArmor about this first, and AppArmor let it pass. What refused it then ' +
      'is another layer, or the kernel has no such thing.',
    reason: ({ action, how }: { action: string; how: string }) =>
      `Not denied: AppArmor, which is asked first, let ${action} pass; it failed for another reason (${how}).`,
  },
  'may-leave': {
    kind: 'fail',
    means:
      'Of a closed class: the compiled policy lets a program at this path start under another label, and the spec ' +
      'does not declare it. The image has no program there, and none could be put there to be seen.',
    reason: ({ path, how }: { path: string; how: string }) =>
      `The compiled policy lets a program at ${oneLine(path, PATH)} start under another label. None could be ` +
      `started there (${how}).`,
    hint: 'Remove the exec rule, or declare it: `exec: {allow: [copy PATH LABEL]}`.',
  },
  'other-denial': {
    kind: 'vacuous',
    means:
      'AppArmor denied another access, which the kernel asks for before the one that the probe names or in its ' +
      "place: a capability, an earlier step, or a peer's part in it, which its own profile decides. Nothing shows " +
      'what the profile says of the access itself.',
    when: [
      {
        expected: 'denied',
        confined: 'an operation fails',
        record: 'of an earlier step, or another class',
        control: 'any',
      },
      {
        expected: 'denied, `by`',
        confined: 'an operation fails',
        record: 'of something else than `by` names',
        control: 'any',
      },
    ],
    reason: ({ denial, action, by, declared }: OtherDenial) => {
      if (by === undefined)
        return `AppArmor denied the access itself (${denial}), not \`${declared ?? ''}\`, which \`by\` names.`;
      if (by === 'peer')
        return `The peer's own profile denied it (${denial}): this proves nothing about the profile under test.`;
      const named = declared === undefined ? `${action} itself` : `\`${declared}\`, which \`by\` names`;
      return `AppArmor denied ${denial}, not ${named}: this proves nothing about that.`;
    },
    hint: ({ by, denial }: OtherDenial) => {
      if (by === undefined) return 'Remove `by`.';
      if (by === 'peer') return PEER_DECIDED;
      const missing = denial.startsWith('capability ') ? `add the rule \`${denial},\`` : 'allow that';
      return `To have the access itself decided on, ${missing}; or declare \`by: ${by}\` if you rely on that denial.`;
    },
  },
  contradiction: {
    kind: 'inconclusive',
    means: "The kernel's own answer about the loaded policy is another one than what was seen.",
    when: [
      { expected: 'denied', confined: 'fails', record: 'any', control: 'any' },
      { expected: 'allowed', confined: 'succeeds', record: 'any', control: 'any' },
    ],
    reason: ({ path, permissions, allowed }: PolicyAnswer) => {
      const file = oneLine(path, PATH);
      return allowed
        ? `Asked directly, the kernel says that the policy allows ${permissions} of ${file}: AppArmor did not deny it.`
        : `Asked directly, the kernel says that the policy does not allow ${permissions} of ${file}, but it succeeded.`;
    },
    hint: 'Look at the records and at who made the attempt: another layer, another process or another profile decided.',
  },
  'answered-allowed': {
    kind: 'fail',
    means: 'Of a closed class: asked directly, the kernel allows something of a file that the spec does not declare.',
    reason: (facts: FileAnswer) => `Asked directly, the kernel says that the policy allows ${answerText(facts)}.`,
    hint: 'Correct the rule, or declare it in the `allow` of closed file.',
  },
  'answered-denied': {
    kind: 'fail',
    means: 'Of a closed class: asked directly, the kernel does not allow something of a file that the spec declares.',
    reason: (facts: FileAnswer) =>
      `Asked directly, the kernel says that the policy does not allow ${answerText(facts)}.`,
    hint: 'Allow it in the profile, or take it from the `allow` of closed file, or list it in `except`.',
  },
  'rule-allows': {
    kind: 'fail',
    means:
      'Of a closed class: a rule of the profile allows something that the spec does not declare. The container has ' +
      'nothing by which an attempt could show it.',
    reason: ({ member, rule, line }: { member: string; rule: string; line: number }) =>
      `The rule in line ${line}, \`${oneLine(rule, PATH)}\`, allows ${oneLine(member, PATH)}, ` +
      'which the spec does not declare. No attempt could show it in this container.',
    hint: 'Correct the rule, or declare it in the `allow` of the closed class.',
  },
  'silent-denial': {
    kind: 'fail',
    means: 'The access failed, but no record shows that AppArmor denied it.',
    when: [{ expected: 'denied', confined: 'fails', record: 'none', control: 'succeeds, or not tried' }],
    reason: ({ how }: Failure) => `It failed (${how}), but no audit record shows that AppArmor denied it.`,
    hint:
      'Run without --keep-audit-switch, so that explicit deny rules write records; for a command under a profile ' +
      'that does not enforce, with a control (`control: true`). ' +
      'If a denial without a record is expected, declare `audit: none`.',
  },
  vacuous: {
    kind: 'vacuous',
    means: 'The access fails without the profile too, so the probe proves nothing about the profile.',
    when: [
      { expected: 'denied', confined: 'fails', record: 'none', control: 'fails too' },
      { expected: 'denied', confined: 'a command fails', record: 'of another denial', control: 'fails too' },
    ],
    reason: ({ how, hasDenial, notStarted }: Failure & { hasDenial: boolean; notStarted?: string }) => {
      if (notStarted !== undefined) {
        return (
          `AppArmor denied ${notStarted}, so the command could not be started; ` +
          `the control, without the profile, started it and fails too (${how}): this proves nothing about what it does.`
        );
      }
      const record = hasDenial ? 'a denial made it fail' : 'AppArmor denied it';
      return (
        `The control, without the profile, fails too (${how}), and no record shows that ${record}: ` +
        'this proves nothing about the profile.'
      );
    },
    hint:
      'Remove the other layer (`only-apparmor: true`, or capabilities, security-opt, sysctls, user), ' +
      'so that only the profile decides.',
  },
  'no-witness': {
    kind: 'inconclusive',
    means: 'Nothing shows that AppArmor denied, or reported, this very access.',
    when: [
      { expected: 'denied', confined: 'a command fails', record: 'of another denial', control: 'not tried' },
      {
        expected: 'denied',
        confined: 'a command fails',
        record: 'of denials that do not fit how it failed',
        control: 'succeeds',
      },
      { expected: 'denied, `audit: none`', confined: 'fails', record: 'none', control: 'not tried' },
      {
        expected: 'denied, `audit: none`',
        confined: 'a command fails, and says that it is not for lack of permission',
        record: 'none',
        control: 'succeeds',
      },
      {
        expected: 'denied, `audit: none`',
        confined: 'an operation fails with another errno than EACCES, EPERM or the declared one',
        record: 'none',
        control: 'succeeds',
      },
      {
        expected: 'denied, `audit: none`, without `errno`',
        confined: 'an HTTP request gets no answer',
        record: 'none',
        control: 'succeeds',
      },
      {
        expected: 'denied, without a record that `audit` names',
        confined: 'an HTTP request fails',
        record: 'of any denial',
        control: 'succeeds',
      },
      {
        expected: 'denied, `audit: none`',
        confined: 'an access fails, of no capability nor change of profile, and the audit mode is `noquiet`',
        record: 'none',
        control: 'succeeds',
      },
      {
        expected: 'complains',
        confined: 'a command succeeds',
        record: 'ALLOWED, but neither of its start nor the one that `audit` names',
        control: 'any',
      },
      {
        expected: 'any',
        confined: 'as expected',
        record: 'the one that `audit` names, but tied to the probe by its time only',
        control: 'shows no difference',
      },
    ],
    reason: (facts: MissingWitness) => {
      switch (facts.missing) {
        case 'cause':
          return 'AppArmor denied something, but not necessarily what made the command fail.';
        case 'request':
          return (
            `The request failed, and AppArmor denied the service something (${facts.denial}), ` +
            'but nothing shows that this made it fail.'
          );
        case 'control':
          return 'There is neither a record nor a control container to show what denied it.';
        case 'record':
          return (
            'It fails only under the profile, but AppArmor did not deny it: the kernel was made to record every such ' +
            'denial, and there is no record.'
          );
        case 'errno':
          return (
            `It failed with ${facts.errno ?? 'a signal'}, but AppArmor denies with EACCES or EPERM: ` +
            'an earlier probe may be the cause.'
          );
        case 'answer':
          return `The service did not answer (${facts.errno}), and no record shows that AppArmor is why.`;
        case 'fit':
          return facts.said === undefined
            ? `AppArmor denied something (${facts.denial}), but nothing shows that this made it fail.`
            : `AppArmor denied something (${facts.denial}), but the command failed for another reason: ${facts.said}`;
        case 'permission':
          return `It fails only under the profile, but not for lack of permission: ${facts.said}`;
        case 'owner':
          return `While the command ran there was ${facts.record}, but it may belong to another process.`;
      }
    },
    hint: (facts: MissingWitness) => {
      switch (facts.missing) {
        case 'cause':
          return 'Run the probe in the control container too (`control: true`), or name the record with `audit`.';
        case 'request':
          return 'Name the record that decides, for example `audit: {operation: open, name: /srv/page}`.';
        case 'control':
          return 'Run the probe in the control container too (`control: true`).';
        case 'record':
          return (
            'See in what the two containers differ: the service may have been kept from setting the owner or the ' +
            'mode of the file.'
          );
        case 'errno':
          return 'If the profile answers with this errno (`flags=(error=…)`), declare `errno`.';
        case 'answer':
          return 'Declare `ready`, so that the request is not too early, or `errno`, if no answer is what you expect.';
        case 'fit':
          return facts.condition === undefined
            ? `${TEST_ACCESS}, or name the record that decides (\`audit: {name: …}\`).`
            : `${TEST_ACCESS}, or name the record that decides: \`audit: ${facts.condition}\`.`;
        case 'permission':
          return `${TEST_ACCESS}, and see what an earlier probe left in only one of the containers.`;
        case 'owner':
          return 'Test the access itself (`try`, `open`), or run the program without a shell around it.';
      }
    },
  },
  'control-unclear': {
    kind: 'inconclusive',
    means: 'The control gave no usable answer, so nothing shows that the profile is the cause.',
    when: [{ expected: 'denied', confined: 'fails', record: 'any', control: 'no usable answer' }],
    reason: ({ why }: NoAnswer & { isProgramMissing: boolean }) =>
      `In the control, without the profile, ${why}: nothing shows that the profile is the cause.`,
    hint: ({ isProgramMissing }: { isProgramMissing: boolean }) => (isProgramMissing ? INSTALL_PROGRAM : undefined),
  },
  'leads-elsewhere': {
    kind: 'inconclusive',
    means:
      'A path of the probe leads to another file in the control: a link differs. So the two were not asked for the ' +
      'same, and a container that puts a link in the way shows nothing of the rules for the path.',
    when: [{ expected: 'any', confined: 'an operation', record: 'any', control: 'the path leads elsewhere there' }],
    reason: ({ path, here, there }: Elsewhere) =>
      `${path} leads to ${oneLine(here, PATH)}, but in the control to another file: ${oneLine(there, PATH)}.`,
    hint: 'Name the path that the link leads to, or see to it that both containers have the same link.',
  },
  'earlier-probe': {
    kind: 'inconclusive',
    means:
      'An earlier probe left something in one of the containers alone, and no record proves that AppArmor denied ' +
      'this very access: the difference may be that.',
    when: [
      { expected: 'denied', confined: 'fails', record: 'none, or of another denial', control: 'differs already' },
      { expected: 'allowed', confined: 'fails', record: 'none', control: 'differs already' },
    ],
    reason: ({ what, by }: Leftover) =>
      `The containers already differed (${what}) through the probe “${by}”, so that they differ now proves nothing ` +
      'about the profile.',
    hint:
      'Give each probe names of its own, or test the access itself (`try`, `open`). ' +
      'A command whose traces cannot be undone belongs at the end, or into a spec of its own.',
  },

  allowed: {
    kind: 'pass',
    means: 'The access succeeded, as expected. Denials that did not stop it are noted.',
    when: [{ expected: 'allowed', confined: 'succeeds', record: 'any', control: 'any' }],
    reason: () => 'Allowed.',
    notes: ({ denials }: { denials: number }) => {
      if (denials === 0) return [];
      return [`AppArmor denied something meanwhile (records: ${denials}), but that did not stop it.`];
    },
  },
  'denied-on-the-way': {
    kind: 'inconclusive',
    means:
      'A command succeeded, but AppArmor denied what it names, or denied something while its output or exit status ' +
      'is not that of the control. It may have swallowed that it was denied what it is for.',
    when: [
      {
        expected: 'allowed, nothing declared of the output',
        confined: 'a command succeeds',
        record: 'yes',
        control: 'exits or prints otherwise',
      },
      {
        expected: 'allowed, nothing declared of the output',
        confined: 'a command succeeds',
        record: 'of what it names',
        control: 'any',
      },
    ],
    reason: ({ denial }: Denial) =>
      denial === undefined
        ? "It succeeded, but AppArmor denied something and the result differs from the control's."
        : `It ended as if it had succeeded, but AppArmor denied what it names: ${denial}.`,
    hint: 'Declare what it must print (`stdout`, `stderr`), or test the access itself (`open`, `try`).',
  },
  'denied-and-done': {
    kind: 'inconclusive',
    means:
      'An operation succeeded, and the kernel recorded that AppArmor denied just this access. One of the two is not ' +
      'of the probe: another process of the container may have taken its name, or changed its answer.',
    when: [
      { expected: 'allowed', confined: 'an operation succeeds', record: 'of a denial of that access', control: 'any' },
    ],
    reason: ({ denial }: Denial) => `It succeeded, but AppArmor recorded that it denied just this: ${denial ?? ''}.`,
  },
  'denied-but-allowed': {
    kind: 'fail',
    means:
      'The profile denies an access that the spec expects it to allow. The hint names the deny rule that decides, ' +
      'or a rule that would allow it.',
    when: [{ expected: 'allowed', confined: 'fails', record: 'yes', control: 'any' }],
    reason: ({ how }: Failure) => `The profile denies it: ${how}.`,
    hint: ({ isQuiet }: DeniedButAllowed) => (isQuiet ? DENY_DECIDES : undefined),
  },
  'denied-silently-but-allowed': {
    kind: 'fail',
    means: 'An access that the spec expects to be allowed fails, without a record, and only under the profile.',
    when: [{ expected: 'allowed', confined: 'fails', record: 'none', control: 'succeeds' }],
    reason: ({ how }: Failure) =>
      `It fails under the profile (${how}) and succeeds without it, but there is no audit record.`,
    hint: ({ isByNoNewPrivs }: DeniedSilentlyButAllowed) =>
      isByNoNewPrivs
        ? NO_NEW_PRIVS
        : 'A record may be missing. Check the capability rules: the kernel logs each denied capability only once.',
  },
  'not-the-profile': {
    kind: 'inconclusive',
    means: 'An allowed access fails, but it fails without the profile too, or there is no control to compare with.',
    when: [{ expected: 'allowed', confined: 'fails', record: 'none', control: 'fails too, or not tried' }],
    reason: ({ how, controlHow }: Failure & { controlHow: string | undefined }) =>
      controlHow === undefined
        ? `It failed (${how}), and there is neither a record nor a control container to show why.`
        : `The control, without the profile, fails too (${controlHow}): the profile is not the cause.`,
    hint: ({ controlHow }: { controlHow: string | undefined }) =>
      controlHow === undefined
        ? undefined
        : 'Correct the probe or the container until it succeeds without the profile.',
  },

  complained: {
    kind: 'pass',
    means: 'In complain mode the access succeeded, and an ALLOWED record shows that enforcing would deny it.',
    when: [{ expected: 'complains', confined: 'succeeds', record: 'ALLOWED', control: 'any' }],
    reason: ({ denial }: Denial) =>
      `Allowed, and the kernel log shows what enforcing the profile would deny: ${denial ?? 'it'}.`,
  },
  'no-complaint': {
    kind: 'fail',
    means: 'The access succeeded, but no ALLOWED record shows that enforcing would deny it.',
    when: [{ expected: 'complains', confined: 'succeeds', record: 'none', control: 'any' }],
    reason: () => 'It succeeded, but no ALLOWED record shows that enforcing the profile would deny it.',
  },
  'denied-in-complain': {
    kind: 'fail',
    means: 'The spec expects success with an ALLOWED record, but the access failed.',
    when: [{ expected: 'complains', confined: 'fails', record: 'any', control: 'any' }],
    reason: ({ how }: Failure) => `Expected success with an ALLOWED record, but it failed: ${how}.`,
  },

  condition: {
    kind: 'fail',
    means: 'A further condition of `expect` does not hold: exit, errno, output, or the record that `audit` names.',
    reason: ({ problem }: { problem: string }) => `${problem}.`,
  },
  'other-label': {
    kind: 'fail',
    means: 'The label, the mode or the AT_SECURE flag is not the one that `expect` names.',
    reason: ({ problem }: { problem: string }) => `${problem}.`,
  },
  'label-unread': {
    kind: 'inconclusive',
    means: 'The label, the mode or the AT_SECURE flag that `expect` names could not be read.',
    reason: ({ unread }: { unread: string }) => `${unread} could not be read.`,
  },
  'output-cut': {
    kind: 'inconclusive',
    means: 'The output that `expect` describes is longer than what is kept, so it cannot be compared.',
    reason: ({ stream }: { stream: string }) => `${stream} was cut, so it cannot be compared.`,
  },

  'wrong-label': {
    kind: 'inconclusive',
    means: 'The process that made the attempt had an unexpected label, so the probe proves nothing about the profile.',
    reason: ({ pid, label, expected }: { pid: number; label: string; expected: string }) =>
      `Process ${pid} had the label ${label} instead of ${expected}, so this proves nothing about the profile.`,
  },
  'not-runnable': {
    kind: 'inconclusive',
    means: 'The command is not in the image, or is not a program. With `shell:`, exit status 127 means this too.',
    reason: ({ why }: NoAnswer) => sentence(why),
    hint: INSTALL_PROGRAM,
  },
  'not-asked': {
    kind: 'inconclusive',
    means:
      'The agent could not make the attempt, or AppArmor was not asked: the profile to change to is not loaded, ' +
      'another check of the kernel came first, or the kernel does not check this access with AppArmor.',
    reason: ({ why }: NoAnswer) => sentence(why),
  },
  timeout: {
    kind: 'inconclusive',
    means: 'The attempt did not end in time.',
    reason: ({ why }: NoAnswer) => sentence(why),
  },
  'no-answer': {
    kind: 'inconclusive',
    means: 'No answer came back: the container is gone, or its stream broke.',
    reason: ({ why }: NoAnswer) => sentence(why),
  },
  'records-lost': {
    kind: 'inconclusive',
    means: 'Audit records of this probe may be missing.',
    reason: ({ loss }: { loss: string }) => `Audit records may be missing: ${loss}.`,
  },
  'service-down': {
    kind: ({ expected }: ServiceDown) => (expected === 'allowed' ? 'fail' : 'inconclusive'),
    means:
      'The service does not start under the profile. A probe that expects `allowed` fails; others are inconclusive.',
    reason: ({ expected, message, denial }: ServiceDown) => {
      if (expected !== 'allowed') return 'The service does not start under the profile, so it cannot be tested.';
      const cause = denial === undefined ? '' : `, after AppArmor ${denial}`;
      return `The service does not start under the profile: ${withoutFullStop(firstLine(message))}${cause}.`;
    },
    notes: ({ expected, message }: ServiceDown) => (expected === 'allowed' ? message.split('\n').slice(1) : []),
    hint: ({ expected, advice }: ServiceDown) => (expected === 'allowed' ? advice : undefined),
  },
  'not-mediated': {
    kind: 'skipped',
    means: 'This kernel does not mediate the access, or apparmor_parser ignores the rules for it.',
    reason: ({ why }: NoAnswer) => sentence(why),
  },
  'engine-older': {
    kind: 'skipped',
    means: "The engine's own profile is tested, and the engine is older than `since` says.",
    reason: ({ since, engine }: { since: string; engine: string }) =>
      `Only engine version ${since} and later guarantees this; this host runs ${engine}.`,
  },
  'not-tried': {
    kind: 'inconclusive',
    means: 'The suite or the run ended before this probe.',
    reason: ({ why }: NoAnswer) => `Not tried: ${withoutFullStop(why)}.`,
  },
  bail: {
    kind: 'skipped',
    means: 'An earlier probe failed, and the run stops at the first failure (`--bail`).',
    reason: () => 'Not tried: the run stops at the first failure (--bail).',
  },
} as const satisfies Record<VerdictCode, VerdictRow>;

type Table = typeof VERDICTS;

/** The parameter of a row's functions; unknown where none takes one. */
type Taken<Value> = Value extends (facts: infer Facts) => unknown ? Facts : unknown;
type Column<Row, Name extends PropertyKey> = Row extends Record<Name, infer Value> ? Taken<Value> : unknown;
type FactsOf<Row> = Column<Row, 'kind'> & Column<Row, 'reason'> & Column<Row, 'hint'> & Column<Row, 'notes'>;
type Arguments<Row> = unknown extends FactsOf<Row> ? [] : [facts: FactsOf<Row>];

/**
 * Makes every verdict that the table has a row for.
 * @param given the facts that the row's sentences need; nothing for a row that needs none.
 */
export function verdict<Code extends VerdictCode>(code: Code, ...given: Arguments<Table[Code]>): Verdict {
  const row: VerdictRow = VERDICTS[code];
  const facts = given[0] as never;
  const hint = typeof row.hint === 'function' ? row.hint(facts) : row.hint;
  return {
    kind: typeof row.kind === 'function' ? row.kind(facts) : row.kind,
    code,
    reason: row.reason(facts),
    notes: row.notes?.(facts) ?? [],
    ...defined({ hint }),
  };
}

/** @returns the verdict on a probe that an error kept from being tried: inconclusive, under the code of the error. */
export function verdictOfError(code: ErrorCode, message: string): Verdict {
  return { kind: 'inconclusive', code, reason: message, notes: [] };
}

/** @returns the clause as a sentence: with a capital letter, and one full stop where it does not end as a question. */
function sentence(clause: string): string {
  const text = `${clause.charAt(0).toUpperCase()}${withoutFullStop(clause.slice(1))}`;
  return text.endsWith('?') ? text : `${text}.`;
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

function withoutFullStop(text: string): string {
  return text.replace(/\.$/, '');
}
