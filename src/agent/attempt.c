#include "attempt.h"

/* ---- what is said of an attempt ---- */

void undone(struct outcome *out, long error)
{
	if (error < 0)
		out->details.undo_error = -error;
}

long remark(struct outcome *out, long error, const char *text)
{
	if (out->details.remark[0])
		append(out->details.remark, REMARK_SIZE, "; ");
	append(out->details.remark, REMARK_SIZE, text);
	return error;
}

long remark_errno(struct outcome *out, const char *text, long error)
{
	remark(out, error, text);
	append_number(out->details.remark, REMARK_SIZE, ": errno ", -error);
	return error;
}

long stopped(struct outcome *out, long error, const char *step)
{
	if (out->details.stopped_at[0])
		append(out->details.stopped_at, STEP_SIZE, " for ");
	append(out->details.stopped_at, STEP_SIZE, step);
	return error;
}

long asked(struct outcome *out, long returned, long expected)
{
	if (returned != expected)
		return returned;
	out->details.asked_only_error = -expected;
	return 0;
}

long not_tried(struct outcome *out, const char *why, long error)
{
	remark(out, 0, "not tried: ");
	append(out->details.remark, REMARK_SIZE, why);
	if (error < 0)
		append_number(out->details.remark, REMARK_SIZE, ", errno ", -error);
	return -ECANCELED;
}

/* ---- children ---- */

static int depth; /* how many children deep this process is */

static void set_alarm(long seconds)
{
	enum { ITIMER_REAL = 0 };

	struct {
		struct timeval {
			long sec, usec;
		} repeat, first;
	} alarm = {.first = {.sec = seconds}};

	sys(setitimer, ITIMER_REAL, &alarm, 0);
}

void end_in_time(void)
{
	struct sigaction ending = {.handler = SIGNAL_DEFAULT};
	sys_sigaction(SIGALRM, &ending);
	sys_sigmask(SIG_SETMASK, 0);
	set_alarm(ATTEMPT_SECONDS);
}

void take_time(void)
{
	set_alarm(0);
}

static void settle_child(int close_standard)
{
	/* A kernel might ever let `exec` run something. */
	int is_first = depth == 0;
	depth++;
	if (is_first) {
		if (close_standard)
			for (int fd = 0; fd < 3; fd++)
				sys_close(fd);
		forget();
	}
	end_in_time();
}

static int is_own_proc(const char *path)
{
	u64 size = 0;
	if (starts_with(path, "/proc/self"))
		size = length("/proc/self");
	else if (starts_with(path, "/proc/thread-self"))
		size = length("/proc/thread-self");
	return size && (!path[size] || path[size] == '/');
}

/*
 * A child stays closed to others of the same user, as the agent is: they could write into its report. Only a path below
 * its own folder of /proc has to be open to whoever the child is.
 */
static void open_own_proc(char **args)
{
	for (; *args; args++)
		if (is_own_proc(*args))
			sys_prctl(PR_SET_DUMPABLE, 1);
}

/* Reads a child's report: all of it, or nothing when the child has ended; -ETIMEDOUT when none comes in time. */
static long hear(int fd, void *to, u64 size)
{
	struct pollfd one = {.fd = fd, .events = POLLIN};
	struct timespec limit = {.sec = 2 * ATTEMPT_SECONDS};
	long got;
	do
		got = sys_poll(&one, 1, &limit);
	while (got == -EINTR);
	if (got == 0)
		return -ETIMEDOUT;
	do
		got = sys_read(fd, to, size);
	while (got == -EINTR);
	return got;
}

long in_child(attempt *attempt, char **args, struct outcome *out)
{
	int report[2], status = 0;
	long error = sys_pipe(report, O_CLOEXEC);
	if (error < 0)
		return remark(out, error, "the agent could not make a pipe");
	long pid = sys_fork();
	if (pid == 0) {
		settle_child(1);
		open_own_proc(args);
		as_probe();
		out->error = attempt(args, out);
		write_all(report[1], out, sizeof *out);
		sys_exit(0);
	}

	sys_close(report[1]);
	if (pid < 0) {
		sys_close(report[0]);
		return remark(out, pid, "the agent could not fork");
	}
	struct outcome said;
	long got = hear(report[0], &said, sizeof said);
	sys_close(report[0]);
	if (got == -ETIMEDOUT)
		return remark(out, -ETIMEDOUT, "the attempt hangs and cannot be killed");
	while (sys_wait((int)pid, &status, 0) == -EINTR) {
	}
	if (got == sizeof said) {
		said.details.stopped_at[STEP_SIZE - 1] = 0;
		said.details.remark[REMARK_SIZE - 1] = 0;
		*out = said;
		return out->error;
	}
	if (ending_signal(status) == SIGALRM)
		return remark(out, -ETIMEDOUT, "no answer in 5 seconds");
	out->signal = ending_signal(status);
	return -ECANCELED;
}

long start_target(long (*prepare)(void))
{
	int life[2], ready[2];
	long error = sys_pipe(life, O_CLOEXEC);
	if (error < 0)
		return error;
	error = sys_pipe(ready, O_CLOEXEC);
	if (error < 0)
		return error;
	long pid = sys_fork();
	if (pid == 0) {
		settle_child(0);
		sys_dup(life[0], 0); /* life[0] is the lowest of the four, so ready[1] is not 0 */
		sys_dup(ready[1], 1);
		close_from(2);                 /* above all the report of the attempt, for it gets open to others: */
		sys_prctl(PR_SET_DUMPABLE, 1); /* to be traced */
		as_agent();
		error = prepare ? prepare() : 0;
		write_all(1, &error, sizeof error);
		struct pollfd end = {.fd = 0, .events = POLLIN};
		sys_poll(&end, 1, 0); /* until the other side has gone */
		sys_exit(0);
	}
	sys_close(life[0]);
	sys_close(ready[1]);
	if (pid > 0 && hear(ready[0], &error, sizeof error) != sizeof error)
		error = -ECANCELED;
	sys_close(ready[0]);
	if (pid < 0)
		return pid;
	return error < 0 ? error : pid; /* life[1] stays open until this process ends */
}

const char *pid_of(const char *who)
{
	static const char prefix[] = "paused:";
	return starts_with(who, prefix) ? who + length(prefix) : who;
}

long target_of(const char *who, struct outcome *out)
{
	if (!equal(who, "child"))
		return (long)number(pid_of(who));
	as_agent();
	long pid = start_target(0);
	as_probe();
	return pid < 0 ? not_tried(out, "no child to try it on", pid) : pid;
}

/* ---- arguments, capabilities ---- */

u64 number(const char *text)
{
	u64 value = 0;
	parse_number(text, ~0UL, &value);
	return value;
}

/*
 * The new sets are stated, never derived from capget(2): under AppArmor that shows only what the profile allows
 * (apparmor_capget), so that "all but one" would drop what the profile denies, and the denial would be the kernel's
 * own.
 */
long set_capabilities(u64 wanted)
{
	struct {
		u32 version, pid;
	} header = {.version = CAPABILITY_VERSION_3};

	u32 low = (u32)wanted;
	u32 high = (u32)(wanted >> 32);

	struct {
		u32 effective, permitted, inheritable;
	} sets[2] = {{.effective = low, .permitted = low}, {.effective = high, .permitted = high}};

	return sys(capset, &header, sets);
}
