/**
 * The GitHub Action, and the only importer of @actions/core. It starts the command line, `dist/cli.cjs`, and makes
 * outputs, a job summary, annotations and the result of the step from its report. As `post` it runs `cleanup`.
 */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as core from '@actions/core';
import { asHarnessError } from '#core/model/errors.ts';
import { defined } from '#core/model/optional.ts';
import { markdown } from '#core/report/markdown-report.ts';
import { REPORT_FILES } from '#core/report/report-files.ts';
import { plain } from '#core/text/markdown.ts';
import { oneLine } from '#core/text/visible.ts';
import { cliArguments, expandSpecs, readInputs, type Inputs } from './inputs.ts';
import {
  annotationsOf,
  errorResult,
  interpretExit,
  outputsOf,
  type CommandExit,
  type ReportPaths,
  type StepResult,
} from './outputs.ts';
import { baseCommit, diffArguments, diffSummary, withDiff } from './pull-request.ts';
import { childEnvironment, runChild } from './run-cli.ts';

/** Name of the state that tells `post` from the step itself. */
const POST_STATE = 'isPost';

/** File times come from the kernel's coarse clock, which lags by up to 10 ms; with a margin. */
const CLOCK_LAG_MS = 50;

/** What the step does: run the specs, compare on a pull request, and report both. */
async function runStep(): Promise<void> {
  core.saveState(POST_STATE, 'true'); // before anything can fail: the clean-up must run in any case
  const run = await runSpecs();
  const comparison = await comparePullRequest(run);
  const result = comparison === undefined ? run.result : withDiff(run.result, comparison.exit);

  for (const [name, value] of Object.entries(outputsOf(result, run.paths))) core.setOutput(name, value);
  await summarize(run, comparison?.summary ?? '');
  for (const { message, ...place } of annotations(result)) core.error(message, place);
  if (result.failure !== undefined) core.setFailed(result.failure);
}

interface SpecRun {
  readonly result: StepResult;
  readonly paths: ReportPaths;
  /** Missing when the inputs could not be read. */
  readonly inputs?: Inputs;
}

async function runSpecs(): Promise<SpecRun> {
  let inputs: Inputs | undefined;
  try {
    inputs = readInputs(core);
    return { inputs, ...(await runCommand(inputs)) };
  } catch (thrown) {
    const error = asHarnessError(thrown);
    const result = errorResult(oneLine(`${error.message} ${error.hint}`, 2000), error.exit);
    return { result, paths: {}, ...defined({ inputs }) };
  }
}

async function runCommand(inputs: Inputs): Promise<Omit<SpecRun, 'inputs'>> {
  const specs = expandSpecs(inputs.specs, namesIn);
  const startedMs = Date.now();
  const exit = await runCli(cliArguments(inputs, specs));

  const json = join(inputs.reportDir, REPORT_FILES.json);
  const junit = join(inputs.reportDir, REPORT_FILES.junit);
  const result = interpretExit(exit, contentsOf(json), startedMs);
  const paths = defined({
    json: result.report === undefined ? undefined : json,
    junit: isWrittenSince(junit, startedMs) ? junit : undefined,
  });
  const lacksJunit = result.failure === undefined && paths.junit === undefined;
  return {
    paths,
    result: lacksJunit
      ? errorResult(`This run did not write ${REPORT_FILES.junit}.`, undefined, result.report)
      : result,
  };
}

interface Comparison {
  readonly exit: CommandExit;
  /** For the job summary. */
  readonly summary: string;
}

/** @returns undefined where there is nothing to compare: without a pull request, or after a run that broke. */
async function comparePullRequest({ inputs, result }: SpecRun): Promise<Comparison | undefined> {
  if (inputs?.diff !== true || result.report === undefined) return undefined;
  const base = baseCommit(process.env['GITHUB_EVENT_NAME'], contentsOf(process.env['GITHUB_EVENT_PATH'] ?? ''));
  if (base.problem !== undefined) {
    const exit = { startError: base.problem };
    return { exit, summary: diffSummary(undefined, exit) };
  }
  if (base.commit === undefined) return undefined;

  const file = join(inputs.reportDir, 'diff.md');
  rmSync(file, { force: true });
  const exit = await runCli(diffArguments(base.commit, file, inputs, expandSpecs(inputs.specs, namesIn)));
  return { exit, summary: diffSummary(contentsOf(file), exit) };
}

/** Runs after the job: restores the host when the step was killed before it could. */
async function runPost(): Promise<void> {
  const { exit, signal, startError } = await runCli(['cleanup']);
  if (exit === 0) return;
  const how = oneLine(startError ?? signal ?? `exit ${exit ?? 'unknown'}`, 100);
  core.warning(`The clean-up failed (${how}): changes that the run made to this host may still be there.`);
}

/** Runs the command line, which is beside this bundle. The runner obeys no workflow command in its output. */
async function runCli(argv: readonly string[]): Promise<CommandExit> {
  const token = randomUUID();
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  print(`::stop-commands::${token}`);
  try {
    // Both outputs of the command go to standard output: the runner reads the two streams of the action separately, and
    // could see the end of the token before a line of standard error that was printed earlier.
    const program = [process.execPath, join(__dirname, 'cli.cjs')];
    return await runChild([...program, ...argv], childEnvironment(process.env), print);
  } finally {
    print(`::${token}::`);
  }
}

/** A summary that cannot be written is only a warning: the result stands. */
async function summarize({ inputs, result }: SpecRun, comparison: string): Promise<void> {
  if (inputs?.summary === false) return;
  try {
    await core.summary.addRaw(summaryOf(result) + comparison).write();
  } catch (thrown) {
    core.warning(oneLine(`The job summary could not be written: ${asHarnessError(thrown).message}`, 500));
  }
}

/** A report that contradicts the result is not shown: its headline could be green. */
function summaryOf({ report, failure, exitCode }: StepResult): string {
  if (report !== undefined && report.exitCode === exitCode) return markdown(report, { root: root() });
  return `## 🔴 Error\n\n${plain(failure ?? '', 2000)}\n`;
}

function annotations({ report }: StepResult): ReturnType<typeof annotationsOf> {
  return report === undefined ? [] : annotationsOf(report, root());
}

function root(): string {
  return process.env['GITHUB_WORKSPACE'] ?? process.cwd();
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function contentsOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function isWrittenSince(file: string, ms: number): boolean {
  const modifiedMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return modifiedMs >= ms - CLOCK_LAG_MS;
}

// only as the bundle that action.yml names: a test that imports this file starts nothing
if (typeof require === 'function' && require.main === module) {
  const isPost = core.getState(POST_STATE) !== '';
  const done = isPost ? runPost() : runStep();
  done.catch((thrown: unknown) => core.setFailed(oneLine(String(thrown), 2000)));
}
