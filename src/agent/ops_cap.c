/*
 * The class `capability`: each by one call that asks for it and cannot take effect.
 *
 * How an answer is made sure:
 *   1. In a child that holds the capability and no other (so that the kernel cannot accept another one in its place)
 * the call is made under the probe's name. `refused` is the errno of a refusal. What follows the permission fails for a
 *      reason of our making, or changes nothing but this child; that is `granted` (0 or an errno).
 *   2. When it was granted, the same call is made in a child without any capability. It must be refused; else the
 * kernel does not ask here (a sysctl allows it to all, for example) and the answer is EOPNOTSUPP. A process that does
 * not hold the capability makes the call all the same, and gets the kernel's own refusal.
 */
#include "ops_table.h"

#define CAP(number) (1UL << (number))
enum { KEEP_NONE, KEEP_FILES, KEEP_BPF };
static const u64 kept[] = {0, CAP(1) | CAP(2) | CAP(3) /* the way to a path: dac_override, dac_read_search, fowner */,
			   CAP(39)};

static int thing;         /* what `prepare` made: a descriptor, a process, a message queue */
static const char *place; /* the path of those that need one */

static int other_id(int id)
{
	return id == 1 ? 2 : 1;
}

/* ---- preparations; these run under the agent's name ---- */

/* A file in memory: no path, so no rule for files has a say. */
static long memory_file(void)
{
	return thing = (int)sys(memfd_create, "apparmor-probe", 1);
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
	if (thing >= 0 && sys(statx, thing, "", AT_EMPTY_PATH, 0x7ff, &st) == 0 && (int)st.uid == own)
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
	return thing = (int)start_target(change_user);
}

static long close_up(void)
{
	return sys_prctl(PR_SET_DUMPABLE, 0);
}
static long closed_process(void)
{
	return thing = (int)start_target(close_up);
}

static long message_queue(void)
{
	return thing = (int)sys(msgget, 0, 0);
}

static long no_memory_to_lock(void)
{
	struct rlimit none = {0, 0};
	return sys_setrlimit(RLIMIT_MEMLOCK, &none);
}

static long lowered_limit(void)
{
	struct rlimit none = {0, 0};
	return sys_setrlimit(RLIMIT_CORE, &none);
}

/* Any kind of socket will do; a profile may not allow all. */
static long any_socket(void)
{
	static const int kinds[][2] = {{1, 1}, {2, 2}, {16, 3}}; /* unix stream, inet dgram, netlink raw */
	for (int i = 0; i < 3; i++)
		if ((thing = (int)sys(socket, kinds[i][0], kinds[i][1] | O_CLOEXEC, 0)) >= 0)
			break;
	return thing;
}

/* ---- the calls ---- */

static long ask_chown(void)
{
	return sys(fchown, thing, other_id((int)sys_getuid()), -1);
}
static long ask_access(int mode)
{
	return sys(faccessat2, thing, "", mode, AT_EMPTY_PATH | 0x200 /* AT_EACCESS */);
}
static long ask_dac_override(void)
{
	return ask_access(2);
}
static long ask_dac_read_search(void)
{
	return ask_access(4);
}
static long ask_fowner(void)
{
	return sys_fcntl(thing, F_SETFL, 01000000 /* O_NOATIME, for owners */);
}

/* A write takes the set-user-id bit away, unless. */
static long ask_fsetid(void)
{
	struct statx st;
	long error = sys(fchmod, thing, 04600);
	if (error >= 0)
		error = sys_write(thing, "x", 1);
	if (error >= 0)
		error = sys(statx, thing, "", AT_EMPTY_PATH, 0x7ff, &st);
	return error < 0 ? error : st.mode & 04000 ? 0 : -EPERM;
}

static long ask_kill(void)
{
	return sys_kill(thing, 0);
}
static long ask_setgid(void)
{
	return sys(setgroups, 0x10001 /* more than there may be */, 0);
}
static long ask_setuid(void)
{
	return sys(setresuid, -1, other_id((int)sys_getuid()), -1);
}
static long ask_setpcap(void)
{
	return sys_prctl(PR_CAPBSET_DROP, 200 /* no such capability */);
}

static long ask_linux_immutable(void)
{
	long immutable = 0x10;
	return sys_ioctl(thing, 0x40086602 /* FS_IOC_SETFLAGS */, &immutable);
}

