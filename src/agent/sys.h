/*
 * The kernel's interface as far as the agent uses it: types, constants, and one thin function a system call.
 * There is no libc. Every function returns what the kernel returns: a value, or -errno.
 */
#ifndef SYS_H
#define SYS_H

#if defined(__x86_64__)
#include "sys_x86_64.h"
#elif defined(__aarch64__)
#include "sys_aarch64.h"
#else
#error "no such architecture yet: write sys_<arch>.h"
#endif

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64; /* both architectures are LP64 */

enum { /* the same on both architectures */
       EPERM = 1,
       ENOENT = 2,
       ESRCH = 3,
       EINTR = 4,
       ENOEXEC = 8,
       EAGAIN = 11,
       EACCES = 13,
       EFAULT = 14,
       EBUSY = 16,
       EEXIST = 17,
       ENODEV = 19,
       ENOTDIR = 20,
       EISDIR = 21,
       EINVAL = 22,
       EFBIG = 27,
       ENAMETOOLONG = 36,
       ENOSYS = 38,
       ENODATA = 61,
       E2BIG = 7,
       EOPNOTSUPP = 95,
       EADDRINUSE = 98,
       EISCONN = 106,
       ETIMEDOUT = 110,
       EINPROGRESS = 115,
       ESTALE = 116,
       ECANCELED = 125
};

enum {
	O_RDONLY = 0,
	O_WRONLY = 01,
	O_RDWR = 02,
	O_PATH = 010000000,
	O_CREAT = 0100,
	O_EXCL = 0200,
	O_NOCTTY = 0400,
	O_APPEND = 02000,
	O_NONBLOCK = 04000,
	O_ASYNC = 020000,
	O_CLOEXEC = 02000000
};

enum { AT_FDCWD = -100, AT_SYMLINK_NOFOLLOW = 0x100, AT_REMOVEDIR = 0x200, AT_EMPTY_PATH = 0x1000, F_OK = 0 };

enum { PAGE_SIZE = 4096 };

enum { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4, MAP_SHARED = 1, MAP_PRIVATE = 2 };

enum {
	S_IFSOCK = 0140000,
	S_IFLNK = 0120000,
	S_IFREG = 0100000,
	S_IFBLK = 0060000,
	S_IFDIR = 0040000,
	S_IFCHR = 0020000,
	S_IFIFO = 0010000,
	S_IFMT = 0170000,
	S_ISUID = 04000,
	S_ISGID = 02000
};

/* A device by its two numbers, both below 256. */
#define DEVICE(major, minor) ((major) << 8 | (minor))
#define XATTR_CAPABILITY "security.capability"

enum { STATX_BASIC_STATS = 0x7ff };

enum { CLONE_NEWNS = 0x20000, CLONE_NEWUSER = 0x10000000 };

enum { FD_CLOEXEC = 1 };

enum { PTRACE_SEIZE = 0x4206 };

enum { F_RDLCK = 0, F_WRLCK = 1, F_UNLCK = 2 };

enum { AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10, AF_NETLINK = 16, SOL_SOCKET = 1 };

enum { SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_RAW = 3 };

enum { F_GETFD = 1, F_SETFD = 2, F_SETFL = 4, F_SETLK = 6, F_SETOWN = 8, F_SETSIG = 10 };

enum {
	SIGINT = 2,
	SIGQUIT = 3,
	SIGKILL = 9,
	SIGSEGV = 11,
	SIGPIPE = 13,
	SIGALRM = 14,
	SIGTERM = 15,
	SIGCHLD = 17,
	SIGCONT = 18,
	SIGSTOP = 19,
	SIGTTOU = 22,
	SIGURG = 23,
	SIGXFSZ = 25,
	SIGWINCH = 28,
	SIGNAL_COUNT = 64
};

enum { SIG_BLOCK = 0, SIG_SETMASK = 2, SIGNAL_DEFAULT = 0, SIGNAL_IGNORE = 1 };

enum { WNOHANG = 1, WUNTRACED = 2, WEXITED = 4, WNOWAIT = 0x01000000, P_PID = 1 };

