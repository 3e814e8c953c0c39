/* x86-64: system call numbers, the system call instruction, the entry point. */
#define ARCH_NAME "x86_64"

enum {
	NR_read = 0, NR_write = 1, NR_close = 3, NR_rt_sigaction = 13, NR_rt_sigprocmask = 14, NR_ioctl = 16,
	NR_getpid = 39, NR_clone = 56, NR_execve = 59, NR_wait4 = 61, NR_kill = 62, NR_fcntl = 72, NR_chdir = 80,
	NR_getuid = 102, NR_getgid = 104, NR_setpgid = 109, NR_setsid = 112, NR_rt_sigtimedwait = 128, NR_prctl = 157,
	NR_clock_gettime = 228, NR_exit_group = 231, NR_waitid = 247, NR_openat = 257, NR_mkdirat = 258,
	NR_unlinkat = 263, NR_faccessat = 269, NR_ppoll = 271, NR_signalfd4 = 289, NR_dup3 = 292, NR_pipe2 = 293,
	NR_prlimit64 = 302, NR_close_range = 436
};

/* Returns what the kernel returns: a value, or -errno. */
static inline long syscall5(long nr, long a, long b, long c, long d, long e) {
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long result;
	__asm__ volatile("syscall" : "=a"(result) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
	return result;
}

/* The kernel enters with argc, argv and envp at the stack pointer. */
#define ENTRY_POINT \
	__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall agent_main\n\thlt\n")
