/*
 * The class `capability`: each by one call that asks for it and cannot take effect.
 *
 * How an answer is made sure:
 *   1. In a child that holds the capability and no other (so that the kernel cannot accept another one in its place)
 *      the call is made under the probe's name. `refused` is the errno of a refusal. What follows the permission fails
 *      for a reason of our making, or changes nothing but this child; that is success, or the errno `granted`. Any
 *      other errno, and a refused step on the way to the call (`step`), says nothing of the capability: not asked.
 *   2. When it was granted, the same call is made in a child without any capability. It must be refused; else the
 *      kernel does not ask here (a sysctl allows it to all, for example) and the answer is EOPNOTSUPP.
 * A process that does not hold the capability makes the call all the same, and gets the kernel's own refusal.
 */
#include "ops_table.h"

/* What a child holds besides the capability under question. */
enum keeps { KEEPS_NONE, KEEPS_FILES, KEEPS_BPF };

static const u64 kept[] = {
	[KEEPS_NONE] = 0,
	[KEEPS_FILES] = CAP(CAP_DAC_OVERRIDE) | CAP(CAP_DAC_READ_SEARCH) | CAP(CAP_FOWNER), /* the way to a path */
	[KEEPS_BPF] = CAP(CAP_BPF),
};

/* linux/fcntl.h, asm-generic/fcntl.h, linux/fs.h, linux/xattr.h */
enum { AT_EACCESS = 0x200, R_OK = 4, W_OK = 2, O_NOATIME = 01000000, F_SETLEASE = 1024 };

enum { FS_IOC_SETFLAGS = 0x40086602, FS_IMMUTABLE_FL = 0x10, FIBMAP = 1 };

enum { VFS_CAP_REVISION_2 = 0x02000000, VFS_CAP_WORDS = 5 };

/* asm-generic/socket.h, linux/netlink.h, linux/audit.h */
enum { SO_MARK = 36, SO_BINDTOIFINDEX = 62, SOL_NETLINK = 270, NETLINK_LISTEN_ALL_NSID = 8 };

enum { NETLINK_AUDIT = 9, NLM_F_REQUEST = 1, NLM_F_ACK = 4, NLMSG_ERROR = 2 };

enum { AUDIT_GET = 1000, AUDIT_USER = 1005, AUDIT_NLGRP_READLOG = 1 };

/* linux/ipc.h, linux/timex.h, linux/syslog.h, linux/time.h, linux/eventpoll.h, linux/bpf.h */
enum { IPC_RMID = 0, IPC_STAT = 2, ADJ_TICK = 0x4000, SYSLOG_ACTION_SIZE_UNREAD = 9, CLOCK_REALTIME_ALARM = 8 };

enum { EPOLL_CTL_ADD = 1, EPOLLIN = 1, EPOLLWAKEUP = 1 << 29 };

enum { BPF_PROG_LOAD = 5, BPF_PROG_TYPE_KPROBE = 2, BPF_BTF_LOAD = 18 };

static int thing;        /* what `prepare` made: a descriptor, a process, a message queue */
static const char *path; /* the argument of those that need one */

static const char *unasked; /* the step that a question did not get beyond; null: it was asked */

/* A step on the way to the question: its refusal is none of the capability. Returns `error`. */
static long step(long error, const char *name)
{
	if (error < 0)
		unasked = name;
	return error;
}

static int other_id(int id)
{
	return id == 1 ? 2 : 1;
}

/* ---- preparations; these run under the agent's name ---- */

/* A file in memory: no path, so no rule for files has a say. */
static long memory_file(void)
{
	enum { MFD_CLOEXEC = 1 };

	thing = (int)sys(memfd_create, "apparmor-probe", MFD_CLOEXEC);
	return thing;
}

static long locked_file(void)
{
	return memory_file() < 0 ? thing : sys(fchmod, thing, 0);
}

/* One that belongs to somebody else: given away, or else made in somebody else's name. */
static long foreign_file(void)
{
	int own = (int)sys_getuid();
	if (memory_file() < 0 || sys(fchown, thing, other_id(own), -1) == 0)
		return thing;
	sys(setfsuid, other_id(own));
	memory_file();
	sys(setfsuid, own);
	struct statx st;
	if (thing >= 0 && sys(statx, thing, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st) == 0 && (int)st.uid == own)
		return -EPERM;
	return thing;
}

