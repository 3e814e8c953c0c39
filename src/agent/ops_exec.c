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
	static const char *const word[] = {"changeprofile ", "exec ", "changehat 0000000000000001^", "stack "};
	return how == ONEXEC ? write_attribute(ATTRIBUTE("exec"), word[how], name, out)
			     : write_attribute(ATTRIBUTE("current"), word[how], name, out);
}

static char *short_argv[] = {"x", 0}, *no_envp[] = {0};

/* What `execute` needs before, see there. */
static long leave_no_room(char **args)
{
	struct rlimit core = {1, 1}, none = {0, 0};
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

/* A file that holds what follows; `to` is its descriptor. Closes nothing. */
enum { COPY_MAX = 64 << 20 };

/* What is denied here is not what is asked for: the records carry the agent's own name. */
static long copy(const char *source, int to, struct outcome *out)
{
	static char piece[16384];
	as_agent();
	long from = sys_open(source, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0), got = 0, error = 0, all = 0;
	if (from < 0)
		return not_tried(out, "the source cannot be opened", from);
	while (error >= 0 && (got = sys_read((int)from, piece, sizeof piece)) > 0 && (all += got) <= COPY_MAX)
		error = write_all(to, piece, (u64)got);
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

/* Makes a new file, has it filled, executes it and removes it again. An existing one is EEXIST. */
static long exec_new(const char *path, const char *source, const char *interpreter, struct outcome *out)
{
	char *args[] = {(char *)path, 0};
	long fd = sys_open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700), error;
	if (fd < 0)
		return stopped(out, fd, "create");
	if (source) {
		error = copy(source, (int)fd, out);
	} else {
		error = write_all((int)fd, "#!", 2);
		if (error >= 0)
			error = write_all((int)fd, interpreter, length(interpreter));
		if (error >= 0)
			error = write_all((int)fd, "\n", 1);
	}
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
	char descriptor[21], *copied[] = {descriptor, 0};
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
 * makes the pipe tell its owner of the event, by the signal that was ordered: SIGSTOP. The kernel does it within
 * execve(), behind the point of no return, and looks for signals before it goes to user mode.
 * The program never continues: the agent kills it, and should the agent be killed itself, the kernel ends stopped
 * process groups that nobody is left to continue (SIGHUP).
 */
static long exec_and_stop(const char *path)
{
	int event[2];
	long error = sys_pipe(event, 0);
	if (error >= 0)
		error = sys_fcntl(event[1], F_SETFD, 1); /* close this end on exec, and only this one */
	if (error >= 0)
		error = sys_fcntl(event[0], F_SETOWN, sys_getpid());
	if (error >= 0)
		error = sys_fcntl(event[0], F_SETSIG, SIGSTOP);
	if (error >= 0)
		error = sys_fcntl(event[0], F_SETFL, O_ASYNC);
	return error < 0 ? error : sys_execve(path, short_argv, no_envp);
}

/* In the child. What has changed its label without an exec just waits: to stop itself it would need a signal rule. */
_Noreturn static void wait_paused(enum pause at, char **args, int report, const int life[2])
{
	struct sigaction action = {SIGNAL_DEFAULT, 0, 0, 0};
	struct outcome unused = {.error = 0};
	long error = 0;
	for (int fd = 0; fd < 3; fd++)
		sys_close(fd);
	sys_close(life[1]);
	forget();
	sys_prctl(PR_SET_DUMPABLE, 1);
	for (int signal = 1; signal <= SIGNAL_COUNT; signal++)
		sys_sigaction(signal, &action);
	end_in_time();         /* for the way there; a stopped program takes no notice of it */
	if (at < AT_NOTHING) { /* the others only serve a question of somebody else's */
		as_probe();
		error = sys_setpgid(0, 0);
		if (error >= 0)
			error = maybe_no_new_privs(at == AT_EXEC_AS ? args + 1 : args);
	}
	if (error >= 0)
		switch (at) {
		case AT_EXEC: error = exec_and_stop(args[0]); break;
		case AT_EXEC_AS:
			error = change_label(ONEXEC, args[0], &unused);
			if (error >= 0)
				error = exec_and_stop(args[1]);
			break;
		case AT_PROFILE: error = change_label(PROFILE, args[0], &unused); break;
		case AT_HAT: error = change_label(HAT, args[0], &unused); break;
		case AT_STACK: error = change_label(STACK, args[0], &unused); break;
		case AT_NOTHING: break;
		case AT_LISTEN: error = listen_unix(args, &unused); break;
		}
	if (error >= 0)
		error = 1;
	write_all(report, &error, sizeof error);
	sys_close(report);
	if (error == 1) {
		struct pollfd end = {life[0], POLLIN, 0};
		take_time();
		sys_poll(&end, 1, 0); /* until it is let go of, or the agent has gone */
	}
	sys_exit(0);
}

static long pause_child(enum pause at, char **args, struct outcome *out)
{
	int report[2], life[2] = {-1, -1}, status = 0;
	long said = 0, pid;
	release_paused();
	long error = sys_pipe(report, O_CLOEXEC);
	if (error >= 0)
		error = sys_pipe(life, O_CLOEXEC);
	if (error < 0)
		return remark(out, error, "the agent could not make a pipe");
	as_agent();
	pid = sys_fork();
	if (pid == 0)
		wait_paused(at, args, report[1], life);
	as_probe();
	sys_close(report[1]);
	sys_close(life[0]);
	if (pid > 0) {
		long got;
		do
			got = sys_read(report[0], &said, sizeof said);
		while (got == -EINTR); /* the exec closes it too */
		if (said <= 0)
			do
				error = sys_wait((int)pid, &status, WUNTRACED);
			while (error == -EINTR);
	}
	sys_close(report[0]);
	if (pid > 0 && (said == 1 || (said == 0 && (status & 0xff) == 0x7f))) {
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
	out->signal = status & 0x7f;
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
