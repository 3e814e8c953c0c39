#include "ops.h"
#include "text.h"

/* What an operation function leaves: -errno by its return value, and perhaps a remark. */
struct outcome {
	long error;
	char note[NOTE_SIZE];
};

void set_name(const char *name) { sys_prctl(PR_SET_NAME, (u64)name); }

/* Takes back what an operation made. A failure is only a remark: it says nothing about the access. */
static void note_undo(struct outcome *out, long error) {
	if (error < 0) append_number(out->note, NOTE_SIZE, "not undone: errno ", -error);
}

/* Always: never wait for the other end of a fifo or a device, leave nothing to children, take no terminal. */
enum { OPEN_ALWAYS = O_NONBLOCK | O_CLOEXEC | O_NOCTTY };

static long try_open(const char *path, int flags) {
	long fd = sys_open(path, flags | OPEN_ALWAYS, 0600);
	if (fd < 0) return fd;
	sys_close((int)fd);
	return 0;
}

static long open_create(const char *path, struct outcome *out) {
	/* An existing file answers EEXIST before the kernel asks AppArmor, so the first try leaves no record then. */
	long error = try_open(path, O_WRONLY | O_CREAT | O_EXCL);
	if (error == 0) {
		set_name(NAME_UNDO);
		note_undo(out, sys_unlink(path, 0));
		return 0;
	}
	if (error != -EEXIST) return error;
	/* access(F_OK) follows links and asks no security module: a link without a target is about to be filled. */
	int dangling = sys_access(path, F_OK) == -ENOENT;
	error = try_open(path, O_WRONLY | O_CREAT);
	if (error == 0 && dangling) append(out->note, NOTE_SIZE, "not undone: created through a symbolic link");
	return error;
}

static long op_open(char **args, struct outcome *out) {
	const char *mode = args[0], *path = args[1];
	if (equal(mode, "read")) return try_open(path, O_RDONLY);
	if (equal(mode, "write")) return try_open(path, O_WRONLY);
	if (equal(mode, "append")) return try_open(path, O_WRONLY | O_APPEND);
	return open_create(path, out);
}

static const char *check_open(char **args) {
	const char *mode = args[0];
	int known = equal(mode, "read") || equal(mode, "write") || equal(mode, "append") || equal(mode, "create");
	return known ? 0 : "open: unknown mode";
}

/* The one operation that really has its effect when it is allowed. */
static long op_unlink(char **args, struct outcome *out) {
	(void)out;
	return sys_unlink(args[0], 0);
}

static long op_mkdir(char **args, struct outcome *out) {
	long error = sys_mkdir(args[0], 0700);
	if (error < 0) return error;
	set_name(NAME_UNDO);
	note_undo(out, sys_unlink(args[0], AT_REMOVEDIR));
	return 0;
}

/*
 * Executes a program so far that the kernel gives its permission, and no further. Runs in a child.
 *
 * execve() asks in this order: file modes and mount options, the security modules (bprm_creds_for_exec: AppArmor's x
 * rules), the format and its interpreter. Until here a refusal is an errno and the caller lives on. Then comes the
 * point of no return: the old memory is dropped and the new program's is laid out. With no address space allowed
 * (RLIMIT_AS 0) neither the stack may grow to its first size nor a segment be mapped, whatever the kind of program,
 * so the kernel ends the process with SIGSEGV before it ever returns to user mode: not one instruction runs.
 *   - The argument page exists before the limit is asked, so a short argv leaves room for any path of one page; with
 *     an absurdly long one the answer is E2BIG.
 *   - The hard limit goes too: on exec AppArmor may reset soft limits to the hard ones (profiles with rlimit rules).
 *   - A core limit of 1 byte is the kernel's own word for "no core, and start no core handler".
 *   - SIGSEGV alone means permission. SIGKILL does not: it is what a denial in a kill-mode profile looks like.
 * (Linux 6.14 has AT_EXECVE_CHECK for this. It stops before format and interpreter, and two ways would answer
 * differently on different hosts, so it is not used.)
 */
static long op_exec(char **args, struct outcome *out) {
	(void)out;
	struct rlimit core = { 1, 1 }, none = { 0, 0 };
	char *argv[] = { "x", 0 }, *envp[] = { 0 };
	sys_setrlimit(RLIMIT_CORE, &core);
	long error = sys_setrlimit(RLIMIT_AS, &none);
	return error < 0 ? error : sys_execve(args[0], argv, envp);
}

/* To add an operation: one row here and one small function above. */
enum { IN_CHILD = 1, SEGV_IS_SUCCESS = 2 };
static const struct operation {
	const char *name;
	int args;
	int flags;
	const char *(*check)(char **args);
	long (*attempt)(char **args, struct outcome *out);
} operations[] = {
	{ "open", 2, 0, check_open, op_open },
	{ "unlink", 1, 0, 0, op_unlink },
	{ "mkdir", 1, 0, 0, op_mkdir },
	{ "exec", 1, IN_CHILD | SEGV_IS_SUCCESS, 0, op_exec },
};

/* Runs the attempt in a child, which reports by a pipe that an exec closes. Its death may be the answer. */
static void attempt_in_child(const struct operation *op, const char *tag, char **args, struct outcome *out, struct result *result) {
	int report[2], status = 0;
	out->error = sys_pipe(report, O_CLOEXEC);
	if (out->error < 0) return append_number(out->note, NOTE_SIZE, "the agent could not make a pipe, errno ", -out->error);
	long pid = sys_fork();
	if (pid == 0) {
		/* From here on others of the same user may look into it, and a kernel might ever let `exec` run something. */
		for (int fd = 0; fd < 3; fd++) sys_close(fd);
		forget();
		sys_prctl(PR_SET_DUMPABLE, 1);
		set_name(tag);
		out->error = op->attempt(args, out);
		write_all(report[1], out, sizeof *out);
		sys_exit(0);
	}
	sys_close(report[1]);
	if (pid < 0) {
		sys_close(report[0]);
		out->error = pid;
		return append_number(out->note, NOTE_SIZE, "the agent could not fork, errno ", -pid);
	}
	long got;
	do got = sys_read(report[0], out, sizeof *out); while (got == -EINTR);
	sys_close(report[0]);
	while (sys_wait((int)pid, &status, 0) == -EINTR) {}
	if (got == sizeof *out) {
		out->note[NOTE_SIZE - 1] = 0;
		return;
	}
	out->note[0] = 0;
	out->error = 0;
	if ((op->flags & SEGV_IS_SUCCESS) && (status & 0x7f) == SIGSEGV) return;
	out->error = -ECANCELED;
	result->signal = status & 0x7f;
	append_number(out->note, NOTE_SIZE, "killed in the attempt by signal ", result->signal);
}

const char *perform(const char *tag, const char *name, char **args, int count, int isolated, struct result *result) {
	const struct operation *op = 0;
	for (u64 i = 0; i < sizeof operations / sizeof *operations; i++)
		if (equal(operations[i].name, name)) op = &operations[i];
	if (!op) return "op: unknown operation";
	if (count != op->args) return "op: wrong number of arguments";
	const char *wrong = op->check ? op->check(args) : 0;
	if (wrong) return wrong;

	struct outcome out;
	memset(&out, 0, sizeof out);
	u64 start = now();
	if (isolated || (op->flags & IN_CHILD)) {
		attempt_in_child(op, tag, args, &out, result);
	} else {
		set_name(tag);
		out.error = op->attempt(args, &out);
	}
	result->duration = now() - start;
	result->error = -out.error;
	memcpy(result->note, out.note, NOTE_SIZE);
	return 0;
}
