/** Every error that a user can meet: a stable code, what happened, what to do. docs/errors.md is made from it. */

/** Exit codes of the command line, as README.md has them. */
export const EXIT = {
  /** Every probe holds. */
  ok: 0,
  /** The profile fails its spec. */
  failed: 1,
  /** A spec, profile or option is wrong. */
  usage: 2,
  /** Some probes are vacuous or inconclusive. */
  undecided: 3,
  /** The harness or the host failed. */
  broken: 4,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

interface ErrorKind {
  readonly exit: ExitCode;
  /** One sentence for the docs: what happened. */
  readonly means: string;
  /** What to do. Reports show it after the message of the error. */
  readonly hint: string;
}

export const ERRORS = {
  usage: {
    exit: EXIT.usage,
    means: 'An option or argument is wrong.',
    hint: 'See `apparmor-probe --help`.',
  },
  'spec-unreadable': {
    exit: EXIT.usage,
    means: 'A spec file cannot be read.',
    hint: 'Check the path and its permissions.',
  },
  'spec-invalid': {
    exit: EXIT.usage,
    means: 'A spec file has mistakes. Each is listed with file, line and column.',
    hint: 'Correct the lines listed. docs/spec.md describes every key.',
  },
  'no-probes': {
    exit: EXIT.usage,
    means: 'There is no probe to run.',
    hint: 'Check the spec and the --grep pattern.',
  },
  'profile-unreadable': {
    exit: EXIT.usage,
    means: 'The profile file cannot be read.',
    hint: 'Check the path in the spec or in --profile.',
  },
  'profile-invalid': {
    exit: EXIT.usage,
    means: 'apparmor_parser rejects the profile.',
    hint: 'Correct the profile at the line that the parser names.',
  },
  'profile-unread': {
    exit: EXIT.usage,
    means: 'apparmor-probe cannot read a rule of the profile.',
    hint: 'Correct the line that the message lists. If apparmor_parser accepts the profile, please report it as a bug.',
  },
  'include-not-found': {
    exit: EXIT.usage,
    means: 'A file that the profile includes is in none of the folders searched.',
    hint:
      'Install the package `apparmor`, which has the common files, or name the folder of the file with -I ' +
      '(in a spec: `profile: {file: …, include: […]}`). ' +
      "With -b, give a copy of another host's /etc/apparmor.d. The lab has one: " +
      '`apparmor-probe lab exec -- tar cf - -C / etc/apparmor.d | tar xf -`, then `-b etc/apparmor.d`.',
  },
  'profile-ambiguous': {
    exit: EXIT.usage,
    means: 'The file does not define the profile to test, or it defines several and the spec does not choose one.',
    hint: 'Write `profile: {file: …, name: …}` with one of the names listed; for init, `--name`.',
  },
  'profile-not-isolated': {
    exit: EXIT.usage,
    means: 'The profile cannot be loaded under a temporary name without changing its meaning.',
    hint:
      'Change the rule that the message names: write `px -> NAME` instead of `px`, keep profile names out of paths. ' +
      'Or test the profile under its own name with --in-place.',
  },
  'revision-unreadable': {
    exit: EXIT.usage,
    means: 'A git revision, or the profile in it, cannot be read.',
    hint:
      'Check the name and the path. In a shallow clone, fetch the commit first: `git fetch --depth=1 origin COMMIT`; ' +
      'with actions/checkout, set `fetch-depth: 0` and `persist-credentials`.',
  },
  'image-unavailable': {
    exit: EXIT.usage,
    means: 'The image is not present and cannot be pulled or built.',
    hint: 'Check the image name, or set `build:` to a folder with a Dockerfile.',
  },
  'no-profile-text': {
    exit: EXIT.usage,
    means: 'The spec tests a profile that the engine loads, and does not say where its text is.',
    hint: 'Name the file in the spec (`profile: {engine: …, source: FILE}`), or give it with --profile.',
  },
  'spec-not-green': {
    exit: EXIT.failed,
    means: 'Some probes fail before the profile is changed, so a changed verdict would prove nothing.',
    hint: 'Make all probes pass first: `apparmor-probe run` shows which fail and why.',
  },
  'no-apparmor': {
    exit: EXIT.broken,
    means: 'AppArmor is not enabled in this kernel.',
    hint: 'Use a host with AppArmor enabled, or --host lab.',
  },
  'not-enforcing': {
    exit: EXIT.broken,
    means: 'AppArmor is enabled, but its global mode is not enforce.',
    hint: 'Write "enforce" to /sys/module/apparmor/parameters/mode.',
  },
  'no-parser': {
    exit: EXIT.broken,
    means: 'apparmor_parser is missing.',
    hint: 'Install the package `apparmor`.',
  },
  'no-docker': {
    exit: EXIT.broken,
    means: 'The Docker engine does not answer.',
    hint: 'Start Docker, or set DOCKER_HOST to a local engine.',
  },
  'engine-remote': {
    exit: EXIT.broken,
    means: 'The Docker engine runs on another machine, whose kernel cannot be read from here.',
    hint: 'Use the Docker engine of this machine.',
  },
  'no-rights': {
    exit: EXIT.broken,
    means: 'Loading profiles and reading the kernel log need root.',
    hint: 'Run as root, or give this user passwordless sudo.',
  },
  'no-records': {
    exit: EXIT.broken,
    means: "The kernel's audit records do not arrive at any source that was read.",
    hint:
      'The message lists the places searched. `auditctl -l` and `auditctl -s` show filters and limits that hide ' +
      'records; `apparmor-probe doctor` shows where records arrive.',
  },
  'switch-changed': {
    exit: EXIT.broken,
    means: "Something changed the kernel's audit mode while probes were tried: it takes part in what is recorded.",
    hint: 'Leave /sys/module/apparmor/parameters/audit alone during a run.',
  },
  'host-busy': {
    exit: EXIT.broken,
    means: "Another run on this host needs another setting of the kernel's audit mode for too long.",
    hint: 'Wait for the other run to end. `ls /run/apparmor-probe` lists the runs of this host.',
  },
  'load-failed': {
    exit: EXIT.broken,
    means: 'The kernel refused to load the policy.',
    hint: 'The message has the reason.',
  },
  'not-loaded': {
    exit: EXIT.broken,
    means: 'The kernel does not hold the profile as it was loaded.',
    hint:
      'See what is loaded with `aa-status`. An engine loads its own profile when it starts; another program on this ' +
      'host may replace or remove profiles.',
  },
  'wrong-mode': {
    exit: EXIT.failed,
    means: 'The profile does not enforce its rules in the mode that the spec expects.',
    hint:
      "Correct the profile's flags. If the mode is meant, say so in the spec (`mode: complain`), " +
      'and expect what it does.',
  },
  'not-confined': {
    exit: EXIT.broken,
    means: 'A process in the container does not have the expected AppArmor label.',
    hint: 'Check that the engine supports AppArmor: `apparmor-probe doctor`.',
  },
  'container-failed': {
    exit: EXIT.broken,
    means: 'The container could not be created or started.',
    hint: "The message has the engine's reason.",
  },
  'container-exited': {
    exit: EXIT.failed,
    means: 'The container exited: the service does not run under the profile.',
    hint: 'Read its last output and the denials before it: the profile may lack a rule.',
  },
  'not-ready': {
    exit: EXIT.failed,
    means: 'The service did not become ready in time under the profile.',
    hint: 'Read its last output and the denials: the profile may lack a rule.',
  },
  'control-failed': {
    exit: EXIT.broken,
    means: 'The control container, which has no profile, did not start, did not become ready, or exited.',
    hint: 'Correct the container: it does not work without the profile either.',
  },
  'agent-failed': {
    exit: EXIT.broken,
    means: 'The agent inside the container did not answer.',
    hint: 'Run again with --verbose, and please report what it prints.',
  },
  'agent-not-executable': {
    exit: EXIT.broken,
    means: "The agent's file cannot be executed: it has no x bit, or its file system is mounted with `noexec`.",
    hint:
      'Install apparmor-probe on a file system without `noexec`, and keep the modes of its files: ' +
      '`chmod 755 dist/agent/*`.',
  },
  'agent-replaced': {
    exit: EXIT.broken,
    means: 'What answers as the agent is not the agent, or not alone: the container attacks the harness.',
    hint:
      'Nothing that such a container answers counts. Find out what its first process does: it may mount a program ' +
      "over the agent's, trace it, or have taken its place.",
  },
  'mount-replaced': {
    exit: EXIT.broken,
    means: 'The container has something else in the place of a file or folder that the spec mounts.',
    hint: 'Find out which process mounts over it, or unmounts it: probes on that path were about another file.',
  },
  'left-profile': {
    exit: EXIT.failed,
    means: 'A process of the confined container does not run under the profile, nor under a child of it.',
    hint:
      'The message names the process and its label. Find the rule that let it out: `ux` or `px` for its program, or ' +
      '`change_profile`. Write `ix`, or a child profile with `cx`. If the service is meant to run under another ' +
      'profile of the file too, name that under `profile: {also-under: […]}`, and test it with a spec of its own.',
  },
  interrupted: {
    exit: EXIT.broken,
    means: 'The run was interrupted.',
    hint: 'Run it again. If the run was killed, `apparmor-probe cleanup` restores the host.',
  },
  'restore-failed': {
    exit: EXIT.broken,
    means: 'Something that the run changed on the host could not be restored.',
    hint: 'Run `apparmor-probe cleanup`.',
  },
  'report-failed': {
    exit: EXIT.broken,
    means: 'A report could not be written.',
    hint: 'Check the folder given with --report-dir.',
  },
  'lab-tools': {
    exit: EXIT.broken,
    means: 'A tool that the lab needs is missing and cannot be installed.',
    hint: 'Install the packages that the message names.',
  },
  'lab-build': {
    exit: EXIT.broken,
    means: 'The lab image could not be built.',
    hint: 'Read the last lines of the build. Then run `apparmor-probe lab destroy` and try again.',
  },
  'lab-guest': {
    exit: EXIT.broken,
    means: 'The lab guest did not start, or stopped answering.',
    hint: 'Run `apparmor-probe lab destroy` and try again.',
  },
  internal: {
    exit: EXIT.broken,
    means: 'apparmor-probe failed in an unexpected way.',
    hint: 'Please report it, with the output of --verbose.',
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

/** An error for the user. `message` says in one sentence what happened; `details` may list places, one a line. */
export class HarnessError extends Error {
  readonly code: ErrorCode;
  readonly details: readonly string[];

  constructor(code: ErrorCode, message: string, options: { details?: readonly string[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HarnessError';
    this.code = code;
    this.details = options.details ?? [];
  }

  get hint(): string {
    return ERRORS[this.code].hint;
  }

  get exit(): ExitCode {
    return ERRORS[this.code].exit;
  }
}

/** @returns the thrown value as a HarnessError; what is not one already becomes `internal`. */
export function asHarnessError(thrown: unknown): HarnessError {
  if (thrown instanceof HarnessError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new HarnessError('internal', message, { cause: thrown });
}
