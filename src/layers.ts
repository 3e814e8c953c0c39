/** The layers beside AppArmor that may deny an access in a container: which were on, and which one an errno points at. Pure. */
import type { ContainerSpec, Observation, Probe } from './model.ts';

/** What stood in the way of the probes beside the profile, for the reports. */
export function layersOf(spec: ContainerSpec): string[] {
  const caps = [...spec.capAdd.map((name) => `+${name}`), ...spec.capDrop.map((name) => `-${name}`)];
  return [
    `capabilities: ${spec.capAdd.includes('ALL') && spec.capDrop.length === 0 ? 'all' : ['the engine\'s default', ...caps].join(' ')}`,
    `seccomp: ${spec.securityOpt.includes('seccomp=unconfined') ? 'off' : 'the engine\'s default'}`,
    `masked and read-only paths: ${spec.securityOpt.includes('systempaths=unconfined') ? 'off' : 'on'}`,
    ...(spec.securityOpt.includes('no-new-privileges') ? ['no_new_privs: on'] : []),
    ...(spec.readOnly ? ['root file system: read-only'] : []),
  ];
}

/**
 * The layer that most likely denied what AppArmor did not.
 * @param seen what happened without the profile.
 * @returns the end of a sentence, or undefined when nothing points at one.
 */
export function likelyLayer(probe: Probe, seen: Observation, layers: readonly string[]): string | undefined {
  const on = (name: string): boolean => layers.some((layer) => layer.startsWith(name) && !layer.endsWith(': off') && !layer.endsWith(': all'));
  const path = 'path' in probe.action ? probe.action.path : probe.action.kind === 'operation' ? probe.action.args.find((arg) => arg.startsWith('/')) : undefined;
  const capability = probe.action.kind === 'operation' && ['capability', 'mount'].includes(probe.action.class);
  const text = seen.errno ?? textErrno(`${seen.stderr.text}\n${seen.stdout.text}`);
  switch (text) {
    case 'ENOENT': return path === undefined ? 'something is missing in the image' : `${path} does not exist`;
    case 'EROFS': return on('masked and read-only paths') && (path?.startsWith('/proc') === true || path?.startsWith('/sys') === true) ? 'the engine mounts that path read-only (security-opt systempaths=unconfined takes that away)' : 'a read-only mount';
    case 'EPERM': return [on('capabilities') ? 'a capability that the container lacks' : '', on('seccomp') && (capability || path === undefined) ? 'seccomp' : ''].filter(Boolean).join(', or ') || 'the kernel itself, or a user namespace';
    case 'EACCES': return probe.user !== undefined && probe.user !== 'root' ? `file modes (it was tried as ${probe.user})` : 'file modes, or a mount with noexec';
    case 'ENOSYS': return on('seccomp') ? 'seccomp, or a kernel without the call' : 'a kernel without the call';
    case 'ENXIO': case 'ENODEV': return 'there is no such device';
    case undefined: default: return undefined;
  }
}

/** What programs print for an errno, in the C locale (strerror(3)). */
function textErrno(output: string): string | undefined {
  const words: Readonly<Record<string, string>> = { 'Operation not permitted': 'EPERM', 'Permission denied': 'EACCES', 'permission denied': 'EACCES', 'Read-only file system': 'EROFS', 'No such file or directory': 'ENOENT', 'Function not implemented': 'ENOSYS' };
  return Object.entries(words).find(([text]) => output.includes(text))?.[1];
}
