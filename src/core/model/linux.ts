/** Names and numbers of Linux, whatever system this runs on: errors, signals, capabilities, sockets, mounts. Pure. */

/** By number, from 1 on (asm-generic/errno-base.h, errno.h); `-` means that the number is unused. */
const ERRNO = words(`
EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST EXDEV
ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK
ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP - ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT
EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT - EBFONT ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE ENOLINK EADV
ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX
ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT
ESOCKTNOSUPPORT EOPNOTSUPP EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET
ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH
EALREADY EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY
EKEYEXPIRED EKEYREVOKED EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL EHWPOISON
`);

/** By number, from 1 on (asm-generic/signal.h). The numbers from 32 on are real-time signals. */
export const SIGNALS = words(`
HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ
VTALRM PROF WINCH IO PWR SYS
`);

const FIRST_REAL_TIME_SIGNAL = 32;

/** @returns the symbolic name of a Linux error number, `EACCES`; undefined for 0. */
export function errnoName(errno: number): string | undefined {
  if (errno === 0) return undefined;
  const name = ERRNO[errno - 1];
  return name === undefined || name === '-' ? `errno ${errno}` : name;
}

/** @returns the name of a Linux signal, `SIGKILL`; undefined for 0. */
export function signalName(signal: number): string | undefined {
  if (signal === 0) return undefined;
  const name = SIGNALS[signal - 1];
  return name === undefined ? `SIGRTMIN+${signal - FIRST_REAL_TIME_SIGNAL}` : `SIG${name}`;
}

/** Capabilities by AppArmor's names, in the order of their numbers. */
export const CAPABILITIES: readonly string[] = words(`
chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service
net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin
sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override
mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore
`);

/** Socket families by AppArmor's names. */
export const SOCKET_FAMILIES = numbered(`
unix=1 inet=2 ax25=3 ipx=4 appletalk=5 netrom=6 bridge=7 atmpvc=8 x25=9 inet6=10 rose=11 netbeui=13 security=14 key=15
netlink=16 packet=17 ash=18 econet=19 atmsvc=20 rds=21 sna=22 irda=23 pppox=24 wanpipe=25 llc=26 ib=27 mpls=28 can=29
tipc=30 bluetooth=31 iucv=32 rxrpc=33 isdn=34 phonet=35 ieee802154=36 caif=37 alg=38 nfc=39 vsock=40 kcm=41 qipcrtr=42
smc=43 xdp=44 mctp=45
`);

/** Socket types by AppArmor's names. */
export const SOCKET_TYPES = numbered('stream=1 dgram=2 raw=3 rdm=4 seqpacket=5 dccp=6 packet=10');

/** The protocols that AppArmor has a name for. */
export const SOCKET_PROTOCOLS = numbered('icmp=1 tcp=6 udp=17');

/** Flags of the system call `mount` by AppArmor's names (include/uapi/linux/mount.h); 0: it is so without a flag. */
export const MOUNT_FLAGS = numbered(`
ro=1 rw=0 nosuid=2 suid=0 nodev=4 dev=0 noexec=8 exec=0 sync=16 async=0 remount=32 mand=64 nomand=0 dirsync=128
nosymfollow=256 symfollow=0 noatime=1024 atime=0 nodiratime=2048 diratime=0 bind=4096 rbind=20480 move=8192 silent=32768
verbose=32768 loud=0 acl=65536 noacl=0 unbindable=131072 runbindable=147456 private=262144 rprivate=278528 slave=524288
rslave=540672 shared=1048576 rshared=1064960 relatime=2097152 norelatime=0 iversion=8388608 noiversion=0
strictatime=16777216 lazytime=33554432
`);

const PROPAGATIONS = ['unbindable', 'private', 'slave', 'shared'].flatMap((word) => [word, `r${word}`]);

/** All words for flags in mount rules (apparmor.d(5); the parser's mount.cc, mnt_opts_table), as bits of FLAGS. */
export const MOUNT_OPTIONS: Readonly<Record<string, number>> = {
  ...MOUNT_FLAGS,
  ...numbered('r=1 read-only=1 w=0 B=4096 R=20480 M=8192 nostrictatime=0 nolazytime=0 user=0'),
  ...Object.fromEntries(PROPAGATIONS.map((word) => [`make-${word}`, MOUNT_FLAGS[word] ?? 0])),
};

/**
 * @param name as AppArmor writes it: `term`, `exists`, `rtmin+3`, and `stp`, which the kernel calls TSTP.
 * @returns the number of the signal; undefined when there is no such signal.
 */
export function signalNumber(name: string): number | undefined {
  if (name === 'exists') return 0;
  if (name === 'stp') return signalNumber('tstp');
  const realTime = /^rtmin\+(\d+)$/.exec(name);
  if (realTime !== null) return FIRST_REAL_TIME_SIGNAL + Number(realTime[1]);
  const index = SIGNALS.indexOf(name.toUpperCase());
  return index < 0 ? undefined : index + 1;
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

/** Reads `name=number` pairs. */
function numbered(text: string): Readonly<Record<string, number>> {
  const pairs = words(text).map((pair) => pair.split('='));
  return Object.fromEntries(pairs.map(([name = '', value = '']) => [name, Number(value)]));
}
