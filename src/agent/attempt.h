/* What the operations (ops_*.c) have in common: their outcome, their names, children to make attempts in. */
#ifndef ATTEMPT_H
#define ATTEMPT_H
#include "ops.h"
#include "text.h"

/* What an attempt leaves, besides -errno as its return value. */
struct outcome {
	long error;  /* 0 or -errno */
	long signal; /* the attempt was killed by it, as a profile in kill mode does; error is then -ECANCELED */
	struct details details;
};

/* An attempt: `args` ends with a null pointer. Returns 0 or -errno (a positive value counts as 0). */
typedef long attempt(char **args, struct outcome *out);

/*
 * Whose record is it? Everything under question happens under the probe's name; what only prepares for the question, or
 * takes its effect back, happens under a name of the agent, so that a refusal there is not taken for the probe's.
 */
void as_probe(void);
void as_agent(void);
void as_undo(void);

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
 * The number of a process in an argument, with `held:` before it when another agent holds it as a target, or of a new
 * target for the word "child". Returns -errno when there is none.
 */
long target_of(const char *who, struct outcome *out);

/* Reads or sets the whole of a number argument; the table's `check` functions have looked at it before. */
u64 number(const char *text);

/* Makes the capabilities of this process exactly `wanted` (bits). Fails with -EPERM when it does not hold them. */
long hold_capabilities(u64 wanted);

/* Whether the kernel grants a capability: asks for it in a child, as `capable` does. 0 or -errno. ops_cap.c */
long ask_capability(const char *name, struct outcome *out);

/* The operations, one row each in ops.c. */
int check_open(char **args), check_mknod(char **args), check_lock(char **args), check_numbers(char **args),
	check_mount(char **args), check_fsmount(char **args), check_capable(char **args), check_ptrace(char **args),
	check_signal(char **args), check_rlimit(char **args), check_io_uring(char **args), check_mqueue(char **args),
	check_address(char **args), check_pair(char **args), check_nnp(char **args), check_nnp_third(char **args),
	check_listen_hold(char **args), check_send(char **args);

/* An abstract unix socket of that type, bound, and listening if it is of that kind: TYPE ADDRESS. ops_net.c */
long listen_unix(char **args, struct outcome *out);
attempt op_open, op_readdir, op_getattr, op_unlink, op_rmdir, op_delete, op_rename, op_link, op_symlink, op_mkdir,
	op_mknod, op_chmod, op_chown, op_utimens, op_getxattr, op_setxattr, op_truncate, op_lock, op_mmap, op_mprotect;
attempt op_exec, op_exec_copy, op_exec_memfd, op_exec_script, op_exec_loader, op_change_profile, op_change_onexec,
	op_change_hat, op_stack;
attempt op_exec_hold, op_exec_as_hold, op_profile_hold, op_hat_hold, op_stack_hold, op_target_hold, op_listen_hold,
	op_release;
attempt op_socket, op_bind, op_listen, op_accept, op_connect, op_send, op_receive, op_getsockopt, op_setsockopt,
	op_getsockname, op_getpeername, op_shutdown, op_receive_fd;
attempt op_capable;
attempt op_mount, op_umount, op_pivot_root, op_fsmount, op_open_tree;
attempt op_ptrace, op_signal, op_rlimit, op_userns, op_io_uring, op_mqueue;

#endif
