/** The adapter of apparmor_parser(8): the one judge of what a profile means. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { HarnessError } from '#core/model/errors.ts';
import type { IncludeFolders } from '#core/model/model.ts';
import { exec, type ExecResult } from '#adapters/host/exec.ts';

const PARSER = 'apparmor_parser';
/** What this kernel supports. */
const FEATURES = '/sys/kernel/security/apparmor/features';
/** Debian puts it in /sbin, which a plain user's PATH may lack. */
const PARSER_ENV = { ...process.env, LC_ALL: 'C', PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };

/** A compiled profile file. */
interface Compiled {
  /** The binary policy, as the kernel takes it. */
  readonly policy: Buffer;
  readonly warnings: readonly string[];
}

/** @returns for example `4.1.0`; undefined when there is no parser. */
export async function parserVersion(): Promise<string | undefined> {
  const result = await exec([PARSER, '--version'], { env: PARSER_ENV });
  return result.startError === undefined
    ? (/version ([\w.~-]+)/.exec(result.stdout.toString())?.[1] ?? 'unknown')
    : undefined;
}

/** @throws HarnessError `profile-unreadable` */
export function readProfile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new HarnessError('profile-unreadable', `The profile ${file} cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

/**
 * Names of the profiles that a text defines, children as `parent//child`.
 * @param file where the text comes from: relative includes and messages refer to it.
 */
export async function profileNames(file: string, source: string, includes: IncludeFolders = {}): Promise<string[]> {
  const result = await parse(file, source, [...includeOptions(includes), '-N']);
  return result.stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '');
}

/**
 * Compiles a text without loading it. The cache is neither read nor written: a stale one would load yesterday's policy.
 * @throws HarnessError `profile-invalid`
 */
export async function compile(file: string, source: string, includes: IncludeFolders = {}): Promise<Compiled> {
  const result = await parse(file, source, [...includeOptions(includes), '-S', '--warn=rule-not-enforced']);
  return {
    policy: result.stdout,
    warnings: [...new Set(messages(result.stderr).filter((line) => /^Warning/.test(line)))],
  };
}

/**
 * Compiles a text for all that this kernel mediates, whatever feature ABI the host's parser is set to.
 * @throws HarnessError `profile-invalid`
 */
export async function compileForKernel(source: string): Promise<Buffer> {
  return (await parse('/a-rule', source, ['-S', `--policy-features=${FEATURES}`])).stdout;
}

/**
 * Compiles a text for all that this kernel mediates, whatever feature ABI it names, so that texts of different ABIs can
 * be compared.
 * @throws HarnessError `profile-invalid`
 */
export async function compileAlike(file: string, source: string, includes: IncludeFolders = {}): Promise<Buffer> {
  const action = [...includeOptions(includes), '-S', `--override-policy-abi=${FEATURES}`];
  return (await parse(file, source, action)).stdout;
}

/** The folder of the profile follows them, see `foldersOf`. */
function includeOptions({ base, search = [] }: IncludeFolders): string[] {
  const searched = search.flatMap((folder) => ['-I', folder]);
  return base === undefined ? searched : ['-b', base, ...searched];
}

async function parse(file: string, source: string, action: readonly string[]): Promise<ExecResult> {
  // a random file name: a file of the profile's name in disable/ or force-complain/ makes the parser skip or alter it
  const folder = mkdtempSync(join(tmpdir(), 'apparmor-probe-'));
  const copy = join(folder, randomBytes(8).toString('hex'));
  try {
    writeFileSync(copy, source);
    const result = await exec([PARSER, '-Q', '-K', ...action, '-I', dirname(file), copy], {
      env: PARSER_ENV,
      cwd: dirname(file),
      timeoutMs: 120_000,
    });
    if (result.startError !== undefined) throw new HarnessError('no-parser', 'apparmor_parser cannot be started.');
    const named = { ...result, stderr: result.stderr.replaceAll(copy, file) };
    if (result.exit !== 0)
      throw new HarnessError('profile-invalid', `apparmor_parser rejects ${file}.`, { details: explain(file, named) });
    if (/^Skipping profile/m.test(result.stderr))
      throw new HarnessError('profile-invalid', `apparmor_parser skipped ${file}.`, {
        details: messages(named.stderr),
      });
    return named;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The parser's messages as `file:line: message` where it names a line. */
function explain(file: string, result: ExecResult): string[] {
  if (result.timedOut) return [`${file}: the parser took longer than 120 s`];
  const lines = messages(result.stderr).map((line) => {
    const [, place, number, message] =
      /^AppArmor parser error(?: for \S+)?(?: in (?:profile )?(\S+))? at line (\d+): (.*)$/.exec(line) ?? [];
    return number === undefined ? `${file}: ${line}` : `${place ?? file}:${number}: ${message ?? ''}`;
  });
  return lines.length > 0 ? lines : [`${file}: the parser ended with status ${String(result.exit)} and no message`];
}

function messages(stderr: string): string[] {
  return stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^Cache read\/write disabled/.test(line));
}
