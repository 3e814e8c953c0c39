/*
 * The agent of apparmor-probe: a static program without libc that runs inside the confined container.
 *
 *   agent serve        performs the operations and runs the commands that standard input asks for (protocol.h)
 *   agent tty …        runs one command on the terminal it was given (tty.h)
 *   agent keep-alive   waits, as the container's first process
 *   agent audit-backlog [LIMIT]   on the host: prints the limit of the audit backlog, or sets it (audit_backlog.h)
 *
 * It is started already confined, under a profile that may allow nothing. By itself it therefore opens no file, needs
 * no library, no writable place, no capability and no signal permission: what it does on its own account must neither
 * fail nor leave audit records.
 */
#include "audit_backlog.h"
#include "command.h"
#include "name.h"
#include "ops.h"
#include "protocol.h"
#include "text.h"
#include "tty.h"

ENTRY_POINT;

/* Makes a known state of what the runtime passed on. */
static void settle(void)
{
	/* Else others of the same user could read and write our memory and descriptors in /proc, and forge answers. */
	sys_prctl(PR_SET_DUMPABLE, 0);
	struct sigaction ignore = {.handler = SIGNAL_IGNORE};
	sys_sigaction(SIGPIPE, &ignore); /* a reader that has gone is an error of write() */
	sys_sigaction(SIGXFSZ, &ignore); /* and a file that would get too long, one of truncate() */
	sys_sigaction(SIGSEGV, &ignore); /* of others: the kernel's own ends a process all the same, see ops_exec.c */
	close_from(3);
	/* Orphans of a command come to us, not to the container's first process, so that a timeout can end them all. */
	sys_prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static int is_token(const char *text)
{
	u64 n = 0;
	for (; text[n]; n++)
		if (!((text[n] >= '0' && text[n] <= '9') || (text[n] >= 'a' && text[n] <= 'f')))
			return 0;
	return n == TOKEN_SIZE;
}

static int is_tag(const char *text)
{
	u64 n = length(text);
	return n > 0 && n <= TAG_MAX;
}

/* `hello TOKEN` */
static void hello(char **fields, int count)
{
	if (count != 2 || !equal(fields[0], "hello") || !is_token(fields[1]))
		fatal("the first request must be hello with a token");
	memcpy(token, fields[1], TOKEN_SIZE);
	memset(fields[1], 0, TOKEN_SIZE);
	send_hello();
}

/* `op TAG NAME ARGS…`, `op-child TAG NAME ARGS…` */
static void operation(char **fields, int count)
{
	if (count < 3 || !is_tag(fields[1]))
		fatal("op: bad request");
	struct result r = {.tag = fields[1], .stage = "done", .exit = -1};
	const char *wrong = perform(fields[1], fields[2], fields + 3, count - 3, equal(fields[0], "op-child"), &r);
	if (wrong)
		fatal(wrong);
	send_result(&r);
}

/* Announces a process that is to become a command, and waits for `go TAG`; any other request is taken for a no. */
static int confirm(const char *tag, int pid)
{
	static char *fields[FIELDS_MAX + 1];
	int count;
	send_waiting(tag, pid);
	return next_request(fields, &count) && count == 2 && equal(fields[0], "go") && equal(fields[1], tag);
}

/* Bytes of output that a request may ask for: 1 TiB. */
#define OUTPUT_MAX (1UL << 40)

/* `run TAG TIMEOUT_MS CAP_BYTES ARGC ARGV…` */
static void run(char **fields, int count, char **envp)
{
	u64 timeout, cap, argc;
	if (count < 6 || !is_tag(fields[1]) || !parse_number(fields[2], TIMEOUT_MAX_MS, &timeout) ||
	    !parse_number(fields[3], OUTPUT_MAX, &cap) || !parse_number(fields[4], FIELDS_MAX, &argc) ||
	    argc != (u64)count - 5)
		fatal("run: bad request");

	release_paused();
	char tag[TAG_MAX + 1]; /* the next request overwrites the fields */
	memcpy(tag, fields[1], length(fields[1]) + 1);
	struct command command = {
		.tag = tag,
		.argv = fields + 5,
		.envp = envp,
		.timeout = timeout * 1000,
		.cap = cap,
		.confirm = confirm,
	};
	struct result r = {.tag = tag, .stage = "done", .exit = -1};
	if (flush() < 0)
		sys_exit(EXIT_OUTPUT); /* answers so far must not wait for the command */
	run_command(&command, &r);
	send_result(&r);
	if (flush() < 0)
		sys_exit(EXIT_OUTPUT); /* nor may what it showed be lost when the next request kills the agent */
}

static int serve(char **envp)
{
	static char *fields[FIELDS_MAX + 1];
	int count;
	if (sys_fcntl(2, F_GETFD, 0) < 0)
		sys_dup(1, 2); /* a free place below 3 would be taken by our pipes */
	watch_children();
	set_name(NAME_AGENT);
	memset(token, '0', TOKEN_SIZE);
	if (!next_request(fields, &count))
		return 0;
	hello(fields, count);
	while (next_request(fields, &count)) {
		if (equal(fields[0], "op") || equal(fields[0], "op-child"))
			operation(fields, count);
		else if (equal(fields[0], "run"))
			run(fields, count, envp);
		else
			fatal("unknown request");
		reap();
	}
	release_paused();
	return flush() < 0 ? EXIT_OUTPUT : 0;
}

/* Blocked signals reach even the first process of a container, which is deaf to the others. */
static int keep_alive(void)
{
	u64 wanted = BIT(SIGINT) | BIT(SIGQUIT) | BIT(SIGTERM) | BIT(SIGCHLD);
	sys_sigmask(SIG_BLOCK, wanted);
	for (;;) {
		long signal = sys_sigwait(wanted);
		if (signal == SIGINT || signal == SIGQUIT || signal == SIGTERM)
			return 0;
		reap();
	}
}

_Noreturn void agent_main(long *stack)
{
	int argc = (int)*stack;
	char **argv = (char **)(stack + 1), **envp = argv + argc + 1;
	const char *mode = argc > 1 ? argv[1] : "";
	if (argc == 2 && equal(mode, "keep-alive"))
		sys_exit(keep_alive());
	if ((argc == 2 || argc == 3) && equal(mode, "audit-backlog"))
		sys_exit(audit_backlog(argv[2])); /* the vector ends with a null */
	if (argc == 2 && equal(mode, "serve")) {
		settle();
		sys_exit(serve(envp));
	}
	if (equal(mode, "tty")) {
		settle();
		sys_exit(tty(argc, argv, envp));
	}
	sys_exit(EXIT_USAGE);
}
