#include "ops.h"
#include "ops_table.h"

/*
 * To add an operation: one row here, one small function in the ops_*.c of its class, one row in
 * docs/agent-operations.md. `min` and `max` count the arguments. CHILD: always in a child of its own, because it
 * changes the process or leaves descriptors behind. HERE: never, because the agent has to remember something.
 */
enum { CHILD = 1, HERE = 2 };
static const struct operation {
	const char *name;
	u8 min, max, flags;
	check *check;
	attempt *attempt;
} operations[] = {
	/* ops_file.c */
	{"open", 2, 2, 0, check_open, op_open},
	{"readdir", 1, 1, 0, 0, op_readdir},
	{"getattr", 1, 1, 0, 0, op_getattr},
	{"unlink", 1, 1, 0, 0, op_unlink},
	{"rmdir", 1, 1, 0, 0, op_rmdir},
	{"delete", 1, 1, 0, 0, op_delete},
	{"rename", 2, 2, 0, 0, op_rename},
	{"link", 2, 2, 0, 0, op_link},
	{"symlink", 2, 2, 0, 0, op_symlink},
	{"mkdir", 1, 1, 0, 0, op_mkdir},
	{"mknod", 2, 2, 0, check_mknod, op_mknod},
	{"chmod", 1, 1, 0, 0, op_chmod},
	{"chown", 1, 1, 0, 0, op_chown},
	{"utimens", 1, 1, 0, 0, op_utimens},
	{"getxattr", 1, 1, 0, 0, op_getxattr},
	{"setxattr", 1, 1, 0, 0, op_setxattr},
	{"truncate", 1, 1, 0, 0, op_truncate},
	{"lock", 3, 3, 0, check_lock, op_lock},
	{"mmap", 1, 1, 0, 0, op_mmap},
	{"mprotect", 1, 1, 0, 0, op_mprotect},
	/* ops_exec.c */
	{"exec", 1, 2, 0, check_nnp, op_exec},
	{"exec-copy", 2, 2, 0, 0, op_exec_copy},
	{"exec-memfd", 1, 1, 0, 0, op_exec_memfd},
	{"exec-script", 2, 2, 0, 0, op_exec_script},
	{"exec-loader", 2, 2, 0, 0, op_exec_loader},
	{"change_profile", 1, 2, CHILD, check_nnp, op_change_profile},
	{"change_onexec", 1, 2, CHILD, check_nnp, op_change_onexec},
	{"change_hat", 1, 2, CHILD, check_nnp, op_change_hat},
	{"stack", 1, 2, CHILD, check_nnp, op_stack},
	{"exec-pause", 1, 2, HERE, check_nnp, op_exec_pause},
	{"exec-as-pause", 2, 3, HERE, check_nnp_third, op_exec_as_pause},
	{"profile-pause", 1, 2, HERE, check_nnp, op_profile_pause},
	{"hat-pause", 1, 2, HERE, check_nnp, op_hat_pause},
	{"stack-pause", 1, 2, HERE, check_nnp, op_stack_pause},
	{"target-pause", 0, 0, HERE, 0, op_target_pause},
	{"listen-pause", 2, 2, HERE, check_listen_pause, op_listen_pause},
	{"release", 0, 0, HERE, 0, op_release},
	/* ops_cap.c */
	{"capable", 1, 2, 0, check_capable, op_capable},
	/* ops_net.c */
	{"socket", 3, 3, 0, check_numbers, op_socket},
	{"bind", 3, 3, CHILD, check_address, op_bind},
	{"listen", 3, 3, CHILD, check_address, op_listen},
	{"accept", 3, 3, CHILD, check_address, op_accept},
	{"connect", 3, 3, CHILD, check_address, op_connect},
	{"send", 2, 3, CHILD, check_send, op_send},
	{"receive", 2, 2, CHILD, check_pair, op_receive},
	{"getsockopt", 2, 2, CHILD, check_numbers, op_getsockopt},
	{"setsockopt", 2, 2, CHILD, check_numbers, op_setsockopt},
	{"getsockname", 2, 2, CHILD, check_numbers, op_getsockname},
	{"getpeername", 2, 2, CHILD, check_pair, op_getpeername},
	{"shutdown", 2, 2, CHILD, check_pair, op_shutdown},
	{"receive-fd", 1, 1, CHILD, 0, op_receive_fd},
	/* ops_mount.c */
	{"mount", 4, 4, 0, check_mount, op_mount},
	{"umount", 1, 1, CHILD, 0, op_umount},
	{"pivot_root", 2, 2, CHILD, 0, op_pivot_root},
	{"fsmount", 2, 2, CHILD, check_fsmount, op_fsmount},
	{"open_tree", 2, 2, CHILD, 0, op_open_tree},
	/* ops_proc.c */
	{"ptrace", 2, 2, CHILD, check_ptrace, op_ptrace},
	{"signal", 2, 2, CHILD, check_signal, op_signal},
	{"rlimit", 2, 2, CHILD, check_rlimit, op_rlimit},
	{"userns", 0, 0, CHILD, 0, op_userns},
	{"mqueue", 2, 2, CHILD, check_mqueue, op_mqueue},
	/* ops_uring.c */
	{"io_uring", 1, 1, CHILD, check_io_uring, op_io_uring},
};

const char *perform(const char *tag, const char *name, char **args, int count, int isolated, struct result *result)
{
	const struct operation *op = 0;
	for (u64 i = 0; i < sizeof operations / sizeof *operations; i++)
		if (equal(operations[i].name, name))
			op = &operations[i];
	if (!op)
		return "op: unknown operation";
	if (count < op->min || count > op->max)
		return "op: wrong number of arguments";
	if (op->check && !op->check(args))
		return "op: bad arguments";

	struct outcome out;
	memset(&out, 0, sizeof out);
	set_probe(tag);
	u64 start = now();
	if ((op->flags & CHILD) || (isolated && !(op->flags & HERE))) {
		as_agent();
		out.error = in_child(op->attempt, args, &out);
		as_probe(); /* what /proc shows after an operation is the same for all */
	} else {
		as_probe();
		out.error = op->attempt(args, &out);
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
