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

/* Writes a word and a name to one of the files for it, as libapparmor does. */
static long write_attribute(const char *file, const char *old_file, const char *word, const char *name,
			    struct outcome *out)
{
	static char line[8192];
	line[0] = 0;
	append(line, sizeof line, word);
	append(line, sizeof line, name);
	long fd = sys_open(file, O_WRONLY | O_CLOEXEC, 0);
	if (fd == -ENOENT)
		fd = sys_open(old_file, O_WRONLY | O_CLOEXEC, 0); /* Linux before 5.8 */
	if (fd < 0)
		return stopped(out, fd, "open");
	long error = sys_write((int)fd, line, length(line));
	sys_close((int)fd);
	return error < 0 ? error : 0;
}

/* How a process changes its own label, or orders one for its next exec. */
#define ATTRIBUTE(name) "/proc/thread-self/attr/apparmor/" name, "/proc/thread-self/attr/" name

enum change { PROFILE, ONEXEC, HAT, STACK };

static long change_label(enum change how, const char *name, struct outcome *out)
{
	static const char *const words[] = {
		[PROFILE] = "changeprofile ",
		[ONEXEC] = "exec ",
		[HAT] = "changehat 0000000000000001^", /* with the token that the way back would need */
		[STACK] = "stack ",
	};
	if (how == ONEXEC)
		return write_attribute(ATTRIBUTE("exec"), words[how], name, out);
	return write_attribute(ATTRIBUTE("current"), words[how], name, out);
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

/* Makes a new file, fills it, executes it and removes it again. An existing one is EEXIST. */
static long exec_new(const char *path, const char *source, const char *interpreter, struct outcome *out)
{
	char *args[] = {(char *)path, 0};
	long fd = sys_open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	if (fd < 0)
		return stopped(out, fd, "create");
	long error = source ? copy(source, (int)fd, out) : write_script((int)fd, interpreter);
	sys_close((int)fd); /* else it would be busy */
	if (error >= 0)
		error = ask_exec(execute, args, out);
	as_undo();
	undone(out, sys_unlink(path, 0));
	return error;
}

long op_exec_copy(char **args, struct outcome *out)
{
	return exec_new(args[1], args[0], 0, out);
}

long op_exec_script(char **args, struct outcome *out)
{
	return exec_new(args[1], 0, args[0], out);
}

/* Without MFD_CLOEXEC, or a script in it could not be found by its interpreter. */
long op_exec_memfd(char **args, struct outcome *out)
{
	char descriptor[NUMBER_SIZE];
	char *copied[] = {descriptor, 0};
	long fd = sys(memfd_create, "apparmor-probe", 0);
	if (fd < 0)
		return stopped(out, fd, "memfd_create");
	long error = copy(args[0], (int)fd, out);
	format_number(descriptor, fd);
	if (error >= 0)
		error = ask_exec(execute_descriptor, copied, out);
	sys_close((int)fd);
	return error;
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
enum pause { AT_EXEC, AT_EXEC_AS, AT_PROFILE, AT_HAT, AT_STACK, AT_NOTHING, AT_LISTEN };

/*
 * Executes a program for real and stops it before its first instruction, so that others can look at it in /proc: its
 * label, whether its environment was scrubbed (AT_SECURE in auxv), its limits. No permission to trace or to signal is
 * needed, and none is asked: the process is the owner of a pipe whose writing end is closed by the exec itself. That
 * makes the pipe notify its owner of the event, by the signal that was ordered: SIGSTOP. The kernel does it within
 * execve(), after the point of no return, and looks for signals before it goes to user mode.
 * The program never continues: the agent kills it, and should the agent be killed itself, the kernel ends stopped
 * process groups that nobody is left to continue (SIGHUP).
 */
static long exec_and_stop(const char *path)
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
	return error < 0 ? error : sys_execve(path, short_argv, no_envp);
}

/* Does what is to be done before the pause. */
static long come_to(enum pause at, char **args)
{
	struct outcome unused = {.error = 0};
	long error;
	switch (at) {
	case AT_EXEC: return exec_and_stop(args[0]);
	case AT_EXEC_AS:
		error = change_label(ONEXEC, args[0], &unused);
		return error < 0 ? error : exec_and_stop(args[1]);
	case AT_PROFILE: return change_label(PROFILE, args[0], &unused);
	case AT_HAT: return change_label(HAT, args[0], &unused);
	case AT_STACK: return change_label(STACK, args[0], &unused);
	case AT_NOTHING: return 0;
	case AT_LISTEN: return listen_unix(args, &unused);
	}
	return -EINVAL;
}

/* What the child reports: -errno, or that it waits. One that was stopped by its exec reports nothing. */
enum { WAITS = 1 };

/* In the child. What has changed its label without an exec just waits: to stop itself it would need a signal rule. */
_Noreturn static void be_paused(enum pause at, char **args, int report, const int life[2])
{
	int is_probe = at != AT_NOTHING && at != AT_LISTEN; /* those only serve a probe of another process */
	long error = 0;
	for (int fd = 0; fd < 3; fd++)
		sys_close(fd);
	sys_close(life[1]);
	forget();
	sys_prctl(PR_SET_DUMPABLE, 1);
	reset_signals();
	end_in_time(); /* for the way there; a stopped program takes no notice of it */

	if (is_probe) {
		as_probe();
		error = sys_setpgid(0, 0);
		if (error >= 0)
			error = maybe_no_new_privs(at == AT_EXEC_AS ? args + 1 : args);
	}
	if (error >= 0)
		error = come_to(at, args);
	if (error >= 0)
		error = WAITS;
	write_all(report, &error, sizeof error);
	sys_close(report);

	if (error == WAITS) {
		struct pollfd end = {.fd = life[0], .events = POLLIN};
		take_time();
		sys_poll(&end, 1, 0); /* until it is released, or the agent has gone */
	}
	sys_exit(0);
}

/* Reads the child's report: 0 when it has ended, or was stopped, without one. Then `status` is that of wait4(2). */
static long hear_child(int pid, int report, int *status)
{
	long said = 0, error;
	do
		error = sys_read(report, &said, sizeof said);
	while (error == -EINTR); /* the exec closes the other end */
	if (said > 0)
		return said;
	do
		error = sys_wait(pid, status, WUNTRACED);
	while (error == -EINTR);
	return said;
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
	long said = pid < 0 ? pid : hear_child((int)pid, report[0], &status);
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