enum {
	PR_SET_DUMPABLE = 4,
	PR_SET_NAME = 15,
	PR_CAPBSET_DROP = 24,
	PR_SET_CHILD_SUBREAPER = 36,
	PR_SET_NO_NEW_PRIVS = 38
};

enum { RLIMIT_FSIZE = 1, RLIMIT_CORE = 4, RLIMIT_MEMLOCK = 8, RLIMIT_AS = 9 };

enum {
	POLLIN = 1,
	POLLOUT = 4,
	CLOCK_MONOTONIC = 1,
	TCGETS = 0x5401,
	TCSETS = 0x5402,
	TIOCSPGRP = 0x5410,
	ECHO = 8,
	ECHONL = 0x40
};

struct timespec {
	long sec, nsec;
};

struct pollfd {
	int fd;
	short events, revents;
};

struct rlimit {
	u64 soft, hard;
};

struct statx {
	u32 mask, block_size;
	u64 attributes;
	u32 links, uid, gid;
	u16 mode, pad;
	u64 rest[4];

	struct {
		long sec;
		u32 nsec, pad;
	} atime, btime, ctime, mtime;

	u64 more[20];
};

struct sigaction {
	u64 handler, flags, restorer, mask;
};

/* A signal in a mask of signals. */
#define BIT(signal) (1UL << ((signal) - 1))

/* A capability in a set of capabilities, and the numbers that are needed by themselves (linux/capability.h). */
#define CAP(number) (1UL << (number))

enum { CAP_DAC_OVERRIDE = 1, CAP_DAC_READ_SEARCH = 2, CAP_FOWNER = 3, CAP_BPF = 39, CAPABILITY_VERSION_3 = 0x20080522 };

/*
 * Any call by its name and with as many arguments as it has: sys(mount, source, target, type, flags, data). The macros
 * only count them: each number of arguments has its own function, which leaves the other registers alone.
 */
