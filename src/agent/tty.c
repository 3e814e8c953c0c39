#include "tty.h"
#include "command.h"
#include "text.h"

enum { MARK = 0x1e }; /* record separator: begins and ends what the agent itself writes on the terminal */

enum { EXIT_SIGNAL = 128, EXIT_UNUSUAL = 255 };

/* struct termios of the kernel (asm-generic/termbits.h) */
struct termios {
	u32 input, output, control, local;
	u8 rest[20];
};

/* A line of the agent: a mark and the token, then fields with `;` before each. */
static void begin_line(char *line, u64 size, const char *first)
{
	line[0] = MARK;
	memcpy(line + 1, token, TOKEN_SIZE);
	line[1 + TOKEN_SIZE] = 0;
	append(line, size, ";");
	append(line, size, first);
}

static void append_field(char *line, u64 size, long number)
{
	append_number(line, size, ";", number);
}

/* Writes the line with the mark that ends it. Returns -errno when the terminal is gone. */
static long write_line(char *line)
{
	u64 size = length(line);
	line[size] = MARK;
	return write_all(1, line, size + 1);
}

/* Whether the answer on the terminal is an empty line. */
static int read_go(void)
{
	char word;
	long got;
	do
		got = sys_read(0, &word, 1);
	while (got == -EINTR);
	return got == 1 && word == '\n';
}

/*
 * Announces the process on the terminal, and waits for a line. The terminal must not echo that line: it would look like
 * output of the command.
 */
static int confirm(const char *tag, int pid)
{
	struct termios before;
	char line[64];
	(void)tag;
	if (sys_ioctl(0, TCGETS, &before) < 0)
		return 0;
	struct termios quiet = before;
	quiet.local &= ~(u32)(ECHO | ECHONL);
	sys_ioctl(0, TCSETS, &quiet);

	begin_line(line, sizeof line, "waiting");
	append_field(line, sizeof line, pid);
	int may = write_line(line) >= 0 && read_go();
	sys_ioctl(0, TCSETS, &before);
	return may;
}

/*
 * The exit status, which the engine reports and nobody else can write: whoever can open the terminal, and has read the
 * token on our command line in time, could forge the line.
 */
static int status_of(const struct result *r)
{
	if (!equal(r->stage, "done") || r->error)
		return EXIT_UNUSUAL;
	return r->signal ? EXIT_SIGNAL + (int)r->signal : (int)r->exit;
}

int tty(int argc, char **argv, char **envp)
{
	u64 timeout;
	if (argc < 7 || length(argv[2]) != TOKEN_SIZE || !*argv[3] || length(argv[3]) > TAG_MAX ||
	    !parse_number(argv[4], TIMEOUT_MAX_MS, &timeout) || !equal(argv[5], "--"))
		return EXIT_USAGE;

	/* Anyone can read a command line in /proc, so the token leaves it before the command can look. */
	memcpy(token, argv[2], TOKEN_SIZE);
	memset(argv[2], 0, TOKEN_SIZE);

	struct command command = {
		.tag = argv[3],
		.argv = argv + 6,
		.envp = envp,
		.timeout = timeout * 1000,
		.terminal = 1,
		.confirm = confirm,
	};
	struct result r = {.tag = argv[3], .stage = "done", .exit = -1};
	watch_children();
	run_command(&command, &r);

	char line[256];
	begin_line(line, sizeof line, r.stage);
	append_field(line, sizeof line, r.error);
	append_field(line, sizeof line, r.exit);
	append_field(line, sizeof line, r.signal);
	append_field(line, sizeof line, (long)r.duration);
	append_field(line, sizeof line, r.kill_error);
	return write_line(line) < 0 ? EXIT_OUTPUT : status_of(&r);
}
