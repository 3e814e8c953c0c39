/**
 * What programs ask for by the way and can do without: such a denial shows nothing of why a command failed, unless the
 * command says so itself. Pure.
 */
import type { AuditRecord } from '../model/model.ts';

/** Files that the C library, shells and run times look at in passing. */
const FILES: readonly RegExp[] = [
  /^\/dev\/(tty|null|zero|full|u?random|log|console)$/,
  /^\/dev\/pts\//,
  /^\/etc\/(nsswitch|host|gai|resolv)\.conf$/,
  /^\/etc\/(hosts|passwd|group|services|protocols|networks|localtime|timezone|locale\.alias|inputrc|profile)$/,
  /^\/etc\/(bash\.bashrc|debian_version|os-release|environment|terminfo|ld\.so\.(cache|preload)|ssl\/openssl\.cnf)/,
  /^\/etc\/selinux\//,
  /^\/usr\/share\/(locale|zoneinfo|terminfo|i18n|misc|ca-certificates|gcc|glib-2\.0)/,
  /^(\/usr)?\/lib\/(locale|terminfo)\//,
  /\/gconv\//,
  /\/lib[\w+.-]*\.so(\.[\d.]+)?$/,
  /^\/proc\/(filesystems|meminfo|cpuinfo|stat|loadavg|uptime|version|mounts|cmdline|devices|modules)$/,
  /^\/proc\/\d+\/(task\/\d+\/)?(maps|mounts|mountinfo|stat|statm|status|cgroup|cmdline|limits|comm|auxv|loginuid)$/,
  /^\/proc\/\d+\/(task\/\d+\/)?(sessionid|oom_score_adj|fd\/|attr\/)/,
  /^\/proc\/sys\/(kernel\/(ngroups_max|cap_last_cap|osrelease|random\/)|vm\/overcommit_memory|crypto\/)/,
  /^\/sys\/(devices\/system\/(cpu|node)|kernel\/mm|fs\/(selinux|cgroup)|kernel\/security)/,
  /^\/(root|home\/[^/]+)\/\.\w/,
  /^(\/var)?\/run\/(nscd|systemd|dbus|utmp)/,
];

/** Capabilities that the kernel or a program tries before it goes another way. */
const CAPABILITIES =
  /^(dac_read_search|sys_ptrace|net_admin|sys_resource|audit_\w+|sys_nice|ipc_lock|sys_admin|bpf|perfmon|fsetid)$/;

/** Whether programs commonly survive this denial. */
export function isByTheWay({ fields }: AuditRecord): boolean {
  const { name, capname, family, operation } = fields;
  if (capname !== undefined) return CAPABILITIES.test(capname);
  if (family !== undefined) return family === 'unix' || family === 'netlink';
  if (operation === 'exec') return false;
  return operation === 'ptrace' || (name !== undefined && FILES.some((pattern) => pattern.test(name)));
}

/** Whether a record is of a library, or of what finds one: what the dynamic loader needs before a program begins. */
export function isLibrary({ fields }: AuditRecord): boolean {
  const isMapping = /^(open|file_mmap|file_mprotect|getattr)$/.test(fields['operation'] ?? '');
  return isMapping && /\.so(\.[\d.]+)?$|\/ld\.so\.(cache|preload)$/.test(fields['name'] ?? '');
}
