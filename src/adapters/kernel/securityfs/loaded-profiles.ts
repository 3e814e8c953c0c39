/**
 * Policy in the kernel, through securityfs (security/apparmor/apparmorfs.c). A blob goes in with one write, and what is
 * loaded is read back from the kernel: no tool in between.
 */
import { closeSync, existsSync, openSync, readFileSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { HarnessError } from '#core/model/errors.ts';
import type { KernelHash, ProfileMode } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import { parseLabel, parseProfileList } from './profile-label.ts';

const ROOT = '/sys/kernel/security/apparmor';

/** Whether the kernel's interface is mounted and usable. */
export function policyPresent(): boolean {
  return existsSync(join(ROOT, '.replace'));
}

/** Loaded profiles with their modes, children as `parent//child`. Needs root. */
export function loadedProfiles(): Map<string, ProfileMode> {
  return parseProfileList(readFileSync(join(ROOT, 'profiles'), 'utf8'));
}

/**
 * Loads compiled policy, replacing profiles of the same names; running processes follow at once.
 * @throws HarnessError `load-failed`
 */
export function replacePolicy(policy: Buffer): void {
  command('.replace', policy, 'load the profile');
}

/** Removes a profile; its processes become unconfined. @returns false when it was not loaded. */
export function removeProfile(name: string): boolean {
  if (!loadedProfiles().has(name)) return false;
  command('.remove', Buffer.from(name), `remove the profile ${name}`);
  return true;
}

/** The binary policy of a loaded top-level profile, exactly as it was loaded; undefined where the kernel kept none. */
export function rawPolicy(name: string): Buffer | undefined {
  const folder = policyFolder(name);
  if (folder === undefined) return undefined;
  try {
    return readFileSync(join(folder, 'raw_data'));
  } catch {
    return undefined;
  }
}

/** The kernel's own hashes of a loaded top-level profile; undefined where it makes none (parameters/hash_policy). */
export function kernelHash(name: string): KernelHash | undefined {
  const folder = policyFolder(name);
  const stated = (file: string): string | undefined => {
    try {
      return folder === undefined ? undefined : readFileSync(join(folder, file), 'utf8').trim();
    } catch {
      return undefined;
    }
  };
  for (const algorithm of ['sha256', 'sha1'] as const) {
    const policy = stated(`raw_${algorithm}`);
    const profile = stated(algorithm);
    if (policy !== undefined) return { algorithm, policy, ...defined({ profile }) };
  }
  return undefined;
}

/** Label and mode of a process, from the host's /proc. Undefined when the process is gone. */
export function labelOf(pid: number): { label: string; mode?: ProfileMode } | undefined {
  for (const file of [`/proc/${pid}/attr/apparmor/current`, `/proc/${pid}/attr/current`]) {
    try {
      return parseLabel(readFileSync(file, 'utf8'));
    } catch {
      /* older kernels have the second file only */
    }
  }
  return undefined;
}

/** Folder names are mangled by the kernel: only the `name` file inside tells whose it is. */
function policyFolder(name: string): string | undefined {
  const base = join(ROOT, 'policy/profiles');
  return readdirSync(base)
    .map((entry) => join(base, entry))
    .find((folder) => {
      try {
        return readFileSync(join(folder, 'name'), 'utf8').replace(/\n$/, '') === name;
      } catch {
        return false;
      }
    });
}

function command(file: string, data: Buffer, what: string): void {
  let fd: number | undefined;
  try {
    fd = openSync(join(ROOT, file), 'w');
    // the kernel takes the whole of it in one write(2), or none
    if (writeSync(fd, data) !== data.length) throw new Error('the kernel took only a part of it');
  } catch (error) {
    throw new HarnessError('load-failed', `The kernel refused to ${what}: ${(error as Error).message}.`, {
      cause: error,
    });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
