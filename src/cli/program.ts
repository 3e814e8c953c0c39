/** The command line as a program of commander. Making it has no side effects, so that its help can be tested. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { printError } from '#adapters/host/console.ts';
import { toolVersion } from '#adapters/host/package-files.ts';
import { asHarnessError, EXIT } from '#core/model/errors.ts';
import { runAudit } from './commands/audit.ts';
import { runCleanup } from './commands/cleanup.ts';
import { runDiffSpecs } from './commands/diff-specs.ts';
import { runDiff } from './commands/diff.ts';
import { runDoctor } from './commands/doctor.ts';
import { runInit } from './commands/init.ts';
import { runLabBuild, runLabDestroy, runLabExec, runLabShell } from './commands/lab.ts';
import { runMutate } from './commands/mutate.ts';
import { runRules } from './commands/rules.ts';
import { runRun } from './commands/run.ts';
import { optionsOf, type OptionRow } from './options.ts';
import type {
  CommandName,
  DiffArguments,
  DiffSpecsArguments,
  InitArguments,
  LabArguments,
  MutateArguments,
  RulesArguments,
  RunArguments,
} from './command-arguments.ts';

/** @returns all commands, none of them started: `parseAsync` of the result starts the one that is named. */
export function createProgram(): Command {
  const program = new Command('apparmor-probe')
    .description(
      'Tests AppArmor profiles for containers: each must be enforced, deny what it must, and allow what it must.',
    )
    .version(toolVersion())
    .option('--verbose', 'also print the causes of errors')
    .enablePositionalOptions();

  addRun(program);
  addRules(program);
  addDiff(program);
  addDiffSpecs(program);
  addMutate(program);
  addInit(program);
  addDoctor(program);
  addCleanup(program);
  addAudit(program);
  addLab(program);

  // commander applies these two to the one command that they are called on
  for (const command of allCommands(program)) command.exitOverride().showHelpAfterError();
  return program;
}

/** Prints what a started command threw. @returns the exit code. */
export function reportFailure(thrown: unknown, program: Command): number {
  // commander has printed its own errors, and help and the version, which it "throws" too
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;

  const error = asHarnessError(thrown);
  const { verbose = false } = program.opts<{ verbose?: boolean }>();
  printError(error, verbose);
  return error.exit;
}

/** A command and all commands below it. */
export function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

function addRun(program: Command): void {
  const run = program
    .command('run')
    .description('run specs: load the profile, start the container under it, run every probe, write reports')
    .argument('[SPEC...]', 'spec files (default: all .yml and .yaml of specs)');
  addOptions(run, 'run')
    .addHelpText(
      'after',
      `
Exit status: 0 every probe passed, 1 the profile fails its spec or --min-coverage is not reached,
2 a spec, profile or option is wrong, 3 some probe proves nothing (vacuous or inconclusive),
4 the harness or the host failed.

Example: apparmor-probe run specs/docker-nginx.yml --profile profiles/docker-nginx --grep dash`,
    )
    .action(async (specs: string[], options: RunArguments) => {
      process.exitCode = await runRun(specs, options);
    });
}

function addRules(program: Command): void {
  const rules = program
    .command('rules')
    .description('list the rules of a profile and its included files, each with file and line')
    .argument('<PROFILE>', 'a profile file');
  addOptions(rules, 'rules')
    .addHelpText(
      'after',
      `
This works without AppArmor on this host, but includes such as <tunables/global> need its files: see -b.

Example: apparmor-probe rules profiles/docker-nginx -b /etc/apparmor.d`,
    )
    .action((profile: string, options: RulesArguments) => {
      process.exitCode = runRules(profile, options);
    });
}

function addDiff(program: Command): void {
  const diff = program
    .command('diff')
    .description('compare two versions of a profile: rules, accesses and, with --spec, probe verdicts')
    .argument('<BASE>', 'the old version: a profile file, REVISION:PATH, or a revision of FILE')
    .argument('<HEAD>', 'the new version, given the same way')
    .argument('[FILE]', 'the profile file, when BASE and HEAD are revisions');
  addOptions(diff, 'diff')
    .addHelpText(
      'after',
      `
Exit status: 0 every newly allowed access has a waiver in the spec, 1 at least one has none,
2 a profile, revision or option is wrong, 4 the harness or the host failed, or the kernel contradicts the comparison.

Example: apparmor-probe diff main HEAD profiles/docker-nginx --spec specs/docker-nginx.yml`,
    )
    .action(async (base: string, head: string, file: string | undefined, options: DiffArguments) => {
      process.exitCode = await runDiff(file === undefined ? { base, head } : { base, head, file }, options);
    });
}

function addDiffSpecs(program: Command): void {
  const diffSpecs = program
    .command('diff-specs', { hidden: true })
    .description('compare the profile of each spec with a commit; the GitHub Action does this on pull requests')
    .argument('<SPEC...>', 'spec files');
  addOptions(diffSpecs, 'diff-specs').action(async (specs: string[], options: DiffSpecsArguments) => {
    process.exitCode = await runDiffSpecs(specs, options);
  });
}

