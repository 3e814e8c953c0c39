/* Execution, and the other ways to another label. */
#include "ops_table.h"
#include "kill.h"
#include "ops.h"

int check_nnp(char **args)
{
	return !args[1] || equal(args[1], "no_new_privs");
}

int check_nnp_third(char **args)
{
	return check_nnp(args + 1);
}

static long maybe_no_new_privs(char **args)
{
	return args[1] ? sys_prctl(PR_SET_NO_NEW_PRIVS, 1) : 0;
}

/* ---- how a process changes its own label, or orders one for its next exec ---- */

/* linux/lsm.h, linux/magic.h */
enum { LSM_ATTR_CURRENT = 100, LSM_ATTR_EXEC = 101, LSM_ID_APPARMOR = 104, PROC_SUPER_MAGIC = 0x9fa0 };

enum { ORDER_SIZE = 8192 };

/* struct lsm_ctx: what lsm_set_self_attr(2) takes */
struct context {
	u64 id, flags, size, order_size;
	char order[ORDER_SIZE];
};

/*
 * The file that takes the order, as libapparmor names it: by the number of this thread, which is that of the process,
 * in the directory of AppArmor's own, or in that of older kernels. The rule that the parser adds to a change_profile
 * rule allows those names, and not that of /proc/thread-self.
 */
static long open_attribute(const char *attribute)
{
	static const char *const folders[] = {"/attr/apparmor/", "/attr/"};
	long fd = -ENOENT;
	for (int i = 0; i < 2 && fd < 0; i++) {
		char file[64] = "";
		append_number(file, sizeof file, "/proc/", sys_getpid());
		append(file, sizeof file, folders[i]);
		append(file, sizeof file, attribute);
		fd = sys_open(file, O_WRONLY | O_CLOEXEC, 0);
	}
	return fd;
}

/* Whether /proc counts processes as this one does: another's file answers EACCES, and no rule is asked. */
static int is_own_proc(void)
{
	char self[64], own[NUMBER_SIZE];
	long size = sys(readlinkat, AT_FDCWD, "/proc/self", self, sizeof self - 1);
	if (size < 0)
		return 0;
	self[size] = 0;
	format_number(own, sys_getpid());
	return equal(self, own);
}

static int is_of_proc(int fd)
{
	struct {
		long type, rest[15];
	} fs;

	return sys(fstatfs, fd, &fs) < 0 || fs.type == PROC_SUPER_MAGIC;
}

/* Opens the file for an order. Whatever else lies there is ENOENT. */
static long reach_attribute(const char *attribute)
{
	if (!is_own_proc())
		return -ENOENT;
	long fd = open_attribute(attribute);
	if (fd < 0 || is_of_proc((int)fd))
		return fd;
	sys_close((int)fd);
	return -ENOENT;
}

/* Flags that no kernel knows are EINVAL, whatever the rest; a filter of system calls answers as it likes. */
static int has_call(void)
{
	return sys(lsm_set_self_attr, LSM_ATTR_CURRENT, 0, 0, ~0u) == -EINVAL;
}

static long order_by_call(const char *attribute, const char *order)
{
	static struct context context;
	context = (struct context){.id = LSM_ID_APPARMOR, .order_size = length(order)};
	append(context.order, sizeof context.order, order);
	context.size = sizeof context - sizeof context.order + context.order_size;
	int number = equal(attribute, "exec") ? LSM_ATTR_EXEC : LSM_ATTR_CURRENT;
	return sys(lsm_set_self_attr, number, &context, context.size, 0);
}

/*
 * Gives the order in the way of libapparmor. Where that way is barred, a program could still use the system call, which
 * asks no rule for files: so that is tried too, where it can be had.
 */
static long give_order(const char *attribute, const char *order, struct outcome *out)
{
	long fd = reach_attribute(attribute);
	if (fd >= 0) {
		long error = sys_write((int)fd, order, length(order));
		sys_close((int)fd);
		return error < 0 ? error : 0;
	}
	if (has_call()) {
		remark_errno(out, "asked by lsm_set_self_attr(2), as the file for it cannot be opened", fd);
		return order_by_call(attribute, order);
	}
	if (fd != -EACCES && fd != -EPERM)
		return not_tried(out, "the file for it is not there, and lsm_set_self_attr(2) cannot be had", fd);
	remark(out, 0, "lsm_set_self_attr(2) cannot be had here");
	return stopped(out, fd, "open");
}

enum change { PROFILE, ONEXEC, HAT, STACK };

static long change_label(enum change how, const char *name, struct outcome *out)
{
	static const char *const words[] = {
		[PROFILE] = "changeprofile ",
		[ONEXEC] = "exec ",
		[HAT] = "changehat 0000000000000001^", /* with the token that the way back would need */
		[STACK] = "stack ",
	};
	static char order[ORDER_SIZE];
	order[0] = 0;
	append(order, sizeof order, words[how]);
	append(order, sizeof order, name);
	return give_order(how == ONEXEC ? "exec" : "current", order, out);
}