static long ask_net_bind_service(void)
{
	u8 address[16] = {2, 0, 1009 >> 8, 1009 & 255, 127, 0, 0, 1}; /* bound for a moment, never listening */
	long fd = sys(socket, 2, 1 | O_CLOEXEC, 0);
	return fd < 0 ? fd : sys(bind, fd, address, sizeof address);
}

static long set_option(int level, int option, int value)
{
	return sys(setsockopt, thing, level, option, &value, sizeof value);
}
static long ask_net_admin(void)
{
	return set_option(1, 36 /* SO_MARK */, 1);
}

static long ask_net_broadcast(void)
{
	thing = (int)sys(socket, 16, 3 | O_CLOEXEC, 0);
	return thing < 0 ? thing : set_option(270 /* SOL_NETLINK */, 8 /* NETLINK_LISTEN_ALL_NSID */, 1);
}

/* The first time anyone may; to change it, and to no device, is another matter. Before Linux 5.7 nobody may at first.
 */
static long ask_net_raw(void)
{
	set_option(1, 62 /* SO_BINDTOIFINDEX */, 1);
	return set_option(1, 62, -1);
}

static long ask_ipc_lock(void)
{
	return sys(mlock, &thing, 1);
}

static long ask_ipc_owner(void)
{
	static u64 status[64];
	long error = sys(msgctl, thing, 2 /* IPC_STAT */, status);
	sys(msgctl, thing, 0 /* IPC_RMID, for owners */, 0);
	return error;
}

static long ask_sys_module(void)
{
	return sys(init_module, "", 0, "");
}
static long ask_sys_rawio(void)
{
	return sys_ioctl(thing, 1 /* FIBMAP */, BAD_POINTER);
}
static long ask_sys_chroot(void)
{
	return sys(chroot, "/");
}
static long ask_sys_ptrace(void)
{
	return sys(ptrace, 0x4206 /* PTRACE_SEIZE */, thing, 0, 0);
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
	return sys(setpriority, 0, 0, -20);
}

static long ask_sys_resource(void)
{
	struct rlimit one = {1, 1};
	return sys_setrlimit(RLIMIT_CORE, &one);
}

static long ask_sys_time(void)
{
	u64 timex[32] = {0x4000 /* ADJ_TICK, to a tick of no length */};
	return sys(adjtimex, timex);
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
	long error = sys(mknodat, AT_FDCWD, place ? place : "apparmor-probe-node", S_IFCHR | 0600, 1 << 8 | 3);
	if (error >= 0) {
		as_undo();
		sys_unlink(place ? place : "apparmor-probe-node", 0);
	}
	return error;
}

static long ask_lease(void)
{
	return sys_fcntl(thing, 1024 /* F_SETLEASE */, 0 /* F_RDLCK: conflicts with our own writing */);
}

/* A message to the kernel's audit system and its answer. */
static long ask_audit(u16 type, u32 size)
{
	struct {
		u32 length;
		u16 type, flags;
		u32 sequence, port;
		u8 body[1024];
	} message = {16 + size, type, 5 /* request, ack */, 1, 0, {0}};
	long fd = sys(socket, 16, 3 | O_CLOEXEC | O_NONBLOCK, 9 /* NETLINK_AUDIT */);
	if (fd < 0)
		return fd;
	long error = sys_write((int)fd, &message, message.length);
	while (error >= 0 && (error = sys_read((int)fd, &message, sizeof message)) >= 0)
		if (message.type == 2)
			return *(int *)message.body; /* NLMSG_ERROR */
	return error;
}
static long ask_audit_write(void)
{
	return ask_audit(1005 /* AUDIT_USER */, 1 /* too short to be logged */);
}
static long ask_audit_control(void)
{
	return ask_audit(1000 /* AUDIT_GET */, 0);
}

static long ask_audit_read(void)
{
	u32 address[3] = {16, 0, 1 /* the group of those who read */};
	long fd = sys(socket, 16, 3 | O_CLOEXEC, 9);
	return fd < 0 ? fd : sys(bind, fd, address, sizeof address);
}

static long ask_setfcap(void)
{
	u32 none[5] = {0x02000000, 0, 0, 0, 0}; /* revision 2, no capability */
	return sys(fsetxattr, thing, "security.capability", none, sizeof none, 0);
}