function addMutate(program: Command): void {
  const mutate = program
    .command('mutate')
    .description('weaken the profile, one rule or addition at a time, and list the changes that no probe notices')
    .argument('<SPEC>', 'spec file');
  addOptions(mutate, 'mutate')
    .addHelpText(
      'after',
      `
Exit status: 0 the score reaches --min-score, 1 it does not, or the spec is not green with the unchanged profile,
2 a spec, profile or option is wrong, 3 no mutant could be judged, 4 the harness or the host failed.

Example: apparmor-probe mutate specs/docker-nginx.yml --min-score 90`,
    )
    .action(async (spec: string, options: MutateArguments) => {
      process.exitCode = await runMutate(spec, options);
    });
}

function addInit(program: Command): void {
  const init = program
    .command('init')
    .description('write a spec for a profile: probes for what each rule denies or allows in an image');
  addOptions(init, 'init')
    .addHelpText(
      'after',
      `
Every probe is tried on a kernel, and written only if it passes. Rules without a probe are listed.

Example: apparmor-probe init --profile profiles/docker-nginx --image nginx:1.27`,
    )
    .action(async (options: InitArguments) => {
      process.exitCode = await runInit(options);
    });
}

function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check this host and show how to fix what is missing')
    .addHelpText(
      'after',
      `
Exit status: 0 when \`run\` works on this host, 4 when it does not.

Example: apparmor-probe doctor`,
    )
    .action(async () => {
      process.exitCode = await runDoctor();
    });
}

function addCleanup(program: Command): void {
  program
    .command('cleanup')
    .description('remove what killed runs left on this host: containers, profiles, kernel parameters')
    .addHelpText('after', '\nExample: apparmor-probe cleanup')
    .action(async () => {
      process.exitCode = await runCleanup();
    });
}

function addAudit(program: Command): void {
  program
    .command('audit')
    .description('convert kernel log lines to JSON, one record per line')
    .argument('[FILE]', 'a log file, or - for standard input', '-')
    .addHelpText(
      'after',
      `
The JSON keys are the keys of the kernel's records; \`damaged\` says why fields may be missing.

Reads logs of the kernel, syslog, auditd and the journal in the forms that people copy: \`journalctl -o json\`, JSON of
log collectors, \`ausearch -i\`, output of grep, colours, wrapped lines, pairs without a header. The date that
\`ausearch -i\` prints has no time zone: it is kept as \`date\`, without \`epoch\`.

Standard error says how many records were read, and how many lines were not, and why. The exit status is 2 when the
log has lines but no record.

Example: dmesg | apparmor-probe audit`,
    )
    .action(async (file: string) => {
      process.exitCode = await runAudit(file);
    });
}

function addLab(program: Command): void {
  const lab = program
    .command('lab')
    .description('manage the lab: virtual machines with AppArmor and Docker, called guests')
    .enablePositionalOptions()
    .addHelpText('after', '\nExample: apparmor-probe lab shell');

  addOptions(lab.command('build'), 'lab')
    .description('build the image of the guests, unless it exists')
    .addHelpText('after', '\nExample: apparmor-probe lab build --lab-suite bookworm')
    .action((options: LabArguments) => runLabBuild(options));

  addOptions(lab.command('exec'), 'lab')
    .description('run a command in a fresh guest; what it changes is discarded')
    .argument('<command...>')
    .passThroughOptions()
    .addHelpText(
      'after',
      `
apparmor-probe is in the guest too, at the same path as on this host.

Example: apparmor-probe lab exec -- cat /sys/kernel/security/apparmor/profiles`,
    )
    .action(async (command: string[], options: LabArguments) => {
      process.exitCode = await runLabExec(command, options);
    });

  addOptions(lab.command('shell'), 'lab')
    .description('open a shell in a fresh guest; what it changes is discarded')
    .addHelpText('after', '\nExample: apparmor-probe lab shell')
    .action(async (options: LabArguments) => {
      process.exitCode = await runLabShell(options);
    });

  addOptions(lab.command('destroy'), 'lab destroy')
    .description('stop the guests and remove their images')
    .addHelpText('after', '\nExample: apparmor-probe lab destroy')
    .action((options: Partial<LabArguments>) => runLabDestroy(options));
}

function addOptions(command: Command, name: CommandName): Command {
  for (const [, row] of optionsOf(name)) command.addOption(toCommander(row));
  return command;
}

function toCommander(row: OptionRow): Option {
  const flags = [...(row.short === undefined ? [] : [row.short]), row.flag].join(', ');
  const option = new Option(row.argument === undefined ? flags : `${flags} ${row.argument}`, row.help);
  if (row.choices !== undefined) option.choices(row.choices.map(String));
  if (row.default !== undefined) option.default(row.default);
  if (row.parse !== undefined) option.argParser((text) => parseValue(row, text));
  if (row.repeats === true) option.argParser((text, before: readonly string[]) => [...before, text]);
  return option.makeOptionMandatory(row.required === true).hideHelp(row.hidden === true);
}

/** @throws InvalidArgumentError, which commander prints with the option's name */
function parseValue(row: OptionRow, text: string): unknown {
  const value = row.parse?.(text);
  if (value === undefined) throw new InvalidArgumentError(`Expected ${row.expects ?? 'another value'}.`);
  return value;
}
