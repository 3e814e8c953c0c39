/* x86-64: system call numbers, the system call instruction, the entry point. */

enum {
	NR_read = 0,
	NR_write = 1,
	NR_close = 3,
	NR_mmap = 9,
	NR_mprotect = 10,
	NR_munmap = 11,
	NR_rt_sigaction = 13,
	NR_rt_sigprocmask = 14,
	NR_ioctl = 16,
	NR_setitimer = 38,
	NR_getpid = 39,
	NR_socket = 41,
	NR_connect = 42,
	NR_sendmsg = 46,
	NR_recvmsg = 47,
	NR_shutdown = 48,
	NR_bind = 49,
	NR_listen = 50,
	NR_getsockname = 51,
	NR_getpeername = 52,
	NR_socketpair = 53,
	NR_setsockopt = 54,
	NR_getsockopt = 55,
	NR_clone = 56,
	NR_execve = 59,
	NR_wait4 = 61,
	NR_kill = 62,
	NR_msgget = 68,
	NR_msgctl = 71,
	NR_fcntl = 72,
	NR_flock = 73,
	NR_truncate = 76,
	NR_ftruncate = 77,
	NR_fchmod = 91,
	NR_fchown = 93,
	NR_ptrace = 101,
	NR_getuid = 102,
	NR_syslog = 103,
	NR_setpgid = 109,
	NR_setsid = 112,
	NR_setgroups = 116,
	NR_setresuid = 117,
	NR_setfsuid = 122,
	NR_capset = 126,
	NR_rt_sigtimedwait = 128,
	NR_fstatfs = 138,
	NR_setpriority = 141,
	NR_mlock = 149,
	NR_vhangup = 153,
	NR_pivot_root = 155,
	NR_prctl = 157,
	NR_adjtimex = 159,
	NR_chroot = 161,
	NR_acct = 163,
	NR_mount = 165,
	NR_umount2 = 166,
	NR_reboot = 169,
	NR_sethostname = 170,
	NR_init_module = 175,
	NR_lsetxattr = 189,
	NR_fsetxattr = 190,
	NR_lgetxattr = 192,
	NR_lremovexattr = 198,
	NR_getdents64 = 217,
	NR_clock_gettime = 228,
	NR_exit_group = 231,
	NR_epoll_ctl = 233,
	NR_mq_open = 240,
	NR_mq_unlink = 241,
	NR_waitid = 247,
	NR_openat = 257,
	NR_mkdirat = 258,
	NR_mknodat = 259,
	NR_fchownat = 260,
	NR_unlinkat = 263,
	NR_linkat = 265,
	NR_symlinkat = 266,
	NR_readlinkat = 267,
	NR_fchmodat = 268,
	NR_faccessat = 269,
	NR_ppoll = 271,
	NR_unshare = 272,
	NR_get_robust_list = 274,
	NR_utimensat = 280,
	NR_timerfd_create = 283,
	NR_accept4 = 288,
	NR_signalfd4 = 289,
	NR_epoll_create1 = 291,
	NR_dup3 = 292,
	NR_pipe2 = 293,
	NR_perf_event_open = 298,
	NR_prlimit64 = 302,
	NR_renameat2 = 316,
	NR_memfd_create = 319,
	NR_bpf = 321,
	NR_execveat = 322,
	NR_statx = 332,
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

enum { O_DIRECTORY = 0200000, O_NOFOLLOW = 0400000 }; /* the only flags here that differ */

/* One function for each number of arguments. They return what the kernel returns: a value, or -errno. */
#define REGISTER(name, value) register long name __asm__(#name) = value
#define CALL(...) __asm__ volatile("syscall" : "+r"(rax) : __VA_ARGS__ : "rcx", "r11", "memory")

static inline long syscall0(long nr)
{
	REGISTER(rax, nr);
	CALL();
	return rax;
}

static inline long syscall1(long nr, long a)
{
	REGISTER(rax, nr);
	REGISTER(rdi, a);
	CALL("r"(rdi));
	return rax;
}

static inline long syscall2(long nr, long a, long b)
{
	REGISTER(rax, nr);
	REGISTER(rdi, a);
	REGISTER(rsi, b);
	CALL("r"(rdi), "r"(rsi));
	return rax;
}

static inline long syscall3(long nr, long a, long b, long c)
{
	REGISTER(rax, nr);
	REGISTER(rdi, a);
	REGISTER(rsi, b);
	REGISTER(rdx, c);
	CALL("r"(rdi), "r"(rsi), "r"(rdx));
	return rax;
}

static inline long syscall4(long nr, long a, long b, long c, long d)
{
	REGISTER(rax, nr);
	REGISTER(rdi, a);
	REGISTER(rsi, b);
	REGISTER(rdx, c);
	REGISTER(r10, d);
	CALL("r"(rdi), "r"(rsi), "r"(rdx), "r"(r10));
	return rax;
}

static inline long syscall5(long nr, long a, long b, long c, long d, long e)
{
	REGISTER(rax, nr);
	REGISTER(rdi, a);
	REGISTER(rsi, b);
	REGISTER(rdx, c);
	REGISTER(r10, d);
	REGISTER(r8, e);
	CALL("r"(rdi), "r"(rsi), "r"(rdx), "r"(r10), "r"(r8));
	return rax;
}

static inline long syscall6(long nr, long a, long b, long c, long d, long e, long f)
{
	REGISTER(rax, nr);
	REGISTER(rdi, a);
	REGISTER(rsi, b);
	REGISTER(rdx, c);
	REGISTER(r10, d);
	REGISTER(r8, e);
	REGISTER(r9, f);
	CALL("r"(rdi), "r"(rsi), "r"(rdx), "r"(r10), "r"(r8), "r"(r9));
	return rax;
}

/* The kernel enters with argc, argv and envp at the stack pointer. */
#define ENTRY_POINT                                                                                                    \
	__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall "                \
		"agent_main\n\thlt\n")
