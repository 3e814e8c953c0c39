/* What the operations (ops_*.c) have in common: their outcome, and children to make attempts in. */
#ifndef ATTEMPT_H
#define ATTEMPT_H
#include "name.h"
#include "protocol.h"
#include "text.h"

/* An address that cannot be read: to the kernel EFAULT, once it gets so far. */
#define BAD_POINTER ((void *)1)

/* What an attempt leaves, besides -errno as its return value. */
struct outcome {
	long error;  /* 0 or -errno */
	long signal; /* the attempt was killed by it, as a profile in kill mode does; error is then -ECANCELED */
	struct details details;
};

/* An attempt: `args` ends with a null pointer. Returns 0 or -errno (a positive value counts as 0). */
typedef long attempt(char **args, struct outcome *out);

/* Keeps how the undo of an operation ended. A failure says nothing about the access. */
void undone(struct outcome *out, long error);

/* Adds a remark for people, or one that ends with the errno of `error`. Both return `error`. */
long remark(struct outcome *out, long error, const char *text);
long remark_errno(struct outcome *out, const char *text, long error);

/* Names the step that a sequence of calls stopped at: "listen". A step within it comes first. Returns `error`. */
long stopped(struct outcome *out, long error, const char *step);

/*
 * Many permissions can be asked without the effect, by a call that the kernel refuses for another reason after it has
 * given its permission: `returned` is what the call returned, `expected` that other reason. Returns 0 for it and keeps
 * it as `asked_only_error`; else what the call returned.
 */
long asked(struct outcome *out, long returned, long expected);

/* -ECANCELED: an attempt that would not have been harmless here was not made. */
long not_tried(struct outcome *out, const char *why, long error);

/*
 * Makes the attempt in a child of its own and fills in `out`. Bounded in time: after ATTEMPT_SECONDS the child ends by
 * SIGALRM, and even one that cannot be killed is not waited for much longer. May be nested.
 */
enum { ATTEMPT_SECONDS = 5 };

void end_in_time(void);
void take_time(void); /* no end any more */
long in_child(attempt *attempt, char **args, struct outcome *out);

/*
 * Starts a child that does nothing but wait: something to trace or to signal. `prepare` (or null) runs in it first.
 * It ends by itself when this process does. Returns its number, or -errno, also when `prepare` failed.
 */
long start_target(long (*prepare)(void));

/*
 * An argument that names a process: "child" for a new target, a process number, or `paused:` and the number of one that
 * another agent keeps for this. pid_of() returns where the number begins, target_of() the number or -errno.
 */
enum { PID_MAX = 0x7fffffff };

const char *pid_of(const char *who);
long target_of(const char *who, struct outcome *out);

/* The value of an argument that is a number: the `check` of its operation has made sure that it is one. */
u64 number(const char *text);

/* Makes the capabilities of this process exactly `wanted` (bits). Fails with -EPERM when it does not hold them. */
long set_capabilities(u64 wanted);

#endif