/* Removing a profile whose name cannot even be read. */
static long ask_mac_admin(void)
{
	long fd = sys_open(place ? place : "/sys/kernel/security/apparmor/.remove", O_WRONLY | O_CLOEXEC, 0);
	return fd < 0 ? fd : sys_write((int)fd, BAD_POINTER, 4);
}

static long ask_syslog(void)
{
	return sys(syslog, 9 /* SYSLOG_ACTION_SIZE_UNREAD */, 0, 0);
}
static long ask_wake_alarm(void)
{
	return sys(timerfd_create, 8 /* CLOCK_REALTIME_ALARM */, 0);
}

/* The kernel only leaves the flag out; fdinfo shows whether it is there. */
static long ask_block_suspend(void)
{
	u32 event[4] = {1 | 1 << 29 /* EPOLLIN, EPOLLWAKEUP */, 0, 0, 0};
	char path[64] = "", text[512];
	int ends[2];
	long epoll = sys(epoll_create1, O_CLOEXEC), error = sys_pipe(ends, O_CLOEXEC);
	if (epoll < 0)
		return epoll;
	if (error >= 0)
		error = sys(epoll_ctl, epoll, 1 /* add */, ends[0], event);
	if (error < 0)
		return error;
	append_number(path, sizeof path, "/proc/self/fdinfo/", epoll);
	as_agent();
	long fd = sys_open(path, O_RDONLY | O_CLOEXEC, 0), got = fd < 0 ? fd : sys_read((int)fd, text, sizeof text - 1);
	if (got < 0)
		return -ENODATA;
	text[got] = 0;
	for (char *at = text; *at; at++)
		if (starts_with(at, "events: 2"))
			return 0;
	return -EPERM;
}

/*
 * Debian's perf_event_paranoid of 3 wants sys_admin before anything else. There a program for bpf(2) that needs perfmon
 * is the question, and bpf has to be held as well; its instructions cannot be read, so there is no program in the end.
 */
static long ask_perfmon(void)
{
	/* type 0, size 64; sample_period has its highest bit, which is invalid; exclude_kernel, namespaces */
	u64 event[8] = {64UL << 32, 0, 1UL << 63, 0, 0, 1UL << 5 | 1UL << 28, 0, 0};
	u64 program[6] = {2 | 1UL << 32 /* kprobe, one instruction */, (u64)BAD_POINTER, (u64) "", 0, 0, 0};
	long error = sys(perf_event_open, event, 0, -1, -1, 0);
	return error == -EACCES && sys(bpf, 5 /* BPF_PROG_LOAD */, program, sizeof program) == -EFAULT ? -EINVAL
												       : error;
}

static long ask_bpf(void)
{
	u32 attributes[8] = {0, 0, 0, 0, ~0u /* btf_size: too big */};
	return sys(bpf, 18 /* BPF_BTF_LOAD */, attributes, sizeof attributes);
}

/* A child with number 1, which is taken. */
static long ask_checkpoint_restore(void)
{
	int one = 1;
	u64 clone[11] = {0, 0, 0, 0, SIGCHLD, 0, 0, 0, (u64)&one, 1, 0};
	long pid = sys(clone3, clone, sizeof clone);
	if (pid == 0)
		sys_exit(0);
	return pid;
}

/* ---- the table, in the order of the kernel's numbers ---- */