static char *short_argv[] = {"x", 0};
static char *no_envp[] = {0};

/* What `execute` needs before, see there. */
static long leave_no_room(char **args)
{
	struct rlimit core = {.soft = 1, .hard = 1};
	struct rlimit none = {.soft = 0, .hard = 0};
	sys_setrlimit(RLIMIT_CORE, &core);
	long error = maybe_no_new_privs(args);
	return error < 0 ? error : sys_setrlimit(RLIMIT_AS, &none);
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
 *   - Others cannot send it: it is ignored (main.c), and the kernel then ends a process only by its own.
 * (Linux 6.14 has AT_EXECVE_CHECK for this. It stops before format and interpreter, and two ways would answer
 * differently on different hosts, so it is not used.)
 */
static long execute(char **args, struct outcome *out)
{
	(void)out;
	long error = leave_no_room(args);
	return error < 0 ? error : sys_execve(args[0], short_argv, no_envp);
}

/* The same of a file without a name: args[0] is the number of its descriptor. */
static long execute_descriptor(char **args, struct outcome *out)
{
	(void)out;
	long error = leave_no_room(args);
	return error < 0 ? error : sys(execveat, number(args[0]), "", short_argv, no_envp, AT_EMPTY_PATH);
}

static long ask_exec(attempt *way, char **args, struct outcome *out)
{
	long error = in_child(way, args, out);
	if (out->signal != SIGSEGV)
		return error;
	out->signal = 0;
	return 0;
}

long op_exec(char **args, struct outcome *out)
{
	return ask_exec(execute, args, out);
}

enum { COPY_MAX = 64 << 20 }; /* bytes; the remark in copy() says it, too */

/*
 * Copies a file to the descriptor `to` and closes only the source. What is denied here is not what is asked for: its
 * records carry the agent's own name.
 */
static long copy(const char *source, int to, struct outcome *out)
{
	static char piece[16384];
	as_agent();
	long from = sys_open(source, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0);
	if (from < 0)
		return not_tried(out, "the source cannot be opened", from);

	long got, error = 0, all = 0;
	do {
		got = sys_read((int)from, piece, sizeof piece);
		if (got <= 0)
			break;
		all += got;
		if (all <= COPY_MAX)
			error = write_all(to, piece, (u64)got);
	} while (error >= 0 && all <= COPY_MAX);
	sys_close((int)from);
	if (got < 0)
		return not_tried(out, "the source cannot be read", got);
	if (all > COPY_MAX)
		return not_tried(out, "more than 64 MiB to copy", 0);
	if (error < 0)
		return not_tried(out, "the copy cannot be written", error);
	as_probe();
	return 0;
}

static long write_script(int fd, const char *interpreter)
{
	long error = write_all(fd, "#!", 2);
	if (error >= 0)
		error = write_all(fd, interpreter, length(interpreter));
	if (error >= 0)
		error = write_all(fd, "\n", 1);
	return error;
}

/* A new file: a copy of `source`, or a script for `interpreter`. */
struct new_file {
	const char *path, *source, *interpreter;
};

/* Makes the file, fills it, has it executed and removes it again. An existing one is EEXIST. */
static long exec_new(attempt *start, const struct new_file *file, struct outcome *out)
{
	const char *path = file->path, *source = file->source;
	char *args[] = {(char *)path, 0};
	long fd = sys_open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	if (fd < 0)
		return stopped(out, fd, "create");
	long error = source ? copy(source, (int)fd, out) : write_script((int)fd, file->interpreter);
	sys_close((int)fd); /* else it would be busy */
	if (error >= 0)
		error = start(args, out);
	as_undo();
	undone(out, sys_unlink(path, 0));
	return error;
}

long op_exec_copy(char **args, struct outcome *out)
{
	return exec_new(op_exec, &(struct new_file){.path = args[1], .source = args[0]}, out);
}

long op_exec_script(char **args, struct outcome *out)
{
	return exec_new(op_exec, &(struct new_file){.path = args[1], .interpreter = args[0]}, out);
}

static long ask_descriptor(char **args, struct outcome *out)
{
	return ask_exec(execute_descriptor, args, out);
}

/* Without MFD_CLOEXEC, or a script in it could not be found by its interpreter. */
static long exec_memory(attempt *start, char **args, struct outcome *out)
{
	char descriptor[NUMBER_SIZE];
	char *copied[] = {descriptor, 0};
	long fd = sys(memfd_create, "apparmor-probe", 0);
	if (fd < 0)
		return stopped(out, fd, "memfd_create");
	long error = copy(args[0], (int)fd, out);
	format_number(descriptor, fd);
	if (error >= 0)
		error = start(copied, out);
	sys_close((int)fd);
	return error;
}

long op_exec_memfd(char **args, struct outcome *out)
{
	return exec_memory(ask_descriptor, args, out);
}

/* What `ld.so PROGRAM` asks for: to execute the loader, then, in what is now its process, to map the program's code. */
long op_exec_loader(char **args, struct outcome *out)
{
	char *loader[] = {args[0], 0}, *program[] = {args[1], 0};
	long error = ask_exec(execute, loader, out);
	if (error < 0)
		return stopped(out, error, "the loader");
	error = op_mmap(program, out);
	return error < 0 ? stopped(out, error, "the program") : 0;
}

/* ---- a process paused, to be looked at ---- */

static int paused;           /* the process that is paused; 0: none */
static int paused_life = -1; /* it ends when this is closed */

void release_paused(void)
{
	if (!paused)
		return;
	kill_quietly(paused);
	if (paused_life >= 0)
		sys_close(paused_life);
	while (sys_wait(paused, 0, 0) == -EINTR) {
	}
	paused = 0;
	paused_life = -1;
}

/* What a process has done when it is paused. */
enum pause { AT_EXEC, AT_EXEC_AS, AT_EXEC_DESCRIPTOR, AT_PROFILE, AT_HAT, AT_STACK, AT_NOTHING, AT_LISTEN };

/*
 * Executes a program, by its path or else by its descriptor, for real and stops it before its first instruction, so
 * that others can look at it in /proc: its label, whether its environment was scrubbed (AT_SECURE in auxv), its limits.
 * No permission to trace or to signal is needed, and none is asked: the process is the owner of a pipe whose writing
 * end is closed by the exec itself. That makes the pipe notify its owner of the event, by the signal that was ordered:
 * SIGSTOP. The kernel does it within execve(), after the point of no return, and looks for signals before it goes to
 * user mode. The program never continues: the agent kills it, and should the agent be killed itself, the kernel ends
 * stopped process groups that nobody is left to continue (SIGHUP).
 */
static long exec_and_stop(const char *path, int descriptor)
{
	int event[2];
	long error = sys_pipe(event, 0);
	if (error >= 0)
		error = sys_fcntl(event[1], F_SETFD, FD_CLOEXEC); /* close this end on exec, and only this one */
	if (error >= 0)
		error = sys_fcntl(event[0], F_SETOWN, sys_getpid());
	if (error >= 0)
		error = sys_fcntl(event[0], F_SETSIG, SIGSTOP);
	if (error >= 0)
		error = sys_fcntl(event[0], F_SETFL, O_ASYNC);
	if (error < 0)
		return error;
	if (path)
		return sys_execve(path, short_argv, no_envp);
	return sys(execveat, descriptor, "", short_argv, no_envp, AT_EMPTY_PATH);
}

/* Does what is to be done before the pause. */
static long come_to(enum pause at, char **args, struct outcome *out)
{
	long error;
	switch (at) {
	case AT_EXEC: return exec_and_stop(args[0], -1);
	case AT_EXEC_AS:
		error = change_label(ONEXEC, args[0], out);
		return error < 0 ? error : exec_and_stop(args[1], -1);
	case AT_EXEC_DESCRIPTOR: return exec_and_stop(0, (int)number(args[0]));
	case AT_PROFILE: return change_label(PROFILE, args[0], out);
	case AT_HAT: return change_label(HAT, args[0], out);
	case AT_STACK: return change_label(STACK, args[0], out);
	case AT_NOTHING: return 0;
	case AT_LISTEN: return listen_unix(args, out);
	}
	return -EINVAL;
}

/* The error that the child reports when it waits. One that was stopped by its exec reports nothing. */
enum { WAITS = 1 };

/* In the child. What has changed its label without an exec just waits: to stop itself it would need a signal rule. */
_Noreturn static void be_paused(enum pause at, char **args, int report, const int life[2])
{
	int is_probe = at != AT_NOTHING && at != AT_LISTEN; /* those only serve a probe of another process */
	struct outcome out = {.error = 0};
	long error = 0;
	for (int fd = 0; fd < 3; fd++)
		sys_close(fd);
	sys_close(life[1]);
	forget();
	reset_signals();
	end_in_time(); /* for the way there; a stopped program takes no notice of it */

	if (is_probe) {
		as_probe();
		error = sys_setpgid(0, 0);
		if (error >= 0)
			error = maybe_no_new_privs(at == AT_EXEC_AS ? args + 1 : args);
	}
	if (error >= 0)
		error = come_to(at, args, &out);
	out.error = error >= 0 ? WAITS : error;
	write_all(report, &out, sizeof out);
	sys_close(report);
	if (at == AT_NOTHING)
		sys_prctl(PR_SET_DUMPABLE, 1); /* to be traced, and nothing is left in it that others could write */

	if (out.error == WAITS) {
		struct pollfd end = {.fd = life[0], .events = POLLIN};
		take_time();
		sys_poll(&end, 1, 0); /* until it is released, or the agent has gone */
	}
	sys_exit(0);
}

/*
 * Reads the child's report into `out` and returns its error: 0 when the child has ended, or was stopped, without one.
 * Then `status` is that of wait4(2).
 */
static long hear_child(int pid, int report, int *status, struct outcome *out)
{
	struct outcome said;
	long got, error;
	do
		got = sys_read(report, &said, sizeof said);
	while (got == -EINTR); /* the exec closes the other end */
	if (got == sizeof said) {
		said.details.stopped_at[STEP_SIZE - 1] = 0;
		said.details.remark[REMARK_SIZE - 1] = 0;
		out->details = said.details;
		if (said.error > 0)
			return said.error;
	}
	do
		error = sys_wait(pid, status, WUNTRACED);
	while (error == -EINTR);
	return got == sizeof said ? said.error : 0;
}

static long pause_child(enum pause at, char **args, struct outcome *out)
{
	int report[2], life[2] = {-1, -1};
	release_paused();
	long error = sys_pipe(report, O_CLOEXEC);
	if (error >= 0)
		error = sys_pipe(life, O_CLOEXEC);
	if (error < 0)
		return remark(out, error, "the agent could not make a pipe");

	as_agent();
	long pid = sys_fork();
	if (pid == 0)
		be_paused(at, args, report[1], life);
	as_probe();
	sys_close(report[1]);
	sys_close(life[0]);

	int status = 0;
	long said = pid < 0 ? pid : hear_child((int)pid, report[0], &status, out);
	sys_close(report[0]);
	if (said == WAITS || (said == 0 && is_stopped(status))) {
		paused = (int)pid;
		paused_life = life[1];
		out->details.paused_pid = pid;
		return 0;
	}
	sys_close(life[1]);
	if (pid < 0)
		return remark(out, pid, "the agent could not fork");
	if (said < 0)
		return said;
	out->signal = ending_signal(status);
	return -ECANCELED;
}

long op_exec_pause(char **args, struct outcome *out)
{
	return pause_child(AT_EXEC, args, out);
}

long op_exec_as_pause(char **args, struct outcome *out)
{
	return pause_child(AT_EXEC_AS, args, out);
}

long op_exec_copy_pause(char **args, struct outcome *out)
{
	return exec_new(op_exec_pause, &(struct new_file){.path = args[1], .source = args[0]}, out);
}

long op_exec_script_pause(char **args, struct outcome *out)
{
	return exec_new(op_exec_pause, &(struct new_file){.path = args[1], .interpreter = args[0]}, out);
}

static long pause_descriptor(char **args, struct outcome *out)
{
	return pause_child(AT_EXEC_DESCRIPTOR, args, out);
}

long op_exec_memfd_pause(char **args, struct outcome *out)
{
	return exec_memory(pause_descriptor, args, out);
}

/* The loader matters where it could also map the program's code: that is asked first. */
long op_exec_loader_pause(char **args, struct outcome *out)
{
	char *loader[] = {args[0], 0};
	long error = op_mmap(args + 1, out);
	return error < 0 ? stopped(out, error, "the program") : pause_child(AT_EXEC, loader, out);
}

long op_profile_pause(char **args, struct outcome *out)
{
	return pause_child(AT_PROFILE, args, out);
}

long op_hat_pause(char **args, struct outcome *out)
{
	return pause_child(AT_HAT, args, out);
}

long op_stack_pause(char **args, struct outcome *out)
{
	return pause_child(AT_STACK, args, out);
}

long op_target_pause(char **args, struct outcome *out)
{
	return pause_child(AT_NOTHING, args, out);
}

long op_listen_pause(char **args, struct outcome *out)
{
	return pause_child(AT_LISTEN, args, out);
}

long op_release(char **args, struct outcome *out)
{
	(void)args;
	long error = paused ? 0 : remark(out, -ESRCH, "no process is paused");
	release_paused();
	return error;
}

/* ---- without exec ---- */

static long change_self(enum change how, char **args, struct outcome *out)
{
	long error = maybe_no_new_privs(args);
	return error < 0 ? stopped(out, error, "no_new_privs") : change_label(how, args[0], out);
}

long op_change_profile(char **args, struct outcome *out)
{
	return change_self(PROFILE, args, out);
}

long op_change_onexec(char **args, struct outcome *out)
{
	return change_self(ONEXEC, args, out);
}

long op_change_hat(char **args, struct outcome *out)
{
	return change_self(HAT, args, out);
}

long op_stack(char **args, struct outcome *out)
{
	return change_self(STACK, args, out);
}
