#include "tty.h"
#include "command.h"
#include "text.h"

enum { MARK = 0x1e }; /* record separator: begins and ends the trailer */

static void append_field(char *line, u64 size, long number)
{
	append_number(line, size, ";", number);
}

/*
 * Announces the process on the terminal, and waits for a line. The terminal must not echo that line: it would look like
 * output of the command.
 */
static int confirm(const char *tag, int pid)
{
	struct {
		u32 input, output, control, local;
		u8 rest[20];
	} before, quiet;
	char line[64] = {MARK}, word;
	long got;
	(void)tag;
	if (sys_ioctl(0, TCGETS, &before) < 0)
		return 0;
	quiet = before;
	quiet.local &= ~(u32)(ECHO | ECHONL);
	sys_ioctl(0, TCSETS, &quiet);
	memcpy(line + 1, token, TOKEN_SIZE);
	append(line, sizeof line, ";waiting");
	append_field(line, sizeof line, pid);
	u64 size = length(line);
	line[size] = MARK;
	int may = 0;
	if (write_all(1, line, size + 1) >= 0) {
		do
			got = sys_read(0, &word, 1);
		while (got == -EINTR);
		may = got == 1 && word == '\n';
	}
	sys_ioctl(0, TCSETS, &before);
	return may;
}

int tty(int argc, char **argv, char **envp)
{
	u64 timeout;
	if (argc < 7 || length(argv[2]) != TOKEN_SIZE || !*argv[3] || length(argv[3]) > TAG_MAX ||
	    !parse_number(argv[4], 86400000, &timeout) || !equal(argv[5], "--"))
		return EXIT_USAGE;

	/* Anyone can read a command line in /proc, so the token leaves it before the command can look. */
	memcpy(token, argv[2], TOKEN_SIZE);
	memset(argv[2], 0, TOKEN_SIZE);

	struct command command = {argv[3], argv + 6, envp, timeout * 1000, 0, 1, confirm};
	struct result r = {.tag = argv[3], .stage = "done", .exit = -1};
	watch_children();
	run_command(&command, &r);

	char line[256] = {MARK};
	memcpy(line + 1, token, TOKEN_SIZE);
	append(line, sizeof line, ";");
	append(line, sizeof line, r.stage);
	append_field(line, sizeof line, r.error);
	append_field(line, sizeof line, r.exit);
	append_field(line, sizeof line, r.signal);
	append_field(line, sizeof line, (long)r.duration);
	append_field(line, sizeof line, r.kill_error);
	u64 size = length(line);
	line[size] = MARK;
	return write_all(1, line, size + 1) < 0 ? EXIT_OUTPUT : 0;
}
