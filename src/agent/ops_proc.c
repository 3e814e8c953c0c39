/* The classes `ptrace`, `signal`, `rlimit`, `userns`, `mqueue`. All in a child; a target is a process or "child". */
#include "ops_table.h"

static int is_target(const char *who)
{
	u64 pid;
	return equal(who, "child") || (parse_number(pid_of(who), PID_MAX, &pid) && pid > 0);
}

int check_ptrace(char **args)
{
	return one_of(args[0], "read trace") && is_target(args[1]);
}

/*
 * trace: PTRACE_SEIZE does not stop the process, and ends with this child a moment later.
 * read: where the list of its robust futexes starts; every refusal is EPERM there.
 */
long op_ptrace(char **args, struct outcome *out)
{
	u64 head, size;
	long pid = target_of(args[1], out);
	if (pid < 0)
		return pid;
	if (equal(args[0], "trace"))
		return sys(ptrace, PTRACE_SEIZE, pid, 0, 0);
	return sys(get_robust_list, pid, &head, &size);
}

/*
 * A target takes any signal: it is there for this. Another process only gets what a process ignores that has not asked
 * for it: the question whether it is there (0), SIGCHLD, SIGURG.
 */
int check_signal(char **args)
{
	u64 signal;
	if (!parse_number(args[0], SIGNAL_COUNT, &signal) || !is_target(args[1]))
		return 0;
	int is_ours = equal(args[1], "child") || pid_of(args[1]) != args[1];
	return is_ours || signal == 0 || signal == SIGCHLD || signal == SIGURG;
}

long op_signal(char **args, struct outcome *out)
{
	long pid = target_of(args[1], out);
	return pid < 0 ? pid : sys_kill((int)pid, (int)number(args[0]));
}

/* The number of a limit plus 1 (asm-generic/resource.h); 0: there is no such limit. */
static int limit_of(const char *name)
{
	static const char names[] = "cpu fsize data stack core rss nproc nofile memlock as locks sigpending msgqueue "
				    "nice rtprio rttime";
	return one_of(name, names);
}

int check_rlimit(char **args)
{
	u64 value;
	return limit_of(args[0]) && (equal(args[1], "unlimited") || parse_number(args[1], ~0UL, &value));
}

long op_rlimit(char **args, struct outcome *out)
{
	u64 value = equal(args[1], "unlimited") ? ~0UL : number(args[1]);
	struct rlimit both = {.soft = value, .hard = value};
	(void)out;
	return sys_setrlimit(limit_of(args[0]) - 1, &both);
}

long op_userns(char **args, struct outcome *out)
{
	(void)args;
	(void)out;
	return sys(unshare, CLONE_NEWUSER);
}

int check_mqueue(char **args)
{
	return one_of(args[0], "create read write delete") && args[1][0] == '/' && args[1][1];
}

static long create_queue(const char *name)
{
	return sys(mq_open, name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK | O_CLOEXEC, 0600, 0);
}

static long delete_own_queue(const char *name, struct outcome *out)
{
	as_agent();
	long fd = create_queue(name);
	if (fd < 0)
		return not_tried(out, "no queue of our own to delete", fd);
	as_probe();
	return sys(mq_unlink, name);
}

/* read, write: a queue that exists. create: it is removed again. delete: one of our own. */
long op_mqueue(char **args, struct outcome *out)
{
	const char *name = args[1] + 1; /* the kernel's names have no slash */
	if (equal(args[0], "read"))
		return sys(mq_open, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0, 0);
	if (equal(args[0], "write"))
		return sys(mq_open, name, O_WRONLY | O_NONBLOCK | O_CLOEXEC, 0, 0);
	if (equal(args[0], "delete"))
		return delete_own_queue(name, out);

	long fd = create_queue(name);
	if (fd < 0)
		return fd;
	as_undo();
	undone(out, sys(mq_unlink, name));
	return 0;
}
