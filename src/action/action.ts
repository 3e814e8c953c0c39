/**
 * The GitHub Action, and the only importer of @actions/core. It starts the command line, `dist/cli.cjs`, and makes outputs,
 * a job summary, annotations and the step's result from the report that this writes. As `post` it runs the clean-up.
 */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as core from '@actions/core';
import { asHarnessError } from '#core/model/errors.ts';
import { childEnvironment, runChild } from './run-cli.ts';
import { cliArguments, expandSpecs, readInputs, type Inputs } from './inputs.ts';
import { baseCommit, diffArguments, diffSummary, withDiff } from './pull-request.ts';
import { annotationsOf, broken, interpretExit, outputsOf, type Ended, type Reports, type Result } from './outputs.ts';
import { REPORT_FILES } from '#core/report/report-files.ts';
import { markdown } from '#core/report/markdown-report.ts';
import { plain } from '#core/text/markdown.ts';
import { oneLine } from '#core/text/visible.ts';

const STATE = 'isPost';

/** The step itself. */
async function run(): Promise<void> {
  core.saveState(STATE, 'true'); // before anything can go wrong: the clean-up must come in any case
  let inputs: Inputs | undefined;
  let result: Result;
  let reports: Reports = {};
  try {
    inputs = readInputs(core);
    const specs = expandSpecs(inputs.specs, namesIn);
    const startedMs = Date.now();
    const ended = await command(cliArguments(inputs, specs));
    const json = join(inputs.reportDir, REPORT_FILES.json);
    const junit = join(inputs.reportDir, REPORT_FILES.junit);
    result = interpretExit(ended, textOf(json), startedMs);
    reports = {
      ...(result.report === undefined ? {} : { json }),
      ...(writtenSince(junit, startedMs) ? { junit } : {}),
    };
    if (result.failure === undefined && reports.junit === undefined)
      result = broken(`This run wrote no ${REPORT_FILES.junit}.`, undefined, result.report);
  } catch (thrown) {
    const error = asHarnessError(thrown);
    result = broken(oneLine(`${error.message} ${error.hint}`, 2000), error.exit);
  }
  const ran = result;
  let changes = '';
  const base =
    inputs?.diff === true
      ? baseCommit(process.env['GITHUB_EVENT_NAME'], textOf(process.env['GITHUB_EVENT_PATH'] ?? ''))
      : undefined;
  if (inputs !== undefined && base !== undefined && result.report !== undefined) {
    const file = join(inputs.reportDir, 'diff.md');
    rmSync(file, { force: true });
    const ended = await command(diffArguments(base, file, inputs, expandSpecs(inputs.specs, namesIn)));
    result = withDiff(result, ended);
    changes = diffSummary(textOf(file), ended);
  }
  for (const [name, value] of Object.entries(outputsOf(result, reports))) core.setOutput(name, value);
  // Report first, fail last: whatever happens to the summary, the result stands.
  try {
    if (inputs?.summary !== false) await summarize(ran, changes);
  } catch (thrown) {
    core.warning(oneLine(`The job summary could not be written: ${asHarnessError(thrown).message}`, 500));
  }
  if (result.report !== undefined)
    for (const { message, ...place } of annotationsOf(result.report, root())) core.error(message, place);
  if (result.failure !== undefined) core.setFailed(result.failure);
}

/** The clean-up after the job, for a run that was killed before it could put things back. */
async function post(): Promise<void> {
  const { exit, signal, startError } = await command(['cleanup']);
  if (exit !== 0)
    core.warning(
      `The clean-up did not succeed (${oneLine(startError ?? signal ?? `exit ${exit ?? 'unknown'}`, 100)}): something that the run changed on this host may still be there.`,
    );
}

/** Runs the command line that lies beside this file's bundle. Its output is not ours: the runner obeys no command in it. */
async function command(argv: readonly string[]): Promise<Ended> {
  const token = randomUUID();
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  print(`::stop-commands::${token}`);
  try {
    // Both outputs go to standard output: the runner reads the two streams apart, and could take the token's end for earlier than it is.
    return await runChild(
      [process.execPath, join(__dirname, 'cli.cjs'), ...argv],
      childEnvironment(process.env),
      print,
    );
  } finally {
    print(`::${token}::`);
  }
}

async function summarize({ report, failure, exitCode }: Result, changes: string): Promise<void> {
  // A report that the action does not believe is not shown: its headline could say green.
  const text =
    report !== undefined && report.exitCode === exitCode
      ? markdown(report, { root: root() })
      : `## 🔴 Error\n\n${plain(failure ?? '', 2000)}\n`;
  await core.summary.addRaw(text + changes).write();
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

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function writtenSince(file: string, ms: number): boolean {
  // A file's time comes from the kernel's coarse clock, which lags by up to 10 ms.
  return (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= ms - 50;
}

// Only as the bundle that action.yml names; a test that imports this file starts nothing.
if (typeof require === 'function' && require.main === module) {
  (core.getState(STATE) === '' ? run() : post()).catch((thrown: unknown) =>
    core.setFailed(oneLine(String(thrown), 2000)),
  );
}
