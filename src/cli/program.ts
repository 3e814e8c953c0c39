#!/usr/bin/env node
/** The command line: arguments to options, options to commands, and the exit code. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { runAudit } from './commands/audit.ts';
import { runCleanup } from './commands/cleanup.ts';
import { printError } from '#adapters/host/console.ts';
import { runDiff, type DiffArguments } from './commands/diff.ts';
import { runDiffSpecs, type DiffSpecsArguments } from './commands/diff-specs.ts';
import { runDoctor } from './commands/doctor.ts';
import { runInit, type InitArguments } from './commands/init.ts';
import { addLabCommands } from './commands/lab.ts';
import { runMutate, type MutateArguments } from './commands/mutate.ts';
import { runRun, type RunArguments } from './commands/run.ts';
import { runRules, type RulesArguments } from './commands/rules.ts';
import { asHarnessError, EXIT, HarnessError } from '#core/model/errors.ts';
import { toolVersion } from '#adapters/host/package-files.ts';
import { LOG_SOURCES } from '#adapters/kernel/log/source.ts';
import { SUITES } from '#adapters/lab/index.ts';
import { readPercent } from '#core/text/percent.ts';

/** 0 to 100. */
function percentage(text: string): number {
  const value = readPercent(text);
  if (value === undefined) throw new InvalidArgumentError('It takes a number from 0 to 100.');
  return value;
}

const program = new Command('apparmor-probe')
  .description('Proves that an AppArmor container profile is enforced, denies what it must and allows what it must.')
  .version(toolVersion())
  .option('--verbose', 'print causes of errors')
  .showHelpAfterError()
  .enablePositionalOptions()
  .exitOverride();

program
  .command('run')
  .description('run specs: load the profile, start the container under it, try every probe, write reports')
  .argument('[SPEC...]', 'spec files (default: all of specs/*.yml)')
  .addOption(new Option('--host <where>', 'where to run').choices(['auto', 'local', 'lab']).default('auto'))
  .addOption(new Option('--lab-suite <suite>', 'Debian suite of the lab guest').choices([...SUITES]).default('trixie'))
  .option('--profile <file>', "test this profile in place of the spec's")
  .option('--image <name>', "use this image in place of the spec's")
  .option('--report-dir <folder>', 'folder for junit.xml, report.json, summary.md and report.html', 'reports')
  .option('--grep <pattern>', 'only probes whose suite and name match this regular expression')
  .option('--bail', 'stop at the first probe that does not pass', false)
  .option('--in-place', 'load the profile under its own name, and put back what was there', false)
  .option('--keep-audit-switch', "leave the kernel's audit switch alone: explicit deny rules then stay silent", false)
  .addOption(
    new Option('--log <source>', 'where to read audit records: auto takes the place where they are proved to arrive')
      .choices(['auto', ...LOG_SOURCES])
      .default('auto'),
  )
  .option('--coverage', 'print the profile with a mark at each rule and the probes behind it', false)
  .addOption(
    new Option('--min-coverage <percent>', "fail when the probes hit less of a profile's testable rules").argParser(
      percentage,
    ),
  )
  .addHelpText(
    'after',
    `
Exit status: 0 all probes hold, 1 the profile fails its spec or --min-coverage is not reached, 2 a spec, profile or option is wrong,
3 not all is proved (vacuous or inconclusive), 4 the harness or the host failed.

Example: apparmor-probe run specs/docker-nginx.yml --profile profiles/docker-nginx --grep dash`,
  )
  .action(async (specs: string[], options: RunArguments) => {
    process.exitCode = await runRun(specs, options);
  });

program
  .command('rules')
  .description('list the rules of a profile and of all that it includes, each with file and line')
  .argument('<PROFILE>', 'a profile file')
  .option('--json', 'everything that was read, as JSON', false)
  .option(
    '-I, --include <folder>',
    'search this folder for includes before the base folder; may be repeated',
    (folder: string, before: readonly string[]) => [...before, folder],
    [],
  )
  .option('-b, --base <folder>', 'look for includes here in place of /etc/apparmor.d')
  .addHelpText(
    'after',
    `
Needs no AppArmor on this host; includes such as <tunables/global> need its files, see -b.

Example: apparmor-probe rules profiles/docker-nginx -b /etc/apparmor.d`,
  )
  .action((file: string, options: RulesArguments) => {
    process.exitCode = runRules(file, options);
  });

program
  .command('diff')
  .description(
    'what a change of a profile changes: rules, accesses of the compiled policy, and with --spec verdicts of probes',
  )
  .argument('<BASE>', 'a profile file, REVISION:PATH, or a revision of FILE')
  .argument('<HEAD>', 'the same for the other side')
  .argument('[FILE]', 'the profile file, when BASE and HEAD are revisions')
  .addOption(
    new Option('--host <where>', 'where the kernel is asked; none reads the expressions only')
      .choices(['auto', 'local', 'lab', 'none'])
      .default('auto'),
  )
  .addOption(new Option('--lab-suite <suite>', 'Debian suite of the lab guest').choices([...SUITES]).default('trixie'))
  .option('--spec <file>', 'try its probes under both profiles, and let its waivers count')
  .option('--json', 'print JSON', false)
  .option('--markdown <file>', 'also write it as Markdown')
  .option(
    '-I, --include <folder>',
    'search this folder for includes (repeat for more)',
    (folder: string, known: string[]) => [...known, folder],
    [],
  )
  .option('-b, --base <folder>', 'the base folder of includes (default: /etc/apparmor.d)')
  .addOption(
    new Option('--as <name>', 'what to call a side')
      .argParser((name: string, known: string[] | undefined) => [...(known ?? []), name])
      .hideHelp(),
  )
  .addHelpText(
    'after',
    `
Exit status: 0 nothing is newly allowed that no waiver of the spec covers, 1 something is, 2 a profile, revision or option is wrong,
4 the harness or the host failed, or the kernel contradicts our reading.

Example: apparmor-probe diff main HEAD profiles/docker-nginx --spec specs/docker-nginx.yml`,
  )
  .action(async (base: string, head: string, file: string | undefined, options: DiffArguments) => {
    process.exitCode = await runDiff(file === undefined ? [base, head] : [base, head, file], options);
  });

