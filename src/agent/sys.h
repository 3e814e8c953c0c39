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
typedef unsigned int u32;
typedef unsigned long u64; /* both architectures are LP64 */

enum { /* the same on both architectures */
	ENOENT = 2, EINTR = 4, EAGAIN = 11, EACCES = 13, EEXIST = 17, ENODEV = 19, ENOTDIR = 20,
	ENAMETOOLONG = 36, ETIMEDOUT = 110, ESTALE = 116, ECANCELED = 125
};
enum { O_RDONLY = 0, O_WRONLY = 01, O_CREAT = 0100, O_EXCL = 0200, O_NOCTTY = 0400, O_APPEND = 02000, O_NONBLOCK = 04000, O_ASYNC = 020000, O_CLOEXEC = 02000000 };
enum { AT_FDCWD = -100, AT_REMOVEDIR = 0x200, F_OK = 0 };
enum { F_GETFD = 1, F_SETFL = 4, F_SETOWN = 8, F_SETSIG = 10 };
enum { SIGINT = 2, SIGQUIT = 3, SIGKILL = 9, SIGSEGV = 11, SIGPIPE = 13, SIGTERM = 15, SIGCHLD = 17, SIGTTOU = 22, SIGNAL_COUNT = 64 };
enum { SIG_BLOCK = 0, SIG_SETMASK = 2, SIGNAL_DEFAULT = 0, SIGNAL_IGNORE = 1 };
enum { WNOHANG = 1, WEXITED = 4, WNOWAIT = 0x01000000, P_PID = 1 };
enum { PR_SET_DUMPABLE = 4, PR_SET_NAME = 15, PR_SET_CHILD_SUBREAPER = 36 };
enum { RLIMIT_CORE = 4, RLIMIT_AS = 9 };
enum { POLLIN = 1, POLLOUT = 4, CLOCK_MONOTONIC = 1, TIOCSPGRP = 0x5410 };

struct timespec { long sec, nsec; };
struct pollfd { int fd; short events, revents; };
struct rlimit { u64 soft, hard; };
struct sigaction { u64 handler, flags, restorer, mask; };

#define BIT(signal) (1UL << ((signal) - 1))

static inline long sys_read(int fd, void *to, u64 size) { return syscall5(NR_read, fd, (long)to, (long)size, 0, 0); }
static inline long sys_write(int fd, const void *from, u64 size) { return syscall5(NR_write, fd, (long)from, (long)size, 0, 0); }
static inline long sys_close(int fd) { return syscall5(NR_close, fd, 0, 0, 0, 0); }
static inline long sys_close_range(u32 first, u32 last) { return syscall5(NR_close_range, first, last, 0, 0, 0); }
static inline long sys_open(const char *path, int flags, int mode) { return syscall5(NR_openat, AT_FDCWD, (long)path, flags, mode, 0); }
static inline long sys_unlink(const char *path, int flags) { return syscall5(NR_unlinkat, AT_FDCWD, (long)path, flags, 0, 0); }
static inline long sys_mkdir(const char *path, int mode) { return syscall5(NR_mkdirat, AT_FDCWD, (long)path, mode, 0, 0); }
static inline long sys_access(const char *path, int mode) { return syscall5(NR_faccessat, AT_FDCWD, (long)path, mode, 0, 0); }
static inline long sys_chdir(const char *path) { return syscall5(NR_chdir, (long)path, 0, 0, 0, 0); }
static inline long sys_dup(int from, int to) { return syscall5(NR_dup3, from, to, 0, 0, 0); }
static inline long sys_pipe(int ends[2], int flags) { return syscall5(NR_pipe2, (long)ends, flags, 0, 0, 0); }
static inline long sys_fcntl(int fd, int command, long value) { return syscall5(NR_fcntl, fd, command, value, 0, 0); }
static inline long sys_ioctl(int fd, u64 request, void *value) { return syscall5(NR_ioctl, fd, (long)request, (long)value, 0, 0); }
static inline long sys_poll(struct pollfd *fds, int count, const struct timespec *timeout) { return syscall5(NR_ppoll, (long)fds, count, (long)timeout, 0, 0); }
static inline long sys_fork(void) { return syscall5(NR_clone, SIGCHLD, 0, 0, 0, 0); }
static inline long sys_execve(const char *path, char *const *argv, char *const *envp) { return syscall5(NR_execve, (long)path, (long)argv, (long)envp, 0, 0); }
static inline long sys_wait(int pid, int *status, int flags) { return syscall5(NR_wait4, pid, (long)status, flags, 0, 0); }
static inline long sys_waitid(int type, int id, void *info, int flags) { return syscall5(NR_waitid, type, id, (long)info, flags, 0); }
static inline long sys_kill(int pid, int signal) { return syscall5(NR_kill, pid, signal, 0, 0, 0); }
static inline long sys_getpid(void) { return syscall5(NR_getpid, 0, 0, 0, 0, 0); }
static inline long sys_getuid(void) { return syscall5(NR_getuid, 0, 0, 0, 0, 0); }
static inline long sys_getgid(void) { return syscall5(NR_getgid, 0, 0, 0, 0, 0); }
static inline long sys_setpgid(int pid, int group) { return syscall5(NR_setpgid, pid, group, 0, 0, 0); }
static inline long sys_setsid(void) { return syscall5(NR_setsid, 0, 0, 0, 0, 0); }
static inline long sys_prctl(int option, u64 value) { return syscall5(NR_prctl, option, (long)value, 0, 0, 0); }
static inline long sys_setrlimit(int resource, const struct rlimit *limit) { return syscall5(NR_prlimit64, 0, resource, (long)limit, 0, 0); }
static inline long sys_sigaction(int signal, const struct sigaction *action) { return syscall5(NR_rt_sigaction, signal, (long)action, 0, sizeof action->mask, 0); }
static inline long sys_sigmask(int how, u64 mask) { return syscall5(NR_rt_sigprocmask, how, (long)&mask, 0, sizeof mask, 0); }
static inline long sys_sigwait(u64 mask) { return syscall5(NR_rt_sigtimedwait, (long)&mask, 0, 0, sizeof mask, 0); }
static inline long sys_signalfd(u64 mask, int flags) { return syscall5(NR_signalfd4, -1, (long)&mask, sizeof mask, flags, 0); }

_Noreturn static inline void sys_exit(int status) {
	for (;;) syscall5(NR_exit_group, status, 0, 0, 0, 0);
}

/* Microseconds of the monotonic clock. */
static inline u64 now(void) {
	struct timespec t = { 0, 0 };
	syscall5(NR_clock_gettime, CLOCK_MONOTONIC, (long)&t, 0, 0, 0);
	return (u64)t.sec * 1000000 + (u64)t.nsec / 1000;
}

#endif
