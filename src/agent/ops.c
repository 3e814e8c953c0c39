#include "ops.h"
#include "ops_table.h"

/*
 * To add an operation: one row here, one small function in the ops_*.c of its class, one row in
 * docs/agent-operations.md.
 */
enum place {
	ANYWHERE, /* in a child only when the request asks for one */
	CHILD,    /* always in a child: it changes the process, or leaves descriptors open */
	HERE,     /* never in a child: the agent has to remember something */
};

struct operation {
	const char *name;
	u8 min, max; /* number of arguments */
	enum place in;
	check *check; /* null: any arguments make sense */
	attempt *run;
};

// clang-format off
static const struct operation operations[] = {
	/* ops_file.c */
	{ .name = "open", .min = 2, .max = 2, .check = check_open, .run = op_open },
	{ .name = "readdir", .min = 1, .max = 1, .run = op_readdir },
	{ .name = "getattr", .min = 1, .max = 1, .run = op_getattr },
	{ .name = "unlink", .min = 1, .max = 1, .run = op_unlink },
	{ .name = "rmdir", .min = 1, .max = 1, .run = op_rmdir },
	{ .name = "delete", .min = 1, .max = 1, .run = op_delete },
	{ .name = "rename", .min = 2, .max = 2, .run = op_rename },
	{ .name = "link", .min = 2, .max = 2, .run = op_link },
	{ .name = "symlink", .min = 2, .max = 2, .run = op_symlink },
	{ .name = "mkdir", .min = 1, .max = 1, .run = op_mkdir },
	{ .name = "mknod", .min = 2, .max = 2, .check = check_mknod, .run = op_mknod },
	{ .name = "chmod", .min = 1, .max = 1, .run = op_chmod },
	{ .name = "chown", .min = 1, .max = 1, .run = op_chown },
	{ .name = "utimens", .min = 1, .max = 1, .run = op_utimens },
	{ .name = "getxattr", .min = 1, .max = 1, .run = op_getxattr },
	{ .name = "setxattr", .min = 1, .max = 1, .run = op_setxattr },
	{ .name = "truncate", .min = 1, .max = 1, .run = op_truncate },
	{ .name = "lock", .min = 3, .max = 3, .check = check_lock, .run = op_lock },
	{ .name = "mmap", .min = 1, .max = 1, .run = op_mmap },
	{ .name = "mprotect", .min = 1, .max = 1, .run = op_mprotect },
	/* ops_exec.c */
	{ .name = "exec", .min = 1, .max = 2, .check = check_nnp, .run = op_exec },
	{ .name = "exec-copy", .min = 2, .max = 2, .run = op_exec_copy },
	{ .name = "exec-memfd", .min = 1, .max = 1, .run = op_exec_memfd },
	{ .name = "exec-script", .min = 2, .max = 2, .run = op_exec_script },
	{ .name = "exec-loader", .min = 2, .max = 2, .run = op_exec_loader },
	{ .name = "change_profile", .min = 1, .max = 2, .in = CHILD, .check = check_nnp, .run = op_change_profile },
	{ .name = "change_onexec", .min = 1, .max = 2, .in = CHILD, .check = check_nnp, .run = op_change_onexec },
	{ .name = "change_hat", .min = 1, .max = 2, .in = CHILD, .check = check_nnp, .run = op_change_hat },
	{ .name = "stack", .min = 1, .max = 2, .in = CHILD, .check = check_nnp, .run = op_stack },
	{ .name = "exec-pause", .min = 1, .max = 2, .in = HERE, .check = check_nnp, .run = op_exec_pause },
	{ .name = "exec-copy-pause", .min = 2, .max = 2, .in = HERE, .run = op_exec_copy_pause },
	{ .name = "exec-memfd-pause", .min = 1, .max = 1, .in = HERE, .run = op_exec_memfd_pause },
	{ .name = "exec-script-pause", .min = 2, .max = 2, .in = HERE, .run = op_exec_script_pause },
	{ .name = "exec-loader-pause", .min = 2, .max = 2, .in = HERE, .run = op_exec_loader_pause },
	{ .name = "exec-as-pause", .min = 2, .max = 3, .in = HERE, .check = check_nnp_third, .run = op_exec_as_pause },
	{ .name = "profile-pause", .min = 1, .max = 2, .in = HERE, .check = check_nnp, .run = op_profile_pause },
	{ .name = "hat-pause", .min = 1, .max = 2, .in = HERE, .check = check_nnp, .run = op_hat_pause },
	{ .name = "stack-pause", .min = 1, .max = 2, .in = HERE, .check = check_nnp, .run = op_stack_pause },
	{ .name = "target-pause", .min = 0, .max = 0, .in = HERE, .run = op_target_pause },
	{ .name = "listen-pause", .min = 2, .max = 2, .in = HERE, .check = check_listen_pause, .run = op_listen_pause },
	{ .name = "release", .min = 0, .max = 0, .in = HERE, .run = op_release },
	/* ops_cap.c */
	{ .name = "capable", .min = 1, .max = 2, .check = check_capable, .run = op_capable },
	/* ops_net.c */
	{ .name = "socket", .min = 3, .max = 3, .check = check_numbers, .run = op_socket },
	{ .name = "bind", .min = 3, .max = 3, .in = CHILD, .check = check_address, .run = op_bind },
	{ .name = "listen", .min = 3, .max = 3, .in = CHILD, .check = check_address, .run = op_listen },
	{ .name = "accept", .min = 3, .max = 3, .in = CHILD, .check = check_address, .run = op_accept },
	{ .name = "connect", .min = 3, .max = 3, .in = CHILD, .check = check_address, .run = op_connect },
	{ .name = "send", .min = 2, .max = 3, .in = CHILD, .check = check_send, .run = op_send },
	{ .name = "receive", .min = 2, .max = 2, .in = CHILD, .check = check_pair, .run = op_receive },
	{ .name = "getsockopt", .min = 2, .max = 2, .in = CHILD, .check = check_numbers, .run = op_getsockopt },
	{ .name = "setsockopt", .min = 2, .max = 2, .in = CHILD, .check = check_numbers, .run = op_setsockopt },
	{ .name = "getsockname", .min = 2, .max = 2, .in = CHILD, .check = check_numbers, .run = op_getsockname },
	{ .name = "getpeername", .min = 2, .max = 2, .in = CHILD, .check = check_pair, .run = op_getpeername },
	{ .name = "shutdown", .min = 2, .max = 2, .in = CHILD, .check = check_pair, .run = op_shutdown },
	{ .name = "receive-fd", .min = 1, .max = 1, .in = CHILD, .run = op_receive_fd },
	/* ops_mount.c */
	{ .name = "mount", .min = 4, .max = 4, .check = check_mount, .run = op_mount },
	{ .name = "umount", .min = 1, .max = 1, .in = CHILD, .run = op_umount },
	{ .name = "pivot_root", .min = 2, .max = 2, .in = CHILD, .run = op_pivot_root },
	{ .name = "fsmount", .min = 2, .max = 2, .in = CHILD, .check = check_fsmount, .run = op_fsmount },
	{ .name = "open_tree", .min = 2, .max = 2, .in = CHILD, .run = op_open_tree },
	/* ops_proc.c */
	{ .name = "ptrace", .min = 2, .max = 2, .in = CHILD, .check = check_ptrace, .run = op_ptrace },
	{ .name = "signal", .min = 2, .max = 2, .in = CHILD, .check = check_signal, .run = op_signal },
	{ .name = "rlimit", .min = 2, .max = 2, .in = CHILD, .check = check_rlimit, .run = op_rlimit },
	{ .name = "userns", .min = 0, .max = 0, .in = CHILD, .run = op_userns },
	{ .name = "mqueue", .min = 2, .max = 2, .in = CHILD, .check = check_mqueue, .run = op_mqueue },
	/* ops_uring.c */
	{ .name = "io_uring", .min = 1, .max = 1, .in = CHILD, .check = check_io_uring, .run = op_io_uring },
};
// clang-format on

static const struct operation *operation_of(const char *name)
{
	for (u64 i = 0; i < sizeof operations / sizeof *operations; i++)
		if (equal(operations[i].name, name))
			return &operations[i];
	return 0;
}

const char *perform(const char *tag, const char *name, char **args, int count, int isolated, struct result *result)
{
	const struct operation *op = operation_of(name);
	if (!op)
		return "op: unknown operation";
	if (count < op->min || count > op->max)
		return "op: wrong number of arguments";
	if (op->check && !op->check(args))
		return "op: bad arguments";

	struct outcome out = {.error = 0};
	set_probe(tag);
	u64 start = now();
	if (op->in == CHILD || (op->in == ANYWHERE && isolated)) {
		as_agent();
		out.error = in_child(op->run, args, &out);
		as_probe(); /* what /proc shows after an operation is the same for all */
	} else {
		as_probe();
		out.error = op->run(args, &out);
	}
	result->duration = now() - start;
	if (out.error < 0)
		result->error = -out.error;
	result->signal = out.signal;
	if (out.signal) {
		memset(&out.details, 0, sizeof out.details);
		append_number(out.details.remark, REMARK_SIZE, "killed in the attempt by signal ", out.signal);
	}
	result->details = out.details;
	return 0;
}