#define sys(...) SYS_COUNTED(__VA_ARGS__, 6, 5, 4, 3, 2, 1, 0, 0)
#define SYS_COUNTED(name, a, b, c, d, e, f, count, ...) SYS_##count(name, a, b, c, d, e, f)
#define SYS_0(name, a, b, c, d, e, f) syscall0(NR_##name)
#define SYS_1(name, a, b, c, d, e, f) syscall1(NR_##name, (long)(a))
#define SYS_2(name, a, b, c, d, e, f) syscall2(NR_##name, (long)(a), (long)(b))
#define SYS_3(name, a, b, c, d, e, f) syscall3(NR_##name, (long)(a), (long)(b), (long)(c))
#define SYS_4(name, a, b, c, d, e, f) syscall4(NR_##name, (long)(a), (long)(b), (long)(c), (long)(d))
#define SYS_5(name, a, b, c, d, e, f) syscall5(NR_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))
#define SYS_6(name, a, b, c, d, e, f)                                                                                  \
	syscall6(NR_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* Those that the agent itself lives on have a function with types. */
static inline long sys_read(int fd, void *to, u64 size)
{
	return sys(read, fd, to, size);
}

static inline long sys_write(int fd, const void *from, u64 size)
{
	return sys(write, fd, from, size);
}

static inline long sys_close(int fd)
{
	return sys(close, fd);
}

static inline long sys_close_range(u32 first, u32 last)
{
	return sys(close_range, first, last, 0);
}

static inline long sys_open(const char *path, int flags, int mode)
{
	return sys(openat, AT_FDCWD, path, flags, mode);
}

static inline long sys_unlink(const char *path, int flags)
{
	return sys(unlinkat, AT_FDCWD, path, flags);
}

static inline long sys_mkdir(const char *path, int mode)
{
	return sys(mkdirat, AT_FDCWD, path, mode);
}

static inline long sys_access(const char *path, int mode)
{
	return sys(faccessat, AT_FDCWD, path, mode);
}

static inline long sys_dup(int from, int to)
{
	return sys(dup3, from, to, 0);
}

static inline long sys_pipe(int ends[2], int flags)
{
	return sys(pipe2, ends, flags);
}

static inline long sys_fcntl(int fd, int command, long value)
{
	return sys(fcntl, fd, command, value);
}

static inline long sys_ioctl(int fd, u64 request, void *value)
{
	return sys(ioctl, fd, request, value);
}

static inline long sys_poll(struct pollfd *fds, int count, const struct timespec *timeout)
{
	return sys(ppoll, fds, count, timeout, 0, 0);
}

static inline long sys_fork(void)
{
	return sys(clone, SIGCHLD, 0, 0, 0, 0);
}

static inline long sys_execve(const char *path, char *const *argv, char *const *envp)
{
	return sys(execve, path, argv, envp);
}

static inline long sys_wait(int pid, int *status, int flags)
{
	return sys(wait4, pid, status, flags, 0);
}

static inline long sys_waitid(int type, int id, void *info, int flags)
{
	return sys(waitid, type, id, info, flags, 0);
}

static inline long sys_kill(int pid, int signal)
{
	return sys(kill, pid, signal);
}

static inline long sys_getpid(void)
{
	return sys(getpid);
}

static inline long sys_getuid(void)
{
	return sys(getuid);
}

static inline long sys_setpgid(int pid, int group)
{
	return sys(setpgid, pid, group);
}

static inline long sys_setsid(void)
{
	return sys(setsid);
}

static inline long sys_prctl(int option, u64 value)
{
	return sys(prctl, option, value, 0, 0, 0);
}

static inline long sys_setrlimit(int resource, const struct rlimit *limit)
{
	return sys(prlimit64, 0, resource, limit, 0);
}

static inline long sys_sigaction(int signal, const struct sigaction *action)
{
	return sys(rt_sigaction, signal, action, 0, sizeof action->mask);
}

static inline long sys_sigmask(int how, u64 mask)
{
	return sys(rt_sigprocmask, how, &mask, 0, sizeof mask);
}

static inline long sys_sigwait(u64 mask)
{
	return sys(rt_sigtimedwait, &mask, 0, 0, sizeof mask);
}

static inline long sys_signalfd(u64 mask, int flags)
{
	return sys(signalfd4, -1, &mask, sizeof mask, flags);
}

/* What a status of wait4(2) says: the signal that ended the process, or 0; its exit status; whether it is stopped. */
static inline int ending_signal(int status)
{
	return status & 0x7f;
}

static inline int exit_status(int status)
{
	return status >> 8 & 0xff;
}

static inline int is_stopped(int status)
{
	return (status & 0xff) == 0x7f;
}

/* mmap() returns an address, or -errno, which no address can be. */
static inline int is_error(long result)
{
	enum { MAX_ERRNO = 4095 };

	return result < 0 && result >= -MAX_ERRNO;
}

_Noreturn static inline void sys_exit(int status)
{
	for (;;)
		sys(exit_group, status);
}

/* Closes all descriptors from `first` on. */
static inline void close_from(int first)
{
	enum { DESCRIPTORS = 1024 }; /* as many as a process may have by default (RLIMIT_NOFILE) */

	if (sys_close_range((u32)first, ~0u) < 0) /* Linux before 5.9, or a filter that does not know the call */
		for (int fd = first; fd < DESCRIPTORS; fd++)
			sys_close(fd);
}

/* Signals as a shell would leave them to a program, whatever the runtime or the agent has set. */
static inline void reset_signals(void)
{
	struct sigaction action = {.handler = SIGNAL_DEFAULT};
	for (int signal = 1; signal <= SIGNAL_COUNT; signal++)
		sys_sigaction(signal, &action);
	sys_sigmask(SIG_SETMASK, 0);
}

/* Microseconds of the monotonic clock. */
static inline u64 now(void)
{
	struct timespec t = {0, 0};
	sys(clock_gettime, CLOCK_MONOTONIC, &t);
	return (u64)t.sec * 1000000 + (u64)t.nsec / 1000;
}

#endif