static long change_user(void)
{
	int other = other_id((int)sys_getuid());
	return sys(setresuid, other, other, other);
}

static long foreign_process(void)
{
	thing = (int)start_target(change_user);
	return thing;
}

static long close_up(void)
{
	return sys_prctl(PR_SET_DUMPABLE, 0);
}

static long closed_process(void)
{
	thing = (int)start_target(close_up);
	return thing;
}

static long message_queue(void)
{
	enum { IPC_PRIVATE = 0 };

	thing = (int)sys(msgget, IPC_PRIVATE, 0);
	return thing;
}

static long no_memory_to_lock(void)
{
	struct rlimit none = {.soft = 0, .hard = 0};
	return sys_setrlimit(RLIMIT_MEMLOCK, &none);
}

static long lowered_limit(void)
{
	struct rlimit none = {.soft = 0, .hard = 0};
	return sys_setrlimit(RLIMIT_CORE, &none);
}

/* Any kind of socket will do; a profile may not allow all. */
static long any_socket(void)
{
	static const struct {
		int family, type;
	} kinds[] = {{AF_UNIX, SOCK_STREAM}, {AF_INET, SOCK_DGRAM}, {AF_NETLINK, SOCK_RAW}};

	for (u64 i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		thing = (int)sys(socket, kinds[i].family, kinds[i].type | O_CLOEXEC, 0);
		if (thing >= 0)
			break;
	}
	return thing;
}

/* ---- the calls ---- */

static long ask_chown(void)
{
	return sys(fchown, thing, other_id((int)sys_getuid()), -1);
}

static long ask_access(int mode)
{
	return sys(faccessat2, thing, "", mode, AT_EMPTY_PATH | AT_EACCESS);
}

static long ask_dac_override(void)
{
	return ask_access(W_OK);
}

static long ask_dac_read_search(void)
{
	return ask_access(R_OK);
}

static long ask_fowner(void)
{
	return sys_fcntl(thing, F_SETFL, O_NOATIME /* for owners */);
}

/* A write takes the set-user-id bit away from the file of a process that lacks the capability. */
static long ask_fsetid(void)
{
	struct statx st;
	long error = step(sys(fchmod, thing, S_ISUID | 0600), "the file's mode was refused");
	if (error >= 0)
		error = step(sys_write(thing, "x", 1), "the write was refused");
	if (error >= 0)
		error = step(sys(statx, thing, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st), "the file cannot be read");
	if (error < 0)
		return error;
	return st.mode & S_ISUID ? 0 : -EPERM;
}

static long ask_kill(void)
{
	return sys_kill(thing, 0);
}

static long ask_setgid(void)
{
	enum { NGROUPS_MAX = 65536 };

	return sys(setgroups, NGROUPS_MAX + 1, 0);
}

static long ask_setuid(void)
{
	return sys(setresuid, -1, other_id((int)sys_getuid()), -1);
}

static long ask_setpcap(void)
{
	enum { NO_CAPABILITY = 200 };

	return sys_prctl(PR_CAPBSET_DROP, NO_CAPABILITY);
}

static long ask_linux_immutable(void)
{
	long flags = FS_IMMUTABLE_FL;
	return sys_ioctl(thing, FS_IOC_SETFLAGS, &flags);
}

