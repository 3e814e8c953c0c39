/*
 * The class `mount`. Two ways to be harmless:
 *   - mount(2) asks the security modules before it looks for the capability (path_mount), so a process that has
 *     dropped sys_admin can ask for any mount, of any kind and anywhere, and none is made. Whether the capability would
 *     have been granted is asked separately, and whether a filter of system calls would have let the call through.
 *   - The other calls look for the capability first. They are made with their effect, in a mount namespace of their
 *     own whose mounts share nothing with others, and which ends with the child. Without one they are not made.
 */
#include "ops_table.h"

/* linux/mount.h */
enum { MS_REC = 1 << 14, MS_PRIVATE = 1 << 18, MNT_DETACH = 2, MOVE_MOUNT_F_EMPTY_PATH = 4, OPEN_TREE_CLONE = 1 };

enum { FSOPEN_CLOEXEC = 1, FSMOUNT_CLOEXEC = 1, FSCONFIG_CMD_CREATE = 6 };

struct mount_attr {
	u64 set, clear, propagation, user_namespace;
};

/* linux/fcntl.h */
enum { AT_RECURSIVE = 0x8000 };

/* FSTYPE SOURCE TARGET FLAGS */
int check_mount(char **args)
{
	u64 flags;
	return parse_number(args[3], ~0u, &flags);
}

static long mount_powerless(char **args, struct outcome *out)
{
	const char *type = *args[0] ? args[0] : 0;
	const char *source = *args[1] ? args[1] : 0;
	u64 flags = number(args[3]);

	/* Those two let paths be found as before, and mount nothing. */
	long error = set_capabilities(CAP(CAP_DAC_OVERRIDE) | CAP(CAP_DAC_READ_SEARCH));
	if (error == -EPERM)
		error = set_capabilities(0);
	if (error < 0)
		return not_tried(out, "sys_admin cannot be dropped", error);
	error = sys(mount, source, args[2], type, flags, 0);
	if (error != -EPERM)
		return error;

	/* A target that cannot be read is EFAULT to the kernel; a filter does not look at it. */
	as_agent();
	return sys(mount, source, BAD_POINTER, type, flags, 0) == -EFAULT ? 0 : -EPERM;
}

long op_mount(char **args, struct outcome *out)
{
	long error = in_child(mount_powerless, args, out);
	if (error < 0)
		return error;

	struct outcome capability = {.error = 0};
	error = ask_capability("sys_admin", &capability);
	if (error < 0)
		return stopped(out, error, "capability sys_admin");
	out->details.asked_only_error = EPERM;
	return 0;
}

/*
 * Returns 0 in a mount namespace of its own, whose mounts are private. The calls that follow ask for the capability
 * sys_admin before they ask for their rule, as unshare(2) does. So where that is what is missing they would be refused
 * without a question about a mount, and are not made: the answer is EPERM at the step "capability sys_admin".
 */
static long own_namespace(struct outcome *out)
{
	struct mount_attr private = {.propagation = MS_PRIVATE};
	as_agent();
	long error = sys(unshare, CLONE_NEWNS);
	if (error >= 0)
		error = sys(mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &private, sizeof private);
	if (error == -ENOSYS) /* before Linux 5.12; AppArmor rules this one */
		error = sys(mount, 0, "/", 0, MS_PRIVATE | MS_REC, 0);
	as_probe();
	if (error >= 0)
		return 0;

	struct outcome capability = {.error = 0};
	long refused = ask_capability("sys_admin", &capability);
	if (refused == -EPERM)
		return stopped(out, refused, "capability sys_admin");
	return not_tried(out, "no mount namespace of its own", error);
}

long op_umount(char **args, struct outcome *out)
{
	long error = own_namespace(out);
	return error < 0 ? error : sys(umount2, args[0], MNT_DETACH);
}

/* Where NEW is no mount point, or OLD not below it, the kernel says so after it has asked. */
long op_pivot_root(char **args, struct outcome *out)
{
	long error = own_namespace(out);
	if (error >= 0)
		error = sys(pivot_root, args[0], args[1]);
	return error == -EBUSY ? asked(out, error, -EBUSY) : asked(out, error, -EINVAL);
}

static long attach(long tree, const char *target, struct outcome *out)
{
	if (tree < 0)
		return stopped(out, tree, "the new tree");
	return sys(move_mount, tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH);
}

/* Making one of these file systems touches no device and leaves nothing. */
int check_fsmount(char **args)
{
	return one_of(args[0], "tmpfs ramfs proc sysfs devpts mqueue");
}

long op_fsmount(char **args, struct outcome *out)
{
	long error = own_namespace(out);
	if (error < 0)
		return error;
	long fd = sys(fsopen, args[0], FSOPEN_CLOEXEC);
	if (fd < 0)
		return stopped(out, fd, "fsopen");
	error = sys(fsconfig, fd, FSCONFIG_CMD_CREATE, 0, 0, 0);
	if (error < 0)
		return stopped(out, error, "fsconfig");
	return attach(sys(fsmount, fd, FSMOUNT_CLOEXEC, 0), args[1], out);
}

long op_open_tree(char **args, struct outcome *out)
{
	long error = own_namespace(out);
	if (error < 0)
		return error;
	return attach(sys(open_tree, AT_FDCWD, args[0], OPEN_TREE_CLONE | O_CLOEXEC), args[1], out);
}
