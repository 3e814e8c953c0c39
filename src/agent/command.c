#include "command.h"
#include "kill.h"
#include "name.h"
#include "text.h"

/* In microseconds. */
enum {
	SECOND = 1000000,
	MS = 1000,
	OPEN_PIPE_WAIT = 250 * MS,
	KILL_WAIT = 500 * MS,
	ASK_AGAIN = 100 * MS,
	TICK = 20 * MS
};

enum { NAME_MAX = 255 };

enum { PID_LIMIT = 4194304 }; /* of the kernel, on 64 bits (linux/threads.h) */

enum { NOT_STARTED = 127 }; /* exit status of the child that could not become the command */

/* ---- the child, before its exec ---- */

/* What the child could not do, sent through a pipe that a successful exec closes. */
struct failure {
	int error;

	enum { AT_EXEC, AT_STREAMS } step;
};

static const char *const failure_remark[] = {
	[AT_EXEC] = "",
	[AT_STREAMS] = "the standard streams cannot be set up",
};

static const char *search_path(char **envp)
{
	static const char key[] = "PATH=";
	for (; *envp; envp++) {
		u64 i = 0;
		while (key[i] && (*envp)[i] == key[i])
			i++;
		if (!key[i])
			return *envp + i;
	}
	return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/* As execvp(3) does it, but a file of no known format is ENOEXEC and not handed to a shell. Returns only -errno. */
static long exec_by_name(char **argv, char **envp)
{
	static char path[8192];
	const char *name = argv[0], *dirs = search_path(envp);
	u64 size = length(name);
	for (const char *c = name; *c; c++)
		if (*c == '/')
			return sys_execve(name, argv, envp);
	if (!size)
		return -ENOENT;
	if (size > NAME_MAX)
		return -ENAMETOOLONG;

	long refused = 0, error = -ENOENT;
	for (;;) {
		u64 n = 0;
		while (dirs[n] && dirs[n] != ':')
			n++;
		if (n + size + 2 <= sizeof path) {
			memcpy(path, dirs, n);
			if (n)
				path[n] = '/'; /* an empty entry is the working directory */
			memcpy(path + n + (n > 0), name, size + 1);
			error = sys_execve(path, argv, envp);
			if (error == -EACCES)
				refused = error; /* go on looking, but remember it */
			else if (error != -ENOENT && error != -ENOTDIR && error != -ENODEV && error != -ESTALE &&
				 error != -ETIMEDOUT)
				return error;
		}
		if (!dirs[n])
			return refused ? refused : error;
		dirs += n + 1;
	}
}

_Noreturn static void become(const struct command *c, const int streams[3], int report, int go)
{
	struct failure failure = {.step = AT_STREAMS};
	long error = 0, got;
	char word;
	set_name(c->tag);
	do
		got = sys_read(go, &word, 1);
	while (got == -EINTR);
	if (got != 1)
		sys_exit(NOT_STARTED); /* it may not */
	if (c->terminal) {
		int self = (int)sys_getpid();
		sys_setpgid(0, 0);
		sys_ioctl(0, TIOCSPGRP, &self); /* fails where the terminal is not the controlling one: no matter */
	} else {
		sys_setsid();
		for (int fd = 0; fd < 3 && error >= 0; fd++)
			error = sys_dup(streams[fd], fd);
	}
	if (error >= 0) {
		failure.step = AT_EXEC;
		reset_signals();
		error = exec_by_name(c->argv, c->envp);
	}
	failure.error = (int)-error;
	write_all(report, &failure, sizeof failure);
	sys_exit(NOT_STARTED);
}

/* ---- waiting ---- */

static int child_signals; /* a descriptor; negative: none */

void watch_children(void)
{
	/* Blocked SIGTTOU lets the agent hand the terminal back from the background. */
	sys_sigmask(SIG_BLOCK, BIT(SIGCHLD) | BIT(SIGTTOU));
	child_signals = (int)sys_signalfd(BIT(SIGCHLD), O_CLOEXEC | O_NONBLOCK);
}

/* Waits until one of `fds` is ready, a child has ended, or the time is over. */
static void wait_for(struct pollfd *fds, int count, u64 microseconds)
{
	char info[128];
	if (child_signals < 0 && microseconds > TICK)
		microseconds = TICK; /* no signalfd here: look again soon */
	struct timespec timeout = {
		.sec = (long)(microseconds / SECOND),
		.nsec = (long)(microseconds % SECOND) * 1000,
	};
	fds[count].fd = child_signals; /* the caller leaves one place; the kernel passes over a negative descriptor */
	fds[count].events = POLLIN;
	sys_poll(fds, count + 1, &timeout);
	while (child_signals >= 0 && sys_read(child_signals, info, sizeof info) > 0) {
	}
}

static void sleep_for(u64 microseconds)
{
	struct pollfd none[1];
	wait_for(none, 0, microseconds);
}

/* Whether the child has ended. It stays a zombie, so that its number and its group's cannot be given to others. */
static int has_ended(int pid)
{
	int info[32] = {0};
	return sys_waitid(P_PID, pid, info, WEXITED | WNOHANG | WNOWAIT) == 0 && info[0] == SIGCHLD;
}

void reap(void)
{
	while (sys_wait(-1, 0, WNOHANG) > 0) {
	}
}

/* ---- killing ---- */

/* A process number that is newer than all others, learnt without /proc: that of a child that only exits. */
static int newest_pid(int fallback)
{
	long pid = sys_fork();
	if (pid == 0)
		sys_exit(0);
	if (pid < 0)
		return fallback;
	while (sys_wait((int)pid, 0, 0) == -EINTR) {
	}
	return (int)pid;
}

/*
 * Kills what the command started and what left its group. The agent adopts orphans (it is a subreaper), and wait4()
 * says for a number whether it is a living child of ours; the numbers in question lie between the command's and the
 * newest. Killing one orphan may make others, so it goes round until none is left. Returns one that would not die.
 */
static int kill_adopted(int first, u64 deadline)
{
	for (;;) {
		int last = newest_pid((first + 65536) % PID_LIMIT), alive = 0;
		for (int pid = first + 1; pid != last; pid = pid >= PID_LIMIT ? 1 : pid + 1) {
			if (pid % 4096 == 0 && now() >= deadline)
				break;
			if (sys_wait(pid, 0, WNOHANG) != 0)
				continue;
			kill_quietly(pid);
			alive = pid;
		}
		if (!alive || now() >= deadline)
			return alive;
		sleep_for(2 * MS);
	}
}

/* ---- a command from start to end ---- */

enum { OUT, ERR, START, STREAMS };

/* The running command as the agent sees it. */
struct run {
	const struct command *command;
	struct result *result;
	int pid, ended, go;
	struct pollfd watch[STREAMS + 1]; /* its two outputs and its start report; one place for wait_for() */
};

static void stop_watching(struct run *run, int which)
{
	if (run->watch[which].fd >= 0)
		sys_close(run->watch[which].fd);
	run->watch[which].fd = -1;
}

/* Passes on one piece of a stream. Returns 0 when there is none now. */
static int pump(struct run *run, int which)
{
	static u8 chunk[CHUNK];
	if (run->watch[which].fd < 0)
		return 0;
	long n = sys_read(run->watch[which].fd, chunk, CHUNK);
	if (n == -EAGAIN || n == -EINTR)
		return 0;
	if (n <= 0) {
		stop_watching(run, which);
		return 0;
	}
	u64 *total = which == OUT ? &run->result->stdout_bytes : &run->result->stderr_bytes;
	u64 left = *total < run->command->cap ? run->command->cap - *total : 0;
	u64 pass = (u64)n < left ? (u64)n : left;
	*total += (u64)n;
	if (!pass)
		return 1;
	send_output(which == OUT ? FRAME_STDOUT : FRAME_STDERR, run->command->tag, chunk, pass);
	if (flush() == 0)
		return 1;
	kill_quietly(-run->pid); /* nobody reads the answers any more: leave nothing running */
	sys_exit(EXIT_OUTPUT);
}

/* Reads why the command did not start, if it did not. */
static void read_start(struct run *run)
{
	struct failure failure;
	if (run->watch[START].fd < 0)
		return;
	long n = sys_read(run->watch[START].fd, &failure, sizeof failure);
	if (n == -EAGAIN || n == -EINTR)
		return;
	stop_watching(run, START);
	if (n != sizeof failure)
		return;
	run->result->stage = "exec";
	run->result->error = failure.error;
	append(run->result->details.remark, REMARK_SIZE, failure_remark[failure.step]);
}

/* Each with its reading end first; -1: not there. */
struct pipes {
	int in[2], out[2], err[2]; /* the standard streams, not on a terminal */
	int report[2];             /* the child's failure, see become() */
	int go[2];                 /* the word that lets the child begin */
};

/* Returns 0 or -errno; then some of the pipes may be there. */
static long make_pipes(struct pipes *pipes, int terminal)
{
	long error = sys_pipe(pipes->report, O_CLOEXEC);
	if (error >= 0)
		error = sys_pipe(pipes->go, O_CLOEXEC);
	if (terminal)
		return error;
	if (error >= 0)
		error = sys_pipe(pipes->in, O_CLOEXEC);
	if (error >= 0)
		error = sys_pipe(pipes->out, O_CLOEXEC);
	if (error >= 0)
		error = sys_pipe(pipes->err, O_CLOEXEC);
	return error;
}

static long fork_command(const struct command *command, const struct pipes *pipes)
{
	long pid = sys_fork();
	if (pid == 0) {
		const int streams[3] = {pipes->in[0], pipes->out[1], pipes->err[1]};
		sys_close(pipes->in[1]); /* before the exec already: an empty input must read as ended */
		sys_close(pipes->go[1]);
		become(command, streams, pipes->report[1], pipes->go[0]);
	}
	return pid;
}

/* Keeps the ends that the agent reads, or when there is no child none; and the one that it writes the word to. */
static void keep_ends(struct run *run, const struct pipes *pipes, int has_child)
{
	const int others[] = {
		pipes->in[0], pipes->in[1], pipes->out[1], pipes->err[1], pipes->report[1], pipes->go[0],
	};
	const int ours[STREAMS] = {[OUT] = pipes->out[0], [ERR] = pipes->err[0], [START] = pipes->report[0]};
	for (u64 i = 0; i < sizeof others / sizeof *others; i++)
		if (others[i] >= 0)
			sys_close(others[i]);
	for (int i = 0; i < STREAMS; i++) {
		run->watch[i] = (struct pollfd){.fd = ours[i], .events = POLLIN};
		if (ours[i] < 0)
			continue;
		if (has_child)
			sys_fcntl(ours[i], F_SETFL, O_NONBLOCK);
		else
			stop_watching(run, i);
	}
	run->go = pipes->go[1];
}

/* Makes the pipes and the child. Returns its number, or -errno. */
static long start(struct run *run)
{
	const struct command *command = run->command;
	struct pipes pipes = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
	long pid = make_pipes(&pipes, command->terminal);
	if (pid >= 0)
		pid = fork_command(command, &pipes);
	run->pid = (int)pid;
	if (command->terminal && pid > 0)
		sys_setpgid(run->pid, run->pid); /* here as well, so that it is done before a kill */
	keep_ends(run, &pipes, pid > 0);
	return pid;
}

/* Passes on output until the command has ended and its pipes are closed. Returns 0 when the time was over first. */
static int follow(struct run *run)
{
	u64 started = run->result->duration, deadline = started + run->command->timeout, t;
	while ((t = now()) < deadline && !(run->ended && run->watch[OUT].fd < 0 && run->watch[ERR].fd < 0)) {
		wait_for(run->watch, STREAMS, deadline - t);
		pump(run, OUT);
		pump(run, ERR);
		read_start(run);
		if (!run->ended && has_ended(run->pid)) {
			run->ended = 1;
			run->result->duration = now() - started;
			/* what it left in the background may hold the pipes for ever */
			deadline = now() + OPEN_PIPE_WAIT;
		}
	}
	if (!run->ended)
		run->result->duration = now() - started;
	return run->ended;
}

/* Ends the command's group, and after a timeout everything it started. Waits a bounded time, whatever happens. */
static void end(struct run *run, int timed_out)
{
	struct result *r = run->result;
	u64 killed = now(), deadline = killed + KILL_WAIT;
	kill_quietly(-run->pid);
	while (!run->ended && now() < deadline) {
		sleep_for(TICK);
		run->ended = has_ended(run->pid);
		if (run->ended || r->kill_error || now() < killed + ASK_AGAIN)
			continue;
		long error = sys_kill(-run->pid, SIGKILL); /* it has another user id: kill(2) says why not */
		r->kill_error = error < 0 ? -error : ETIMEDOUT;
	}
	if (run->ended)
		r->kill_error = 0;
	if (timed_out) {
		int left = kill_adopted(run->pid, deadline);
		if (left && !r->kill_error) {
			long error = sys_kill(left, SIGKILL);
			r->kill_error = error < 0 ? -error : ETIMEDOUT;
		}
	}

	enum { LAST_CHUNKS = 64 }; /* what lay in the pipes; bounded, if a writer lives */

	for (int i = 0; i < LAST_CHUNKS && pump(run, OUT) + pump(run, ERR); i++) {
	}
	for (int i = 0; i < STREAMS; i++)
		stop_watching(run, i);
}

void run_command(const struct command *command, struct result *r)
{
	struct run run = {.command = command, .result = r, .go = -1};
	set_name(NAME_AGENT);
	long error = start(&run);
	int may = error > 0 && command->confirm(command->tag, run.pid);
	r->duration = now();
	if (may)
		write_all(run.go, "", 1);
	if (run.go >= 0)
		sys_close(run.go);
	if (error < 0) {
		r->stage = "exec";
		r->error = -error;
		append(r->details.remark, REMARK_SIZE, "the agent could not make a process or its pipes");
		return;
	}
	int in_time = follow(&run), status = 0;
	if (!in_time)
		r->stage = "timeout";
	end(&run, !in_time);
	if (command->terminal) {
		int self = (int)sys_getpid();
		sys_ioctl(0, TIOCSPGRP, &self);
	}
	if (!may) {
		r->stage = "exec";
		r->error = ECANCELED;
	}
	if (run.ended && sys_wait(run.pid, &status, 0) == run.pid && !r->error) {
		r->signal = ending_signal(status);
		if (r->signal == 0)
			r->exit = exit_status(status);
	}
	reap();
}
