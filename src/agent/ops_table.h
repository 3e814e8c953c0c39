/* What the files of the operations (ops_*.c) offer the table in ops.c, and each other. */
#ifndef OPS_TABLE_H
#define OPS_TABLE_H
#include "attempt.h"

/* Whether the arguments of an operation make sense. `args` ends with a null pointer. */
typedef int check(char **args);

/* ops_file.c */
check check_open, check_mknod, check_lock;
attempt op_open, op_readdir, op_getattr, op_unlink, op_rmdir, op_delete, op_rename, op_link, op_symlink, op_mkdir,
	op_mknod, op_chmod, op_chown, op_utimens, op_getxattr, op_setxattr, op_truncate, op_lock, op_mmap, op_mprotect;

/* ops_exec.c */
check check_nnp, check_nnp_third;
attempt op_exec, op_exec_copy, op_exec_memfd, op_exec_script, op_exec_loader, op_change_profile, op_change_onexec,
	op_change_hat, op_stack;
attempt op_exec_pause, op_exec_copy_pause, op_exec_memfd_pause, op_exec_script_pause, op_exec_loader_pause,
	op_exec_as_pause, op_profile_pause, op_hat_pause, op_stack_pause, op_target_pause, op_listen_pause, op_release;

/* ops_cap.c */
check check_capable;
attempt op_capable;

/* Whether the kernel grants a capability: asks for it in a child, as `capable` does. Returns 0 or -errno. */
long ask_capability(const char *name, struct outcome *out);

/* ops_net.c */
check check_numbers, check_address, check_pair, check_send, check_listen_pause;
attempt op_socket, op_bind, op_listen, op_accept, op_connect, op_send, op_receive, op_getsockopt, op_setsockopt,
	op_getsockname, op_getpeername, op_shutdown, op_receive_fd;

/* An abstract unix socket of that type, bound, and listening if it is of that kind: TYPE ADDRESS. */
attempt listen_unix;

/* ops_mount.c */
check check_mount, check_fsmount;
attempt op_mount, op_umount, op_pivot_root, op_fsmount, op_open_tree;

/* ops_proc.c */
check check_ptrace, check_signal, check_rlimit, check_mqueue;
attempt op_ptrace, op_signal, op_rlimit, op_userns, op_mqueue;

/* ops_uring.c */
check check_io_uring;
attempt op_io_uring;

#endif