struct capability {
	const char *name;
	u8 refused;              /* errno of a refusal */
	u8 granted, granted_too; /* errno that follows the permission; 0: success, which counts always */
	u8 keeps;                /* held as well: KEEP_… */
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
	{ .name = "kill", .refused = EPERM, .granted_too = EACCES, .prepare = foreign_process, .ask = ask_kill },
	{ .name = "setgid", .refused = EPERM, .granted = EINVAL, .ask = ask_setgid },
	{ .name = "setuid", .refused = EPERM, .ask = ask_setuid },
	{ .name = "setpcap", .refused = EPERM, .granted = EINVAL, .ask = ask_setpcap },
	{ .name = "linux_immutable", .refused = EPERM, .prepare = memory_file, .ask = ask_linux_immutable },
	{ .name = "net_bind_service", .refused = EACCES, .granted_too = EADDRINUSE, .ask = ask_net_bind_service },
	{ .name = "net_broadcast", .refused = EPERM, .ask = ask_net_broadcast },
	{ .name = "net_admin", .refused = EPERM, .prepare = any_socket, .ask = ask_net_admin },
	{ .name = "net_raw", .refused = EPERM, .granted = EINVAL, .prepare = any_socket, .ask = ask_net_raw },
	{ .name = "ipc_lock", .refused = EPERM, .prepare = no_memory_to_lock, .ask = ask_ipc_lock },
	{ .name = "ipc_owner", .refused = EACCES, .prepare = message_queue, .ask = ask_ipc_owner },
	{ .name = "sys_module", .refused = EPERM, .granted = ENOEXEC, .ask = ask_sys_module },
	{ .name = "sys_rawio", .refused = EPERM, .granted = EFAULT, .prepare = memory_file, .ask = ask_sys_rawio },
	{ .name = "sys_chroot", .refused = EPERM, .ask = ask_sys_chroot },
	/* EACCES: the class ptrace */
	{ .name = "sys_ptrace", .refused = EPERM, .granted_too = EACCES, .prepare = closed_process, .ask = ask_sys_ptrace },
	{ .name = "sys_pacct", .refused = EPERM, .granted = EFAULT, .ask = ask_sys_pacct },
	{ .name = "sys_admin", .refused = EPERM, .granted = EINVAL, .ask = ask_sys_admin },
	{ .name = "sys_boot", .refused = EPERM, .granted = EINVAL, .ask = ask_sys_boot },
	{ .name = "sys_nice", .refused = EACCES, .ask = ask_sys_nice },
	{ .name = "sys_resource", .refused = EPERM, .prepare = lowered_limit, .ask = ask_sys_resource },
	{ .name = "sys_time", .refused = EPERM, .granted = EINVAL, .ask = ask_sys_time },
	{ .name = "sys_tty_config", .refused = EPERM, .prepare = new_session, .ask = ask_sys_tty_config },
	{ .name = "mknod", .refused = EPERM, .keeps = KEEP_FILES, .ask = ask_mknod },
	{ .name = "lease", .refused = EACCES, .granted = EAGAIN, .prepare = foreign_file, .ask = ask_lease },
	{ .name = "audit_write", .refused = EPERM, .granted = EINVAL, .ask = ask_audit_write },
	{ .name = "audit_control", .refused = EPERM, .ask = ask_audit_control },
	{ .name = "setfcap", .refused = EPERM, .granted_too = EOPNOTSUPP, .prepare = memory_file, .ask = ask_setfcap },
	/* only Smack asks for it */
	{ .name = "mac_override" },
	{ .name = "mac_admin", .refused = EACCES, .granted = EFAULT, .keeps = KEEP_FILES, .ask = ask_mac_admin },
	{ .name = "syslog", .refused = EPERM, .ask = ask_syslog },
	{ .name = "wake_alarm", .refused = EPERM, .ask = ask_wake_alarm },
	{ .name = "block_suspend", .refused = EPERM, .ask = ask_block_suspend },
	{ .name = "audit_read", .refused = EPERM, .ask = ask_audit_read },
	{ .name = "perfmon", .refused = EACCES, .granted = EINVAL, .keeps = KEEP_BPF, .ask = ask_perfmon },
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
	return error >= 0 || error == -c->granted || error == -c->granted_too;
}

/* One question, in a child, with the capability or (`proving`) without. */
static int proving;

static long question(char **args, struct outcome *out)
{
	const struct capability *c = capability_of(args[0]);
	u64 keep = kept[c->keeps], wanted = proving ? 0 : CAP(c - capabilities);
	place = args[1];
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
	return c->ask();
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
	long error = in_child(question, args, out), without;
	if (error == -c->refused || error == -ECANCELED || error == -ETIMEDOUT)
		return error;
	if (!is_granted(c, error))
		return remark(out, error, "the capability was not asked for");
	struct outcome proof = {.error = 0};
	proving = 1;
	without = in_child(question, args, &proof);
	if (is_granted(c, without))
		return remark(out, -EOPNOTSUPP, "not asked for here: it goes without the capability as well");
	if (without != -c->refused)
		remark(out, 0, "not proven");
	if (error < 0)
		remark_errno(out, "granted", error);
	return 0;
}
