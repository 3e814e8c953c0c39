/** What the tests in the guest share: the harness in process or as a command, and the state of the host around it. */
import { expect } from 'chai';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { packageRoot } from '#adapters/host/package-files.ts';
import { loadedProfiles } from '#adapters/kernel/securityfs/loaded-profiles.ts';
import { readParameters, type KernelParameters } from '#adapters/kernel/changes/kernel-parameters.ts';
import type { Entry, Ledger } from '#core/model/model.ts';
import { exec, type ExecResult } from '#adapters/host/exec.ts';
import { exitCode } from '#core/report/summary.ts';
import type { RunOptions } from '#harness/run/run-options.ts';
import { runSpecs } from '#harness/run/run-specs.ts';

export const ROOT = packageRoot();
export const CLI = join(ROOT, 'dist/cli.cjs');
export const IMAGE = 'apparmor-probe/nginx:lab';

/** Everything that a run may change and must put back. */
export interface HostState {
  readonly profiles: readonly string[];
  readonly parameters: KernelParameters;
  readonly containers: readonly string[];
}

/** The state of the host now. */
export async function hostState(): Promise<HostState> {
  const containers = (await docker('ps', '--all', '--quiet', '--no-trunc')).stdout
    .toString()
    .split('\n')
    .filter(Boolean)
    .sort();
  return {
    profiles: [...loadedProfiles()].map(([name, mode]) => `${name} (${mode})`).sort(),
    parameters: readParameters(),
    containers,
  };
}

/** Runs the engine's own command line. */
export function docker(...args: string[]): Promise<ExecResult> {
  return exec(['docker', ...args], { timeoutMs: 120_000 });
}

/** All that a command printed. */
export function printed(result: ExecResult): string {
  return result.stdout.toString() + result.stderr;
}

/** Expects a command to have ended with an error of that code and exit status. */
export function expectError(result: ExecResult, code: string, exit: number): void {
  expect(printed(result)).to.include(`[${code}]`);
  expect(result.exit, printed(result)).to.equal(exit);
}

/** The command line as a user starts it. */
export function cli(
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<ExecResult> {
  return exec([process.execPath, CLI, ...args], {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, NO_COLOR: '1', NODE_COMPILE_CACHE: join(tmpdir(), 'compile-cache'), ...options.env },
    timeoutMs: 300_000,
  });
}

/**
 * A run in this process, without rule coverage unless it is asked for.
 * @returns the ledger and its exit code.
 */
export async function harness(
  specs: readonly string[],
  options: Partial<RunOptions> = {},
): Promise<{ ledger: Ledger; exit: number }> {
  const silent = (): void => undefined;
  const ledger = await runSpecs(
    {
      specs,
      bail: false,
      inPlace: false,
      keepAuditSwitch: false,
      withoutCoverage: true,
      signal: new AbortController().signal,
      ...options,
    },
    { progress: silent, suite: silent, entry: silent, fault: silent },
  );
  return { ledger, exit: exitCode(ledger) };
}

/** A run that calls back after each entry. */
export async function watched(
  file: string,
  onEntry: (count: number) => void,
): Promise<{ ledger: Ledger; exit: number }> {
  const silent = (): void => undefined;
  let count = 0;
  const ledger = await runSpecs(
    { specs: [file], bail: false, inPlace: false, keepAuditSwitch: false, signal: new AbortController().signal },
    {
      progress: silent,
      suite: silent,
      fault: silent,
      entry: () => {
        onEntry(++count);
      },
    },
  );
  return { ledger, exit: exitCode(ledger) };
}

/** A new temporary folder. */
export function folder(): string {
  return mkdtempSync(join(tmpdir(), 'guest-test-'));
}

/** A file of that name in a new folder. @returns its path. */
export function file(name: string, text: string): string {
  const path = join(folder(), name);
  writeFileSync(path, text);
  return path;
}

/** What a profile needs to allow everything; the engine may signal it. */
const OPEN_RULES = ['network,', 'capability,', 'file,', 'umount,', 'signal,', 'ptrace,'];

/** The text of a profile with exactly these rules, one each. */
export function profileOf(name: string, rules: readonly string[], flags = 'attach_disconnected'): string {
  return `abi <abi/3.0>,\n${blockOf(name, rules, flags)}`;
}

/** The same without the ABI line: another profile of the same file. */
export function blockOf(name: string, rules: readonly string[], flags = 'attach_disconnected'): string {
  return `profile ${name} flags=(${flags}) {\n${rules.map((rule) => `  ${rule}\n`).join('')}}\n`;
}

/** A profile that allows everything but what `rules` deny. */
export function profileText(name: string, rules: string, flags = 'attach_disconnected'): string {
  return profileOf(name, [...OPEN_RULES, rules], flags);
}

/**
 * A spec file with a profile beside it. The container is only kept alive, and has no control, unless the spec says
 * otherwise: that takes half the time.
 */
export function spec(
  profile: string | object,
  probes: readonly object[],
  more: { container?: object; [key: string]: unknown } = {},
): string {
  const { container, ...rest } = more;
  const source = typeof profile === 'string' ? file('profile', profile) : profile;
  return file(
    'spec.yml',
    stringify({
      profile: source,
      control: false,
      container: { image: IMAGE, hold: true, ...container },
      ...rest,
      probes,
    }),
  );
}

/** The entry of a probe, by its name. */
export function entry(ledger: Ledger, name: string): Entry {
  const entries = ledger.suites.flatMap((suite) => suite.entries);
  const found = entries.find(({ probe }) => probe.name === name);
  if (found !== undefined) return found;
  const names = entries.map(({ probe }) => probe.name).join(', ');
  const faults = JSON.stringify([ledger.faults, ...ledger.suites.map((suite) => suite.faults)]);
  throw new Error(`no entry ${name}; there are: ${names}; faults: ${faults}`);
}

/** Names of the probes that did not pass. */
export function red(ledger: Ledger): string[] {
  return ledger.suites
    .flatMap((suite) => suite.entries)
    .filter(({ verdict }) => verdict.kind !== 'pass')
    .map(({ probe }) => probe.name)
    .sort();
}

/** Faults and probes that did not pass, for the message of a failed assertion. */
export function story(ledger: Ledger): string {
  return JSON.stringify(
    {
      faults: [...ledger.faults, ...ledger.suites.flatMap(({ faults }) => faults)],
      red: ledger.suites
        .flatMap(({ entries }) => entries)
        .filter(({ verdict }) => verdict.kind !== 'pass')
        .map(({ probe, verdict, observation, control, witnesses }) => ({
          name: probe.name,
          verdict,
          observation,
          control,
          records: witnesses.map(({ record }) => record.raw),
        })),
    },
    null,
    1,
  );
}

/** The text of a file. */
export function read(path: string): string {
  return readFileSync(path, 'utf8');
}
