/** What this kernel has of the things that closed classes are made of. */
import { readFileSync } from 'node:fs';
import { CAPABILITIES, SOCKET_FAMILIES } from '#core/model/linux.ts';

const FEATURES = '/sys/kernel/security/apparmor/features';
const FAMILIES = ['network_v9', 'network_v8', 'network'].map((name) => `${FEATURES}/${name}/af_mask`);

export interface KernelInventory {
  /** The number of the last capability. */
  readonly lastCapability: number;
  /** Families of sockets that AppArmor has a name for, in this kernel. */
  readonly families: readonly string[];
  /** File systems that are there: others are modules that are not loaded. */
  readonly filesystems: readonly { readonly name: string; readonly needsDevice: boolean }[];
  /** Whether AppArmor is asked about the newer calls for mounts: not before Linux 6.2. */
  readonly asksOfNewerMounts: boolean;
}

/** @returns what the kernel lists; for a list that it does not have, all that this version knows. */
export function kernelInventory(): KernelInventory {
  const last = Number(textOf('/proc/sys/kernel/cap_last_cap')?.trim() ?? NaN);
  const families = FAMILIES.map(textOf).find((text) => text !== undefined);
  return {
    lastCapability: Number.isInteger(last) ? last : CAPABILITIES.length - 1,
    families: families?.split(/\s+/).filter((word) => word !== '') ?? Object.keys(SOCKET_FAMILIES),
    filesystems: readFilesystems(textOf('/proc/filesystems') ?? ''),
    asksOfNewerMounts: textOf(`${FEATURES}/mount/move_mount`) !== undefined,
  };
}

/** Lines of /proc/filesystems: `nodev⇥tmpfs`, `⇥ext4`. */
export function readFilesystems(text: string): KernelInventory['filesystems'] {
  return text
    .split('\n')
    .map((line) => line.split('\t'))
    .flatMap(([device = '', name = '']) => (name === '' ? [] : [{ name, needsDevice: device !== 'nodev' }]));
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
