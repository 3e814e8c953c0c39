/* Commands: programs that the agent starts from inside the confinement and watches to their end. */
#ifndef COMMAND_H
#define COMMAND_H
#include "protocol.h"

struct command {
	const char *tag; /* thread name before the exec, so that records of the exec itself carry it */
	char **argv;     /* argv[0] is looked up in PATH when it has no slash */
	char **envp;
	u64 timeout;  /* microseconds */
	u64 cap;      /* bytes of each stream to pass on; the rest is only counted */
	int terminal; /* the command inherits descriptors 0 to 2, in place of an empty input and two pipes */
	/* Asked once the process is there and before it executes anything: whether it may. It then has the label that
	 * asks for the exec. */
	int (*confirm)(const char *tag, int pid);
};

/* Call once, before any other: SIGCHLD becomes something to poll. */
void watch_children(void);

/* Runs it, sends its output as frames on the way (unless `terminal`), and fills in `result`. */
void run_command(const struct command *command, struct result *result);

/* Collects adopted processes that have ended. */
void reap(void);

#endif
