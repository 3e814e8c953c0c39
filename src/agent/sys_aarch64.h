/* arm64: system call numbers (the kernel's generic table), the system call instruction, the entry point. */
#define ARCH_NAME "aarch64"

enum {
	NR_dup3 = 24, NR_fcntl = 25, NR_ioctl = 29, NR_mkdirat = 34, NR_unlinkat = 35, NR_faccessat = 48, NR_chdir = 49,
	NR_openat = 56, NR_close = 57, NR_pipe2 = 59, NR_read = 63, NR_write = 64, NR_ppoll = 73, NR_signalfd4 = 74,
	NR_exit_group = 94, NR_waitid = 95, NR_clock_gettime = 113, NR_kill = 129, NR_rt_sigaction = 134,
	NR_rt_sigprocmask = 135, NR_rt_sigtimedwait = 137, NR_setpgid = 154, NR_setsid = 157, NR_prctl = 167,
	NR_getpid = 172, NR_getuid = 174, NR_getgid = 176, NR_clone = 220, NR_execve = 221, NR_wait4 = 260,
	NR_prlimit64 = 261, NR_close_range = 436
};

/* Returns what the kernel returns: a value, or -errno. */
static inline long syscall5(long nr, long a, long b, long c, long d, long e) {
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
	return x0;
}

/* The kernel enters with argc, argv and envp at the stack pointer. */
#define ENTRY_POINT \
	__asm__(".globl _start\n_start:\n\tmov x29, xzr\n\tmov x30, xzr\n\tmov x0, sp\n\tbl agent_main\n\tbrk 0\n")
