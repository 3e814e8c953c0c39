/**
 * The lab guest's first process: mounts, modules, Docker, then the guest agent. No service manager, so nothing else
 * starts.
 */

/** Where things lie in the guest. */
export const GUEST = {
  init: '/opt/lab/init',
  agent: '/opt/lab/agent.cjs',
  node: '/opt/node/bin/node',
  port: 'apparmor-probe',
} as const;

const DAEMON_SETTINGS = { 'storage-driver': 'overlay2', 'exec-opts': ['native.cgroupdriver=cgroupfs'] };
/** Docker's settings in the guest. In a file rather than on a command line, so that a restarted daemon has them too. */
export const DAEMON_JSON = `${JSON.stringify(DAEMON_SETTINGS)}\n`;

/** The line to the host, then what Docker's bridge network and overlay2 need: loading is slow under emulation. */
const MODULES = [
  'virtio_console',
  'overlay',
  'bridge',
  'veth',
  'br_netfilter',
  'iptable_nat',
  'iptable_filter',
  'xt_MASQUERADE',
  'xt_conntrack',
  'nf_nat',
  'xt_addrtype',
];

/**
 * runc copies itself into sealed memory for each container and each `docker exec`, and an emulator translates each copy
 * anew. One that already runs from sealed memory makes none (runc: libcontainer/nsenter/cloned_binary.c).
 */
const SEALED_RUNC = `$^F = 100;
my $name = "runc";
my $fd = syscall(319, $name, 2);
open(my $to, ">&=", $fd) or die;
open(my $from, "<", "/usr/sbin/runc") or die;
$/ = \\1048576;
while (<$from>) { syswrite($to, $_) == length or die }
fcntl($to, 1033, 15) or die;
symlink("/proc/$$/fd/$fd", "/usr/local/sbin/runc") or die;
exec "sleep", "infinity";`;

/**
 * The text of the guest's init.
 * @param hostname what the guest calls itself
 */
export function initScript(hostname: string): string {
  return `#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=linux
# The initial RAM disk has mounted some of these already: each only where it is missing.
mnt() { mountpoint -q "$3" || { mkdir -p "$3"; mount -t "$1" -o "$2" "$1" "$3"; }; }
mnt proc nosuid,nodev,noexec /proc
mnt sysfs nosuid,nodev,noexec /sys
mnt devtmpfs mode=755 /dev
mnt devpts gid=5,mode=620,ptmxmode=666 /dev/pts
mnt tmpfs mode=1777 /dev/shm
mnt tmpfs mode=755 /run
mnt tmpfs mode=1777 /tmp
mnt securityfs nosuid,nodev,noexec /sys/kernel/security
mnt cgroup2 nosuid,nodev,noexec /sys/fs/cgroup
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
mkdir -p /run/lock /run/sudo
# mmdebstrap empties it, and the journal, which tests start by hand, refuses to run without one.
tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
hostname ${hostname}
ip link set lo up
for module in ${MODULES.join(' ')}; do modprobe "$module" 2>/dev/null; done
rm -f /usr/local/sbin/runc
setsid perl -e '${SEALED_RUNC}' </dev/null >/var/log/sealed-runc.log 2>&1 &
setsid dockerd >/var/log/dockerd.log 2>&1 </dev/null &
# The agent must outlive anything: without it the guest is deaf.
while :; do
  ${GUEST.node} ${GUEST.agent} </dev/null >>/var/log/lab-agent.log 2>&1
  sleep 1
done
`;
}
