/** The layers beside AppArmor that may deny an access: which were on, and which one an errno points at. Pure. */
import type { ContainerSpec, Observation, Probe } from '../model/model.ts';
import { pathOf } from '../model/describe-action.ts';

interface Layers {
  readonly capabilities: boolean;
  readonly seccomp: boolean;
  /** The engine masks some paths of /proc and /sys, and mounts others read-only. */
  readonly maskedPaths: boolean;
}

/** Which layers were on. */
function activeLayers({ capAdd, capDrop, securityOpt }: ContainerSpec): Layers {
  return {
    capabilities: !capAdd.includes('ALL') || capDrop.length > 0,
    seccomp: !securityOpt.includes('seccomp=unconfined'),
    maskedPaths: !securityOpt.includes('systempaths=unconfined'),
  };
}

/** @returns the restrictions of the container other than the profile, one per line, for reports. */
export function layersOf(spec: ContainerSpec): string[] {
  const { capabilities, seccomp, maskedPaths } = activeLayers(spec);
  const lines = [
    `capabilities: ${capabilities ? capabilityChanges(spec) : 'all'}`,
    `seccomp: ${seccomp ? "the engine's default" : 'off'}`,
    `masked and read-only paths: ${maskedPaths ? 'on' : 'off'}`,
  ];
  if (spec.securityOpt.includes('no-new-privileges')) lines.push('no_new_privs: on');

  const hasOwnSys = spec.mounts.some(({ target }) => target === '/sys');
  lines.push(`file systems: ${hasOwnSys ? '' : '/sys read-only, '}/proc noexec`);
  if (spec.readOnly) lines.push('root file system: read-only');
  return lines;
}

/** Capabilities as a difference: `the engine's default +SYS_TIME -CHOWN`. */
function capabilityChanges({ capAdd, capDrop }: ContainerSpec): string {
  const added = capAdd.map((name) => `+${name}`);
  const dropped = capDrop.map((name) => `-${name}`);
  return ["the engine's default", ...added, ...dropped].join(' ');
}

/** What the engine masks by default (moby, daemon/pkg/oci/defaults.go). `cpuN` means every processor. */
const MASKED_PATHS: readonly string[] = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/system/cpu/cpuN/thermal_throttle',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
];

function isMasked(path: string): boolean {
  const general = path.replace(/\/cpu\/cpu\d+\//, '/cpu/cpuN/');
  return MASKED_PATHS.some((masked) => general === masked || general.startsWith(`${masked}/`));
}

const UNMASK = 'security-opt systempaths=unconfined turns that off';

/** What an errno is read against. */
interface Context {
  readonly layers: Layers;
  readonly probe: Probe;
  /** The file that an operation is about. */
  readonly path: string | undefined;
}

/** Which layer each errno points at: the end of a sentence. */
const ERRNO_HINTS: Readonly<Record<string, (context: Context) => string>> = {
  ENOENT: ({ path }) => (path === undefined ? 'something is missing in the image' : `${path} does not exist`),
  EROFS: ({ layers, path }) =>
    layers.maskedPaths && path !== undefined && /^\/(proc|sys)\//.test(path)
      ? `the engine mounts that path read-only (${UNMASK})`
      : 'a read-only mount',
  EPERM: capabilityOrSeccomp,
  EACCES: ({ probe: { user } }) =>
    user === undefined || user === 'root' ? 'file modes, or a mount with noexec' : `file modes (tried as ${user})`,
  ENOSYS: ({ layers }) => (layers.seccomp ? 'seccomp, or a kernel without the call' : 'a kernel without the call'),
  ENXIO: () => 'there is no such device',
  ENODEV: () => 'there is no such device',
};

/** Seccomp filters calls, but does not see which file a call is about. */
function capabilityOrSeccomp({ layers, probe: { action }, path }: Context): string {
  const isOnlyFile = path !== undefined && action.kind === 'operation' && action.class === 'file';
  const causes: string[] = [];
  if (layers.capabilities) causes.push('a capability that the container lacks');
  if (layers.seccomp && !isOnlyFile) causes.push('seccomp');
  return causes.length === 0 ? 'the kernel itself, or a user namespace' : causes.join(', or ');
}

/**
 * The layer that most likely denied what AppArmor did not.
 * @param seen what happened without the profile.
 * @returns the end of a sentence, or undefined when nothing points at one.
 */
export function likelyLayer(probe: Probe, seen: Observation, spec: ContainerSpec): string | undefined {
  const layers = activeLayers(spec);
  const path = pathOf(probe.action);
  if (layers.maskedPaths && path !== undefined && isMasked(path)) {
    return `the engine, which masks that path (${UNMASK})`;
  }

  const errno = seen.errno ?? errnoInText(`${seen.stderr.text}\n${seen.stdout.text}`);
  return errno === undefined ? undefined : ERRNO_HINTS[errno]?.({ layers, probe, path });
}

/** The words of strerror(3) in the C locale. */
const STRERROR: Readonly<Record<string, RegExp>> = {
  EPERM: /operation not permitted/i,
  EACCES: /permission denied/i,
  EROFS: /read-only file system/i,
  ENOENT: /no such file or directory/i,
  ENOSYS: /function not implemented/i,
};

/** The errno that a program's message names. */
function errnoInText(output: string): string | undefined {
  return Object.entries(STRERROR).find(([, words]) => words.test(output))?.[0];
}
