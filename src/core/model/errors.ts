/** Every error that a user can meet: a stable code, what happened, what to do. docs/errors.md is generated from this table. */

/** Exit codes of the command line, as README.md has them. */
export const EXIT = { ok: 0, failed: 1, usage: 2, undecided: 3, broken: 4 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

interface ErrorKind {
  readonly exit: ExitCode;
  /** What it means, for the docs. */
  readonly means: string;
  /** What to do. */
  readonly hint: string;
}

export const ERRORS = {
  usage: { exit: EXIT.usage, means: 'An option or argument is wrong.', hint: 'See `apparmor-probe --help`.' },
  'spec-unreadable': {
    exit: EXIT.usage,
    means: 'A spec file cannot be read.',
    hint: 'Check the path and its permissions.',
  },
  'spec-invalid': {
    exit: EXIT.usage,
    means: 'A spec file has mistakes; each is listed with file, line and column.',
    hint: 'Correct the lines named; docs/spec.md lists every key.',
  },
  'no-probes': { exit: EXIT.usage, means: 'No probe is left to run.', hint: 'Check the spec and the --grep pattern.' },
  'profile-unreadable': {
    exit: EXIT.usage,
    means: 'The profile file cannot be read.',
    hint: 'Check the path in the spec or in --profile.',
  },
  'profile-invalid': {
    exit: EXIT.usage,
    means: 'apparmor_parser rejects the profile.',
    hint: 'Correct the profile at the line the parser names.',
  },
  'profile-unread': {
    exit: EXIT.usage,
    means: "The profile's text cannot be read rule by rule.",
    hint: 'Correct the line named; if apparmor_parser accepts it, report it.',
  },
  'include-not-found': {
    exit: EXIT.usage,
    means: 'Something that the profile includes is in none of the folders that are searched.',
    hint: "Give a copy of a host's /etc/apparmor.d with -b, or the folder that holds it with -I. A Debian or Ubuntu host with the package `apparmor` has them, and so has the lab: `apparmor-probe lab exec -- tar cf - -C / etc/apparmor.d | tar xf -`, then `-b etc/apparmor.d`.",
  },
  'profile-ambiguous': {
    exit: EXIT.usage,
    means: 'The file does not define the profile to test, or defines several and none is chosen.',
    hint: 'Give `profile: {file: …, name: …}` with one of the names listed.',
  },
  'profile-not-isolated': {
    exit: EXIT.usage,
    means: 'The profile could not be given a name of its own for the run: it would not say the same.',
    hint: 'Change the rule that is named (`px -> NAME` in place of `px`, no name of a profile in a path), or run with --in-place, under its own name.',
  },
  'revision-unreadable': {
    exit: EXIT.usage,
    means: 'A git revision, or the profile in it, cannot be read.',
    hint: 'Check the name and the path. In a shallow clone fetch it first: `git fetch --depth=1 origin COMMIT`, or `fetch-depth: 0` and `persist-credentials` for actions/checkout.',
  },
  'image-unavailable': {
    exit: EXIT.usage,
    means: 'The image is not present and cannot be pulled or built.',
    hint: 'Check the image name, or give `build:` a folder with a Dockerfile.',
  },
  'no-profile-text': {
    exit: EXIT.usage,
    means: 'The spec tests a profile that the engine loads, and does not name its text.',
    hint: 'Name the text in the spec (`profile: {engine: …, source: FILE}`), or give it with --profile.',
  },
  'spec-not-green': {
    exit: EXIT.failed,
    means:
      'Not every probe of the spec passes with the profile unchanged, so no change of a verdict could be laid to a mutant.',
    hint: 'Make the spec green first: `apparmor-probe run` shows what is amiss.',
  },
  'no-apparmor': {
    exit: EXIT.broken,
    means: 'This kernel does not run AppArmor.',
    hint: 'Use a host with AppArmor enabled, or --host lab.',
  },
  'not-enforcing': {
    exit: EXIT.broken,
    means: 'AppArmor is present but its global mode is not enforce.',
    hint: 'Write "enforce" to /sys/module/apparmor/parameters/mode.',
  },
  'no-parser': { exit: EXIT.broken, means: 'apparmor_parser is missing.', hint: 'Install the package `apparmor`.' },
  'no-docker': {
    exit: EXIT.broken,
    means: 'The Docker engine does not answer.',
    hint: 'Start Docker, or set DOCKER_HOST to a local engine.',
  },
  'engine-remote': {
    exit: EXIT.broken,
    means: 'The Docker engine runs on another machine, whose kernel cannot be read.',
    hint: 'Use the engine of this machine.',
  },
  'no-rights': {
    exit: EXIT.broken,
    means: 'Loading profiles and reading the kernel log need root.',
    hint: 'Run as root, or give this user passwordless sudo.',
  },
  'no-records': {
    exit: EXIT.broken,
    means: "The kernel's audit records do not arrive where they are read.",
    hint: 'Read where it was looked for; `auditctl -l` and `auditctl -s` show filters and limits that hide records. `apparmor-probe doctor` shows where they arrive.',
  },
  'load-failed': {
    exit: EXIT.broken,
    means: 'The kernel refused the policy.',
    hint: "Read the kernel's reason in the message.",
  },
  'not-loaded': {
    exit: EXIT.broken,
    means: 'After loading, the kernel does not list the profile in the expected mode.',
    hint: "Check the profile's flags and the spec's `mode`.",
  },
  'not-confined': {
    exit: EXIT.broken,
    means: 'A process of the container does not carry the label it must.',
    hint: 'Check that the engine supports AppArmor (`apparmor-probe doctor`) and that the spec asks for no privileged container.',
  },
  'container-failed': {
    exit: EXIT.broken,
    means: 'The container could not be created or started.',
    hint: "Read the engine's reason in the message.",
  },
  'container-exited': {
    exit: EXIT.failed,
    means: 'The container exited, so the service does not run under the profile.',
    hint: 'Read its last output and the denials before it; the profile may lack a rule.',
  },
  'not-ready': {
    exit: EXIT.failed,
    means: 'The service did not become ready under the profile in time.',
    hint: 'Read its last output and the denials; the profile may lack a rule.',
  },
  'control-failed': {
    exit: EXIT.broken,
    means: 'The control container, which has no profile, did not start or become ready.',
    hint: 'Correct the container: it does not work without the profile either.',
  },
  'agent-failed': {
    exit: EXIT.broken,
    means: 'The agent inside the container did not answer.',
    hint: 'Run again with --verbose and report what it prints.',
  },
  interrupted: {
    exit: EXIT.broken,
    means: 'The run was interrupted.',
    hint: 'Run again; `apparmor-probe cleanup` puts back what a killed run left.',
  },
  'restore-failed': {
    exit: EXIT.broken,
    means: 'Something the run changed on the host could not be put back.',
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
    hint: 'Install the packages named.',
  },
  'lab-build': {
    exit: EXIT.broken,
    means: 'The lab image could not be built.',
    hint: 'Read the last lines of the build; then `apparmor-probe lab destroy` and try again.',
  },
  'lab-guest': {
    exit: EXIT.broken,
    means: 'The lab guest did not start or stopped answering.',
    hint: 'Run `apparmor-probe lab destroy` and try again.',
  },
  internal: {
    exit: EXIT.broken,
    means: 'The harness met a case it does not know.',
    hint: 'Please report it with the output of --verbose.',
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

/** An error for the user. `message` says what happened in one sentence; `details` may list places. */
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

/** Any thrown value as a HarnessError; what is not one already becomes `internal`. */
export function asHarnessError(thrown: unknown): HarnessError {
  if (thrown instanceof HarnessError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new HarnessError('internal', message, { cause: thrown });
}
