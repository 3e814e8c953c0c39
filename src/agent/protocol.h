/*
 * Frames on standard input and standard output of `agent serve`. src/adapters/probe/agent-protocol.ts is the other end.
 *
 * Request:  u32le length | fields, each ended by NUL
 * Response: u32le length | token (32 bytes) | type (1 byte) | fields, each ended by NUL
 *
 * The token comes with the first request and stands in front of every response, so that a program which somehow
 * writes into the agent's output cannot forge an answer. Before the first request it is 32 times '0'.
 */
#ifndef PROTOCOL_H
#define PROTOCOL_H
#include "sys.h"

/* Changes with every change of a frame. */
#define PROTOCOL_VERSION "4"

enum {
	TOKEN_SIZE = 32,
	TAG_MAX = 15,
	REQUEST_MAX = 256 * 1024,
	FIELDS_MAX = 16 * 1024,
	CHUNK = 64 * 1024,
	STEP_SIZE = 64,
	REMARK_SIZE = 128
};

enum { TIMEOUT_MAX_MS = 24 * 60 * 60 * 1000 };

enum { EXIT_USAGE = 64, EXIT_PROTOCOL = 70, EXIT_OUTPUT = 74 };

/* What is to be said of an attempt besides its errno. Each has a field of the response `r`; text is only for people. */
struct details {
	long undo_error;            /* errno of a failed undo: the effect is still there; 0: none */
	long asked_only_error;      /* the errno that came after the permission, in place of the effect; 0: none */
	long paused_pid;            /* the process that a `…-pause` operation left paused; 0: none */
	char stopped_at[STEP_SIZE]; /* the step of a sequence that failed; empty: the last one, or there is only one */
	char remark[REMARK_SIZE];   /* anything else; empty: none */
};

/* The outcome of one operation or command, as the response `r` carries it. */
struct result {
	const char *tag;
	const char *stage; /* "done"; "exec": the program could not be started; "timeout": it was killed by the agent */
	long error;        /* errno of the failed system call or the failed start; 0: succeeded */
	long exit;         /* exit status of a command that ended by itself, else -1 */
	long signal;       /* the signal that ended it, else 0 */
	u64 stdout_bytes, stderr_bytes;
	u64 duration;    /* microseconds */
	long kill_error; /* why a process could not be killed, else 0 */
	struct details details;
};

/* Types of responses. */
enum frame_type {
	FRAME_HELLO = 'h',
	FRAME_WAITING = 'p',
	FRAME_STDOUT = 'o',
	FRAME_STDERR = 'e',
	FRAME_RESULT = 'r',
	FRAME_FATAL = 'f',
};

extern char token[TOKEN_SIZE];

/*
 * Waits for the next request. `fields` points into a buffer that the next call overwrites; `fields[*count]` is null.
 * Returns 0 at the end of the input. Sends what is buffered before it blocks.
 */
int next_request(char **fields, int *count);

void send_hello(void);
/* A process that is to become the command of `tag` waits for the word to begin. */
void send_waiting(const char *tag, long pid);
void send_result(const struct result *result);
void send_output(enum frame_type type, const char *tag, const void *bytes, u64 size);

/* Writes out the buffered responses. Returns -errno when the reader is gone. */
long flush(void);

/* Says what is wrong and ends the agent. */
_Noreturn void fatal(const char *why);

/* Wipes token and responses from this process's memory; for a child that other processes may look into. */
void forget(void);

/* Writes everything, however the kernel cuts it. */
long write_all(int fd, const void *bytes, u64 size);

#endif
