/* arm64: system call numbers (the kernel's generic table), the system call instruction, the entry point. */

/* The compiler describes stack frames here whatever its options say. Nobody unwinds: strip may remove it. */
__asm__(".cfi_sections .debug_frame");

enum {
	NR_lsetxattr = 6,
	NR_fsetxattr = 7,
	NR_lgetxattr = 9,
	NR_lremovexattr = 15,
	NR_epoll_create1 = 20,
	NR_epoll_ctl = 21,
	NR_dup3 = 24,
	NR_fcntl = 25,
	NR_ioctl = 29,
	NR_flock = 32,
	NR_mknodat = 33,
	NR_mkdirat = 34,
	NR_unlinkat = 35,
	NR_symlinkat = 36,
	NR_linkat = 37,
	NR_umount2 = 39,
	NR_mount = 40,
	NR_pivot_root = 41,
	NR_fstatfs = 44,
	NR_truncate = 45,
	NR_ftruncate = 46,
	NR_faccessat = 48,
	NR_chroot = 51,
	NR_fchmod = 52,
	NR_fchmodat = 53,
	NR_fchownat = 54,
	NR_fchown = 55,
	NR_openat = 56,
	NR_close = 57,
	NR_vhangup = 58,
	NR_pipe2 = 59,
	NR_getdents64 = 61,
	NR_read = 63,
	NR_write = 64,
	NR_ppoll = 73,
	NR_signalfd4 = 74,
	NR_readlinkat = 78,
	NR_timerfd_create = 85,
	NR_utimensat = 88,
	NR_acct = 89,
	NR_capset = 91,
	NR_exit_group = 94,
	NR_waitid = 95,
	NR_unshare = 97,
	NR_get_robust_list = 100,
	NR_setitimer = 103,
	NR_init_module = 105,
	NR_clock_gettime = 113,
	NR_syslog = 116,
	NR_ptrace = 117,
	NR_kill = 129,
	NR_rt_sigaction = 134,
	NR_rt_sigprocmask = 135,
	NR_rt_sigtimedwait = 137,
	NR_setpriority = 140,
	NR_reboot = 142,
	NR_setresuid = 147,
	NR_setfsuid = 151,
	NR_setpgid = 154,
	NR_setsid = 157,
	NR_setgroups = 159,
	NR_sethostname = 161,
	NR_prctl = 167,
	NR_adjtimex = 171,
	NR_getpid = 172,
	NR_getuid = 174,
	NR_mq_open = 180,
	NR_mq_unlink = 181,
	NR_msgget = 186,
	NR_msgctl = 187,
	NR_socket = 198,
	NR_socketpair = 199,
	NR_bind = 200,
	NR_listen = 201,
	NR_connect = 203,
	NR_getsockname = 204,
	NR_getpeername = 205,
	NR_setsockopt = 208,
	NR_getsockopt = 209,
	NR_shutdown = 210,
	NR_sendmsg = 211,
	NR_recvmsg = 212,
	NR_munmap = 215,
	NR_clone = 220,
	NR_execve = 221,
	NR_mmap = 222,
	NR_mprotect = 226,
	NR_mlock = 228,
	NR_perf_event_open = 241,
	NR_accept4 = 242,
	NR_wait4 = 260,
	NR_prlimit64 = 261,
	NR_renameat2 = 276,
	NR_memfd_create = 279,
	NR_bpf = 280,
	NR_execveat = 281,
	NR_statx = 291,
	NR_io_uring_setup = 425,
	NR_io_uring_enter = 426,
	NR_io_uring_register = 427,
	NR_open_tree = 428,
	NR_move_mount = 429,
	NR_fsopen = 430,
	NR_fsconfig = 431,
	NR_fsmount = 432,
	NR_clone3 = 435,
	NR_close_range = 436,
	NR_faccessat2 = 439,
	NR_mount_setattr = 442,
	NR_lsm_set_self_attr = 460
};

enum { O_DIRECTORY = 040000, O_NOFOLLOW = 0100000 }; /* the only flags here that differ */

/* One function for each number of arguments. They return what the kernel returns: a value, or -errno. */
#define REGISTER(name, value) register long name __asm__(#name) = value
#define CALL(...) __asm__ volatile("svc 0" : "+r"(x0) : __VA_ARGS__ : "memory")

static inline long syscall0(long nr)
{
	REGISTER(x8, nr);
	REGISTER(x0, 0);
	CALL("r"(x8));
	return x0;
}

static inline long syscall1(long nr, long a)
{
	REGISTER(x8, nr);
	REGISTER(x0, a);
	CALL("r"(x8));
	return x0;
}

static inline long syscall2(long nr, long a, long b)
{
	REGISTER(x8, nr);
	REGISTER(x0, a);
	REGISTER(x1, b);
	CALL("r"(x8), "r"(x1));
	return x0;
}

static inline long syscall3(long nr, long a, long b, long c)
{
	REGISTER(x8, nr);
	REGISTER(x0, a);
	REGISTER(x1, b);
	REGISTER(x2, c);
	CALL("r"(x8), "r"(x1), "r"(x2));
	return x0;
}

static inline long syscall4(long nr, long a, long b, long c, long d)
{
	REGISTER(x8, nr);
	REGISTER(x0, a);
	REGISTER(x1, b);
	REGISTER(x2, c);
	REGISTER(x3, d);
	CALL("r"(x8), "r"(x1), "r"(x2), "r"(x3));
	return x0;
}

static inline long syscall5(long nr, long a, long b, long c, long d, long e)
{
	REGISTER(x8, nr);
	REGISTER(x0, a);
	REGISTER(x1, b);
	REGISTER(x2, c);
	REGISTER(x3, d);
	REGISTER(x4, e);
	CALL("r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4));
	return x0;
}

static inline long syscall6(long nr, long a, long b, long c, long d, long e, long f)
{
	REGISTER(x8, nr);
	REGISTER(x0, a);
	REGISTER(x1, b);
	REGISTER(x2, c);
	REGISTER(x3, d);
	REGISTER(x4, e);
	REGISTER(x5, f);
	CALL("r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5));
	return x0;
}

/* The kernel enters with argc, argv and envp at the stack pointer. */
#define ENTRY_POINT                                                                                                    \
	__asm__(".globl _start\n_start:\n\tmov x29, xzr\n\tmov x30, xzr\n\tmov x0, sp\n\tbl agent_main\n\tbrk 0\n")