program
  .command('diff-specs', { hidden: true })
  .description('the profile of each spec against what it was at a commit; what the action does on a pull request')
  .argument('<SPEC...>', 'spec files')
  .requiredOption('--since <commit>', 'what to compare with')
  .requiredOption('--markdown <file>', 'where to write it')
  .option('--profile <file>', "this profile in place of the spec's")
  .addOption(
    new Option('--host <where>', 'where the kernel is asked').choices(['auto', 'local', 'lab', 'none']).default('auto'),
  )
  .addOption(new Option('--lab-suite <suite>', 'Debian suite of the lab guest').choices([...SUITES]).default('trixie'))
  .action(async (specs: string[], options: DiffSpecsArguments) => {
    process.exitCode = await runDiffSpecs(specs, options);
  });

program
  .command('mutate')
  .description(
    'weaken the profile one rule at a time under the running container, and see which changes the probes of a spec notice',
  )
  .argument('<SPEC>', 'spec file')
  .addOption(new Option('--host <where>', 'where to run').choices(['auto', 'local', 'lab']).default('auto'))
  .addOption(new Option('--lab-suite <suite>', 'Debian suite of the lab guest').choices([...SUITES]).default('trixie'))
  .option('--profile <file>', "change this profile in place of the spec's")
  .option('--image <name>', "use this image in place of the spec's")
  .option('--report-dir <folder>', 'folder for mutation.json and mutation.md', 'reports')
  .option('--grep <pattern>', 'only mutants whose line matches this regular expression, for example "line 31:"')
  .option('--included', 'also change rules that come from included files', false)
  .option(
    '--write-probes',
    'add to the spec a probe for each survivor, tried on the kernel: it holds, and the mutant turns it red',
    false,
  )
  .addOption(new Option('--min-score <percent>', 'fail below this score').argParser(percentage))
  .addOption(
    new Option('--log <source>', 'where to read audit records').choices(['auto', ...LOG_SOURCES]).default('auto'),
  )
  .addHelpText(
    'after',
    `
Exit status: 0 the score reaches --min-score, 1 it does not or the spec is not green to begin with,
2 a spec, profile or option is wrong, 3 no mutant could be judged, 4 the harness or the host failed.

Example: apparmor-probe mutate specs/docker-nginx.yml --min-score 90`,
  )
  .action(async (spec: string, options: MutateArguments) => {
    process.exitCode = await runMutate(spec, options);
  });

program
  .command('init')
  .description(
    'write a spec for a profile: for each rule what it denies or allows in an image, and what it leaves alone',
  )
  .requiredOption('--profile <file>', 'the profile')
  .requiredOption('--image <name>', 'the image; its files are what is tried')
  .option('--build <folder>', 'folder with a Dockerfile to build the image from when it is missing')
  .option('-o, --output <file>', 'the spec to write (default: specs/PROFILE.generated.yml)')
  .option('--force', 'write over a spec that is there', false)
  .addOption(new Option('--host <where>', 'where to try').choices(['auto', 'local', 'lab']).default('auto'))
  .addOption(new Option('--lab-suite <suite>', 'Debian suite of the lab guest').choices([...SUITES]).default('trixie'))
  .addOption(new Option('--write-to <file>').hideHelp())
  .addHelpText(
    'after',
    `
Every probe of the spec was tried on a kernel and held; rules that nothing in the image shows are named.

Example: apparmor-probe init --profile profiles/docker-nginx --image nginx:1.27`,
  )
  .action(async (options: InitArguments) => {
    process.exitCode = await runInit(options);
  });

program
  .command('doctor')
  .description('show what this host can do, each line with its cure')
  .addHelpText('after', '\nExit status: 0 when `run` works here, 4 when it does not.\n\nExample: apparmor-probe doctor')
  .action(async () => {
    process.exitCode = await runDoctor();
  });

program
  .command('cleanup')
  .description('put back what a killed run left: containers, profiles, kernel parameters')
  .addHelpText('after', '\nExample: apparmor-probe cleanup')
  .action(async () => {
    process.exitCode = await runCleanup();
  });

program
  .command('audit')
  .description("kernel log lines in, one JSON object a record out, under the kernel's own key names")
  .argument('[FILE]', 'a log file, or - for standard input', '-')
  .addHelpText('after', '\nExample: dmesg | apparmor-probe audit')
  .action(async (file: string) => {
    process.exitCode = await runAudit(file);
  });

addLabCommands(
  program
    .command('lab')
    .description('the lab guest: a virtual machine with AppArmor and Docker')
    .enablePositionalOptions()
    .addHelpText('after', '\nExample: apparmor-probe lab shell'),
);

// options are inherited by hand: exitOverride holds for the command it is set on
for (const command of [...program.commands, ...program.commands.flatMap((one) => one.commands)])
  command.exitOverride().showHelpAfterError();

// a reader that goes away (`| head`) is no failure of ours
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

program.parseAsync().catch((thrown: unknown) => {
  if (thrown instanceof CommanderError) {
    process.exitCode = thrown.exitCode === 0 ? EXIT.ok : EXIT.usage; // commander has printed it
    return;
  }
  const error: HarnessError = asHarnessError(thrown);
  printError(error, program.opts<{ verbose?: boolean }>().verbose ?? false);
  process.exitCode = error.exit;
});
