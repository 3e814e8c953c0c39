/** The layers beside AppArmor that may deny an access in a container: which were on, and which one an errno points at. Pure. */
import type { ContainerSpec, Observation, Probe } from '../model/model.ts';
import { pathOf } from '../model/describe-action.ts';

/** Whether a layer was on. */
function layersOn({ capAdd, capDrop, securityOpt }: ContainerSpec): {
  capabilities: boolean;
  seccomp: boolean;
  paths: boolean;
} {
  return {
    capabilities: !capAdd.includes('ALL') || capDrop.length > 0,
    seccomp: !securityOpt.includes('seccomp=unconfined'),
    paths: !securityOpt.includes('systempaths=unconfined'),
  };
}

/** What the engine masks by default (moby, daemon/pkg/oci/defaults.go). */
const MASKED =
  /^\/(?:proc\/(?:acpi|asound|interrupts|kcore|keys|latency_stats|sched_debug|scsi|timer_list|timer_stats)|sys\/(?:firmware|devices\/virtual\/powercap|devices\/system\/cpu\/cpu\d+\/thermal_throttle))(?:\/|$)/;

/** What stood in the way of the probes beside the profile, for the reports. */
export function layersOf(spec: ContainerSpec): string[] {
  const on = layersOn(spec);
  return [
    `capabilities: ${on.capabilities ? ["the engine's default", ...spec.capAdd.map((name) => `+${name}`), ...spec.capDrop.map((name) => `-${name}`)].join(' ') : 'all'}`,
    `seccomp: ${on.seccomp ? "the engine's default" : 'off'}`,
    `masked and read-only paths: ${on.paths ? 'on' : 'off'}`,
    ...(spec.securityOpt.includes('no-new-privileges') ? ['no_new_privs: on'] : []),
    `file systems: ${[...(spec.mounts.some(({ target }) => target === '/sys') ? [] : ['/sys read-only']), '/proc noexec'].join(', ')}`,
    ...(spec.readOnly ? ['root file system: read-only'] : []),
  ];
}

/**
 * The layer that most likely denied what AppArmor did not.
 * @param seen what happened without the profile.
 * @returns the end of a sentence, or undefined when nothing points at one.
 */
export function likelyLayer(probe: Probe, seen: Observation, spec: ContainerSpec): string | undefined {
  const on = layersOn(spec);
  const path = pathOf(probe.action);
  if (on.paths && path !== undefined && MASKED.test(path))
    return 'the engine, which masks that path (security-opt systempaths=unconfined takes that away)';
  const asksKernel = probe.action.kind === 'operation' && probe.action.class !== 'file';
  switch (seen.errno ?? textErrno(`${seen.stderr.text}\n${seen.stdout.text}`)) {
    case 'ENOENT':
      return path === undefined ? 'something is missing in the image' : `${path} does not exist`;
    case 'EROFS':
      return on.paths && path !== undefined && /^\/(proc|sys)\//.test(path)
        ? 'the engine mounts that path read-only (security-opt systempaths=unconfined takes that away)'
        : 'a read-only mount';
    case 'EPERM':
      return (
        [
          on.capabilities ? 'a capability that the container lacks' : '',
          on.seccomp && (asksKernel || path === undefined) ? 'seccomp' : '',
        ]
          .filter(Boolean)
          .join(', or ') || 'the kernel itself, or a user namespace'
      );
    case 'EACCES':
      return probe.user !== undefined && probe.user !== 'root'
        ? `file modes (it was tried as ${probe.user})`
        : 'file modes, or a mount with noexec';
    case 'ENOSYS':
      return on.seccomp ? 'seccomp, or a kernel without the call' : 'a kernel without the call';
    case 'ENXIO':
    case 'ENODEV':
      return 'there is no such device';
    case undefined:
    default:
      return undefined;
  }
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
function textErrno(output: string): string | undefined {
  return Object.entries(STRERROR).find(([, words]) => words.test(output))?.[0];
}