/* Binds a socket of its own to a port of the loopback interface; 0: any that is free. */
static long bind_port(u16 port, const char **refused)
{
	struct {
		u16 family;
		u8 port[2], ip[4], unused[8];
	} address = {.family = AF_INET, .port = {(u8)(port >> 8), (u8)port}, .ip = {127, 0, 0, 1}};

	*refused = "its socket was refused";
	long fd = sys(socket, AF_INET, SOCK_STREAM | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	*refused = "the binding of its socket was refused";
	return sys(bind, fd, &address, sizeof address);
}

/* EACCES is the answer of the rules for the network as well. They know no ports, so another one shows what they say. */
static long ask_net_bind_service(void)
{
	enum { PORT = 1009 }; /* bound for a moment, never listening */

	const char *refused = 0;
	long error = bind_port(0, &refused);
	return error < 0 ? step(error, refused) : bind_port(PORT, &refused);
}

static long set_option(int level, int option, int value)
{
	return sys(setsockopt, thing, level, option, &value, sizeof value);
}

static long ask_net_admin(void)
{
	return set_option(SOL_SOCKET, SO_MARK, 1);
}

static long ask_net_broadcast(void)
{
	thing = (int)step(sys(socket, AF_NETLINK, SOCK_RAW | O_CLOEXEC, 0), "its socket was refused");
	return thing < 0 ? thing : set_option(SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, 1);
}

/*
 * Anyone may bind a socket the first time. To change that, and to no device, takes the capability. Before Linux 5.7 the
 * first time takes it as well.
 */
static long ask_net_raw(void)
{
	set_option(SOL_SOCKET, SO_BINDTOIFINDEX, 1);
	return set_option(SOL_SOCKET, SO_BINDTOIFINDEX, -1);
}

static long ask_ipc_lock(void)
{
	return sys(mlock, &thing, 1);
}

static long ask_ipc_owner(void)
{
	static u64 status[64];
	long error = sys(msgctl, thing, IPC_STAT, status);
	sys(msgctl, thing, IPC_RMID /* for owners */, 0);
	return error;
}

static long ask_sys_module(void)
{
	return sys(init_module, "", 0, "");
}

static long ask_sys_rawio(void)
{
	return sys_ioctl(thing, FIBMAP, BAD_POINTER);
}

static long ask_sys_chroot(void)
{
	return sys(chroot, "/");
}

static long ask_sys_ptrace(void)
{
	return sys(ptrace, PTRACE_SEIZE, thing, 0, 0);
}

static long ask_sys_pacct(void)
{
	return sys(acct, BAD_POINTER);
}

static long ask_sys_admin(void)
{
	return sys(sethostname, "", -1);
}

static long ask_sys_boot(void)
{
	return sys(reboot, 0, 0, 0, 0); /* no magic numbers */
}

static long ask_sys_nice(void)
{
	enum { PRIO_PROCESS = 0, OURSELVES = 0, HIGHEST = -20 };

	return sys(setpriority, PRIO_PROCESS, OURSELVES, HIGHEST);
}

static long ask_sys_resource(void)
{
	struct rlimit one = {.soft = 1, .hard = 1};
	return sys_setrlimit(RLIMIT_CORE, &one);
}

static long ask_sys_time(void)
{
	struct {
		u64 modes, rest[31];
	} timex = {.modes = ADJ_TICK}; /* to a tick of no length */

	return sys(adjtimex, &timex);
}

/* In a session without a terminal there is none to hang up. */
static long new_session(void)
{
	return sys_setsid();
}

static long ask_sys_tty_config(void)
{
	return sys(vhangup);
}

static long ask_mknod(void)
{
	const char *node = path ? path : "apparmor-probe-node";
	long error = sys(mknodat, AT_FDCWD, node, S_IFCHR | 0600, DEVICE(1, 3) /* /dev/null's */);
	if (error >= 0) {
		as_undo();
		sys_unlink(node, 0);
	}
	return error;
}

static long ask_lease(void)
{
	return sys_fcntl(thing, F_SETLEASE, F_RDLCK /* conflicts with our own writing */);
}

static long audit_socket(int flags)
{
	return sys(socket, AF_NETLINK, SOCK_RAW | O_CLOEXEC | flags, NETLINK_AUDIT);
}

/* A message to the kernel's audit system, with `size` bytes of zeros, and its answer. */
static long ask_audit(u16 type, u32 size)
{
	struct {
		u32 length; /* of head and body */
		u16 type, flags;
		u32 sequence, port;

		union {
			u8 bytes[1024];
			int error; /* of NLMSG_ERROR */
		} body;
	} message = {.type = type, .flags = NLM_F_REQUEST | NLM_F_ACK, .sequence = 1};

	message.length = (u32)(sizeof message - sizeof message.body) + size;
	long fd = step(audit_socket(O_NONBLOCK), "its socket was refused");
	if (fd < 0)
		return fd;
	long error = step(sys_write((int)fd, &message, message.length), "its message was refused");
	while (error >= 0) {
		error = step(sys_read((int)fd, &message, sizeof message), "the answer was refused");
		if (error >= 0 && message.type == NLMSG_ERROR)
			return message.body.error;
	}
	return error;
}

static long ask_audit_write(void)
{
	enum { TOO_SHORT_TO_BE_LOGGED = 1 };

	return ask_audit(AUDIT_USER, TOO_SHORT_TO_BE_LOGGED);
}

/*
 * Outside the first namespace of processes the kernel refuses this without a question (audit_netlink_ok). The number of
 * that namespace is fixed (PROC_PID_INIT_INO).
 */
static long in_first_pid_namespace(void)
{
	char name[32];
	long size = sys(readlinkat, AT_FDCWD, "/proc/self/ns/pid", name, sizeof name - 1);
	if (size < 0)
		return size;
	name[size] = 0;
	return equal(name, "pid:[4026531836]") ? 0 : -EOPNOTSUPP;
}

static long ask_audit_control(void)
{
	long error = step(in_first_pid_namespace(), "the kernel refuses it in any PID namespace but the first");
	return error < 0 ? error : ask_audit(AUDIT_GET, 0);
}

static long ask_audit_read(void)
{
	struct {
		u16 family, pad;
		u32 port, groups;
	} address = {.family = AF_NETLINK, .groups = 1 << (AUDIT_NLGRP_READLOG - 1)};

	long fd = step(audit_socket(0), "its socket was refused");
	return fd < 0 ? fd : sys(bind, fd, &address, sizeof address);
}

static long ask_setfcap(void)
{
	u32 none[VFS_CAP_WORDS] = {VFS_CAP_REVISION_2};
	return sys(fsetxattr, thing, XATTR_CAPABILITY, none, sizeof none, 0);
}

/* Removing a profile whose name cannot even be read. */
static long ask_mac_admin(void)
{
	const char *file = path ? path : "/sys/kernel/security/apparmor/.remove";
	long fd = step(sys_open(file, O_WRONLY | O_CLOEXEC, 0), "its file cannot be opened");
	return fd < 0 ? fd : sys_write((int)fd, BAD_POINTER, 4);
}

static long ask_syslog(void)
{
	return sys(syslog, SYSLOG_ACTION_SIZE_UNREAD, 0, 0);
}

static long ask_wake_alarm(void)
{
	return sys(timerfd_create, CLOCK_REALTIME_ALARM, 0);
}

/* The kernel only leaves the flag out; fdinfo shows whether it is there. */
static long ask_block_suspend(void)
{
	struct {
		u32 events;
		u32 data[3];
	} event = {.events = (u32)EPOLLIN | EPOLLWAKEUP};

	char fdinfo[64] = "", text[512];
	int ends[2];
	long epoll = step(sys(epoll_create1, O_CLOEXEC), "it cannot wait for events");
	if (epoll < 0)
		return epoll;
	long error = step(sys_pipe(ends, O_CLOEXEC), "it cannot make a pipe");
	if (error >= 0)
		error = step(sys(epoll_ctl, epoll, EPOLL_CTL_ADD, ends[0], &event), "it cannot wait for events");
	if (error < 0)
		return error;

	append_number(fdinfo, sizeof fdinfo, "/proc/self/fdinfo/", epoll);
	as_agent();
	long fd = sys_open(fdinfo, O_RDONLY | O_CLOEXEC, 0);
	long got = step(fd < 0 ? fd : sys_read((int)fd, text, sizeof text - 1), "its flags cannot be read");
	if (got < 0)
		return got;
	text[got] = 0;
	for (char *at = text; *at; at++)
		if (starts_with(at, "events: 2")) /* the highest digit of EPOLLWAKEUP */
			return 0;
	return -EPERM;
}

static long ask_bpf(void)
{
	struct {
		u64 btf, log;
		u32 btf_size, rest[3];
	} attributes = {.btf_size = ~0u}; /* too big */

	return sys(bpf, BPF_BTF_LOAD, &attributes, sizeof attributes);
}

/*
 * Debian's perf_event_paranoid of 3 wants sys_admin before anything else. There a program for bpf(2) that needs perfmon
 * is the question, and bpf has to be held as well; its instructions cannot be read, so there is no program in the end.
 */
static long ask_perfmon(void)
{
	enum { EXCLUDE_KERNEL = 1 << 5, NAMESPACES = 1 << 28 };

	struct {
		u32 type, size;
		u64 config, sample_period, sample_type, read_format, flags, rest[2];
	} event = {
		.size = sizeof event, .sample_period = 1UL << 63 /* invalid */, .flags = EXCLUDE_KERNEL | NAMESPACES};

	struct {
		u32 type, instruction_count;
		const void *instructions, *license;
		u64 rest[3];
	} program = {
		.type = BPF_PROG_TYPE_KPROBE,
		.instruction_count = 1,
		.instructions = BAD_POINTER,
		.license = "",
	};

	enum { OURSELVES = 0, ANY_PROCESSOR = -1, NO_GROUP = -1 };

	long error = sys(perf_event_open, &event, OURSELVES, ANY_PROCESSOR, NO_GROUP, 0);
	if (error != -EACCES)
		return error;
	event.flags = EXCLUDE_KERNEL; /* which needs no capability, but for Debian's sysctl */
	if (sys(perf_event_open, &event, OURSELVES, ANY_PROCESSOR, NO_GROUP, 0) != -EACCES)
		return error;
	if (ask_bpf() != -E2BIG)
		return step(error, "bpf, which it needs here, was refused");
	return sys(bpf, BPF_PROG_LOAD, &program, sizeof program) == -EFAULT ? -EINVAL : error;
}

/* A child with number 1, which is taken. */
static long ask_checkpoint_restore(void)
{
	int pid = 1;

	struct {
		u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size,
			cgroup;
	} clone = {.exit_signal = SIGCHLD, .set_tid = (u64)&pid, .set_tid_size = 1};

	long child = sys(clone3, &clone, sizeof clone);
	if (child == 0)
		sys_exit(0);
	return child;
}

/* ---- the table, in the order of the kernel's numbers ---- */

struct capability {
	const char *name;
	u8 refused; /* errno of a refusal */
	u8 granted; /* errno that may follow the permission; success may always */
	enum keeps keeps;
	long (*prepare)(void);
	long (*ask)(void);
};

// clang-format off
static const struct capability capabilities[] = {
	{ .name = "chown", .refused = EPERM, .prepare = memory_file, .ask = ask_chown },
	{ .name = "dac_override", .refused = EACCES, .prepare = locked_file, .ask = ask_dac_override },
	{ .name = "dac_read_search", .refused = EACCES, .prepare = locked_file, .ask = ask_dac_read_search },
	{ .name = "fowner", .refused = EPERM, .prepare = foreign_file, .ask = ask_fowner },
	{ .name = "fsetid", .refused = EPERM, .prepare = memory_file, .ask = ask_fsetid },
	/* EACCES: the class signal, which is asked later */
	{ .name = "kill", .refused = EPERM, .granted = EACCES, .prepare = foreign_process, .ask = ask_kill },
	{ .name = "setgid", .refused = EPERM, .granted = EINVAL, .ask = ask_setgid },
	{ .name = "setuid", .refused = EPERM, .ask = ask_setuid },
	{ .name = "setpcap", .refused = EPERM, .granted = EINVAL, .ask = ask_setpcap },
	{ .name = "linux_immutable", .refused = EPERM, .prepare = memory_file, .ask = ask_linux_immutable },
	{ .name = "net_bind_service", .refused = EACCES, .granted = EADDRINUSE, .ask = ask_net_bind_service },
	{ .name = "net_broadcast", .refused = EPERM, .ask = ask_net_broadcast },
	{ .name = "net_admin", .refused = EPERM, .prepare = any_socket, .ask = ask_net_admin },
	{ .name = "net_raw", .refused = EPERM, .granted = EINVAL, .prepare = any_socket, .ask = ask_net_raw },
	{ .name = "ipc_lock", .refused = EPERM, .prepare = no_memory_to_lock, .ask = ask_ipc_lock },
	{ .name = "ipc_owner", .refused = EACCES, .prepare = message_queue, .ask = ask_ipc_owner },
	{ .name = "sys_module", .refused = EPERM, .granted = ENOEXEC, .ask = ask_sys_module },
	{ .name = "sys_rawio", .refused = EPERM, .granted = EFAULT, .prepare = memory_file, .ask = ask_sys_rawio },
	{ .name = "sys_chroot", .refused = EPERM, .ask = ask_sys_chroot },
	/* EACCES: the class ptrace */
	{ .name = "sys_ptrace", .refused = EPERM, .granted = EACCES, .prepare = closed_process, .ask = ask_sys_ptrace },
	{ .name = "sys_pacct", .refused = EPERM, .granted = EFAULT, .ask = ask_sys_pacct },
	{ .name = "sys_admin", .refused = EPERM, .granted = EINVAL, .ask = ask_sys_admin },
	{ .name = "sys_boot", .refused = EPERM, .granted = EINVAL, .ask = ask_sys_boot },
	{ .name = "sys_nice", .refused = EACCES, .ask = ask_sys_nice },
	{ .name = "sys_resource", .refused = EPERM, .prepare = lowered_limit, .ask = ask_sys_resource },
	{ .name = "sys_time", .refused = EPERM, .granted = EINVAL, .ask = ask_sys_time },
	{ .name = "sys_tty_config", .refused = EPERM, .prepare = new_session, .ask = ask_sys_tty_config },
	{ .name = "mknod", .refused = EPERM, .keeps = KEEPS_FILES, .ask = ask_mknod },
	{ .name = "lease", .refused = EACCES, .granted = EAGAIN, .prepare = foreign_file, .ask = ask_lease },
	{ .name = "audit_write", .refused = EPERM, .granted = EINVAL, .ask = ask_audit_write },
	{ .name = "audit_control", .refused = EPERM, .ask = ask_audit_control },
	{ .name = "setfcap", .refused = EPERM, .granted = EOPNOTSUPP, .prepare = memory_file, .ask = ask_setfcap },
	/* only Smack asks for it */
	{ .name = "mac_override", .ask = 0 },
	{ .name = "mac_admin", .refused = EACCES, .granted = EFAULT, .keeps = KEEPS_FILES, .ask = ask_mac_admin },
	{ .name = "syslog", .refused = EPERM, .ask = ask_syslog },
	{ .name = "wake_alarm", .refused = EPERM, .ask = ask_wake_alarm },
	{ .name = "block_suspend", .refused = EPERM, .ask = ask_block_suspend },
	{ .name = "audit_read", .refused = EPERM, .ask = ask_audit_read },
	{ .name = "perfmon", .refused = EACCES, .granted = EINVAL, .keeps = KEEPS_BPF, .ask = ask_perfmon },
	{ .name = "bpf", .refused = EPERM, .granted = E2BIG, .ask = ask_bpf },
	{ .name = "checkpoint_restore", .refused = EPERM, .granted = EEXIST, .ask = ask_checkpoint_restore },
};
// clang-format on

enum { CAPABILITIES = sizeof capabilities / sizeof *capabilities };

static const struct capability *capability_of(const char *name)
{
	for (int i = 0; i < CAPABILITIES; i++)
		if (equal(capabilities[i].name, name))
			return capabilities + i;
	return 0;
}

int check_capable(char **args)
{
	return capability_of(args[0]) != 0;
}

static int is_granted(const struct capability *c, long error)
{
	return error >= 0 || error == -c->granted;
}

/* One question, in a child, with the capability or (`proving`) without. */
static int proving;

static long question(char **args, struct outcome *out)
{
	const struct capability *c = capability_of(args[0]);
	u64 keep = kept[c->keeps];
	u64 wanted = proving ? 0 : CAP(c - capabilities);
	path = args[1];
	as_agent();
	long error = c->prepare ? c->prepare() : 0;
	if (error < 0)
		return not_tried(out, "cannot be prepared", error);
	error = set_capabilities(wanted | keep);
	if (error == -EPERM && keep)
		error = set_capabilities(wanted);
	if (error == -EPERM)
		error = set_capabilities(0); /* not held: the refusal will be the kernel's own */
	if (error < 0)
		return not_tried(out, "the capabilities cannot be set", error);
	if (!proving)
		as_probe();
	unasked = 0;
	error = c->ask();
	return unasked ? not_tried(out, unasked, error) : error;
}

long ask_capability(const char *name, struct outcome *out)
{
	char *args[] = {(char *)name, 0, 0};
	return op_capable(args, out);
}

long op_capable(char **args, struct outcome *out)
{
	const struct capability *c = capability_of(args[0]);
	if (!c->ask)
		return not_tried(out, "no code of the kernel asks for it where AppArmor rules", 0);
	proving = 0;
	long error = in_child(question, args, out);
	if (error == -c->refused || error == -ECANCELED || error == -ETIMEDOUT)
		return error;
	if (!is_granted(c, error))
		return not_tried(out, "the capability was not asked for", error);

	struct outcome proof = {.error = 0};
	proving = 1;
	long without = in_child(question, args, &proof);
	if (is_granted(c, without))
		return remark(out, -EOPNOTSUPP, "not asked for here: it goes without the capability as well");
	if (without != -c->refused)
		remark(out, 0, "not proven");
	if (error < 0)
		remark_errno(out, "granted", error);
	return 0;
}
