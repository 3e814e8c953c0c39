/* The class `file`, without exec. */
#include "ops_table.h"

/* Always: never wait for the other end of a fifo or a device, leave nothing to children, take no terminal. */
enum { OPEN_ALWAYS = O_NONBLOCK | O_CLOEXEC | O_NOCTTY };

/* ---- open, truncate ---- */

/* Bits in the order of the words. */
enum { READ = 1, WRITE = 2, APPEND = 4, CREATE = 8, TRUNCATE = 16, MODES = 5 };

/* The words of a mode, `read,write`, as bits; 0 when there is an unknown one. */
static int parse_mode(const char *text)
{
	static const char *const words[MODES] = {"read", "write", "append", "create", "truncate"};
	int mode = 0;
	for (;;) {
		u64 size = 0;
		int bit = 0;
		while (text[size] && text[size] != ',')
			size++;
		for (int i = 0; i < MODES; i++)
			if (length(words[i]) == size && starts_with(text, words[i]))
				bit = 1 << i;
		if (!bit)
			return 0;
		mode |= bit;
		if (!text[size])
			return mode;
		text += size + 1;
	}
}

int check_open(char **args)
{
	return parse_mode(args[0]) != 0;
}

static int open_flags(int mode)
{
	/* create and truncate alone mean writing, as creat(2) does */
	int reads = mode & READ;
	int writes = mode & (WRITE | APPEND | TRUNCATE) || !reads;
	int append = mode & APPEND ? O_APPEND : 0;
	if (!writes)
		return O_RDONLY;
	return (reads ? O_RDWR : O_WRONLY) | append;
}

/*
 * Asks for the permission to truncate and truncates nothing: the length asked for is more than a file may have, which
 * the kernel finds (inode_newsize_ok) after it has asked the security modules and before it touches the file, be it
 * only its set-user-id bit. The limit makes sure on file systems that would take any length; main.c ignores the signal.
 */
static long ask_truncate(const char *path, int fd, struct outcome *out)
{
	const long too_long = 0x7fffffffffffffff;
	struct rlimit before;
	long error = sys(prlimit64, 0, RLIMIT_FSIZE, 0, &before);
	struct rlimit none = {.soft = 0, .hard = before.hard};
	if (error >= 0)
		error = sys_setrlimit(RLIMIT_FSIZE, &none);
	if (error < 0)
		return not_tried(out, "no limit on the size of files", error);
	error = path ? sys(truncate, path, too_long) : sys(ftruncate, fd, too_long);
	sys_setrlimit(RLIMIT_FSIZE, &before);
	return asked(out, error, -EFBIG);
}

long op_truncate(char **args, struct outcome *out)
{
	return ask_truncate(args[0], -1, out);
}

static long try_open(const char *path, int mode, int flags, struct outcome *out)
{
	long fd = sys_open(path, open_flags(mode) | flags | OPEN_ALWAYS, 0600), error = 0;
	if (fd < 0)
		return fd;
	/* O_TRUNC would empty the file. It asks for permission to write, which the open had to have, and for this: */
	if (mode & TRUNCATE) {
		error = ask_truncate(0, (int)fd, out);
		if (error == -EINVAL)
			error = 0; /* no file that has a length: O_TRUNC is without meaning, and without question */
		if (error < 0)
			stopped(out, error, "truncate");
	}
	sys_close((int)fd);
	return error;
}

/* Takes away the file that a link without a target has just been filled with. */
static void unfill(const char *link, struct outcome *out)
{
	static char self[32], target[4096];
	as_undo();
	long fd = sys_open(link, O_PATH | O_CLOEXEC, 0);
	append_number(self, sizeof self, "/proc/self/fd/", fd);
	long length = fd < 0 ? fd : sys(readlinkat, AT_FDCWD, self, target, sizeof target - 1);
	self[0] = 0;
	if (fd >= 0)
		sys_close((int)fd);
	if (length >= 0)
		target[length] = 0;
	undone(out, length < 0 ? length : sys_unlink(target, 0));
}

long op_open(char **args, struct outcome *out)
{
	int mode = parse_mode(args[0]);
	const char *path = args[1];
	if (!(mode & CREATE))
		return try_open(path, mode, 0, out);
	/* An existing file answers EEXIST before the kernel asks AppArmor, so the first try leaves no record then. */
	int absent = sys_access(path, F_OK) == -ENOENT;
	long error = try_open(path, mode, O_CREAT | O_EXCL, out);
	if (error != -EEXIST) {
		/* It is created before it is opened or truncated: where only those are refused, it is still there. */
		if (error == 0 || (absent && sys_access(path, F_OK) == 0)) {
			as_undo();
			undone(out, sys_unlink(path, 0));
		}
		return error;
	}
	/* access(F_OK) follows links and asks no security module: a link without a target is about to be filled. */
	int dangling = sys_access(path, F_OK) == -ENOENT;
	error = try_open(path, mode, O_CREAT, out);
	if (error == 0 && dangling)
		unfill(path, out);
	return error;
}

/* ---- what is there ---- */

static long get_attributes(const char *path, struct statx *st)
{
	return sys(statx, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, st);
}

long op_getattr(char **args, struct outcome *out)
{
	struct statx st;
	(void)out;
	return get_attributes(args[0], &st);
}

long op_readdir(char **args, struct outcome *out)
{
	static char entries[1024];
	long fd = sys_open(args[0], O_RDONLY | O_DIRECTORY | OPEN_ALWAYS, 0);
	if (fd < 0)
		return fd;
	long error = sys(getdents64, fd, entries, sizeof entries);
	sys_close((int)fd);
	return error < 0 ? stopped(out, error, "getdents") : 0;
}

/* ---- names that come and go ---- */

/* Two that really have their effect when they are allowed. */
long op_unlink(char **args, struct outcome *out)
{
	(void)out;
	return sys_unlink(args[0], 0);
}

long op_rmdir(char **args, struct outcome *out)
{
	(void)out;
	return sys_unlink(args[0], AT_REMOVEDIR);
}

/*
 * The same permission without the effect: rmdir() of what is no directory and unlink() of what is one. The security
 * modules are asked for the name (security_path_rmdir, security_path_unlink) before the kernel looks at its kind.
 * Opening with O_PATH shows the kind and asks for nothing.
 */
long op_delete(char **args, struct outcome *out)
{
	long fd = sys_open(args[0], O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return fd; /* there is no such name */
	sys_close((int)fd);
	fd = sys_open(args[0], O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return asked(out, sys_unlink(args[0], AT_REMOVEDIR), -ENOTDIR);
	sys_close((int)fd);
	return asked(out, sys_unlink(args[0], 0), -EISDIR);
}

/* Removes what an attempt has made, if it has. */
static long made(long error, const char *path, int flags, struct outcome *out)
{
	if (error < 0)
		return error;
	as_undo();
	undone(out, sys_unlink(path, flags));
	return 0;
}

long op_mkdir(char **args, struct outcome *out)
{
	return made(sys_mkdir(args[0], 0700), args[0], AT_REMOVEDIR, out);
}

long op_link(char **args, struct outcome *out)
{
	return made(sys(linkat, AT_FDCWD, args[0], AT_FDCWD, args[1], 0), args[1], 0, out);
}

long op_symlink(char **args, struct outcome *out)
{
	return made(sys(symlinkat, args[0], AT_FDCWD, args[1]), args[1], 0, out);
}

/* Never over something: with RENAME_NOREPLACE an existing target is EEXIST. */
long op_rename(char **args, struct outcome *out)
{
	enum { RENAME_NOREPLACE = 1 };

	long error = sys(renameat2, AT_FDCWD, args[0], AT_FDCWD, args[1], RENAME_NOREPLACE);
	if (error < 0)
		return error;
	as_undo();
	undone(out, sys(renameat2, AT_FDCWD, args[1], AT_FDCWD, args[0], RENAME_NOREPLACE));
	return 0;
}

/* A node is a name; it does nothing until it is opened. The devices are /dev/null's and the first ram disk's. */
struct node {
	const char *kind;
	int mode, device;
};
static const struct node nodes[] = {
	{.kind = "file", .mode = S_IFREG},
	{.kind = "fifo", .mode = S_IFIFO},
	{.kind = "socket", .mode = S_IFSOCK},
	{.kind = "char", .mode = S_IFCHR, .device = DEVICE(1, 3)},
	{.kind = "block", .mode = S_IFBLK, .device = DEVICE(1, 0)},
};

static const struct node *node_of(const char *kind)
{
	for (u64 i = 0; i < sizeof nodes / sizeof *nodes; i++)
		if (equal(nodes[i].kind, kind))
			return &nodes[i];
	return 0;
}

int check_mknod(char **args)
{
	return node_of(args[0]) != 0;
}

long op_mknod(char **args, struct outcome *out)
{
	const struct node *node = node_of(args[0]);
	return made(sys(mknodat, AT_FDCWD, args[1], node->mode | 0600, node->device), args[1], 0, out);
}

/* ---- attributes, each set to what it is ---- */

long op_chmod(char **args, struct outcome *out)
{
	struct statx st, after;
	long error = get_attributes(args[0], &st);
	if (error < 0)
		return stopped(out, error, "getattr");
	if ((st.mode & S_IFMT) == S_IFLNK)
		return not_tried(out, "a symbolic link has no mode", 0);
	error = sys(fchmodat, AT_FDCWD, args[0], st.mode & ~S_IFMT);
	if (error == 0 && get_attributes(args[0], &after) == 0 && after.mode != st.mode)
		undone(out, remark(out, -EPERM, "lost its set-group-id bit")); /* kept only by who may set it */
	return error;
}

/* Any chown() takes set-id bits and file capabilities from a file, even one to the same owner. */
long op_chown(char **args, struct outcome *out)
{
	struct statx st;
	char value[32];
	long error = get_attributes(args[0], &st);
	if (error < 0)
		return stopped(out, error, "getattr");
	int has_set_id = st.mode & (S_ISUID | S_ISGID);
	int is_directory = (st.mode & S_IFMT) == S_IFDIR;
	if (!is_directory && (has_set_id || sys(lgetxattr, args[0], XATTR_CAPABILITY, value, sizeof value) >= 0))
		return not_tried(out, "the file would lose its set-id bits or capabilities", 0);
	return sys(fchownat, AT_FDCWD, args[0], st.uid, st.gid, AT_SYMLINK_NOFOLLOW);
}

long op_utimens(char **args, struct outcome *out)
{
	struct statx st;
	long error = get_attributes(args[0], &st);
	if (error < 0)
		return stopped(out, error, "getattr");
	struct timespec times[2] = {{st.atime.sec, st.atime.nsec}, {st.mtime.sec, st.mtime.nsec}};
	return sys(utimensat, AT_FDCWD, args[0], times, AT_SYMLINK_NOFOLLOW);
}

static const char attribute[] = "user.apparmor-probe";

long op_getxattr(char **args, struct outcome *out)
{
	char value[8];
	return asked(out, sys(lgetxattr, args[0], attribute, value, sizeof value), -ENODATA);
}

long op_setxattr(char **args, struct outcome *out)
{
	enum { XATTR_CREATE = 1 };

	long error = sys(lsetxattr, args[0], attribute, "x", 1, XATTR_CREATE);
	if (error < 0)
		return error;
	as_undo();
	undone(out, sys(lremovexattr, args[0], attribute));
	return 0;
}

/* ---- lock, map ---- */

int check_lock(char **args)
{
	return one_of(args[0], "fcntl flock") && one_of(args[1], "read write none");
}

/* asm-generic/fcntl.h; O_NEITHER is for ioctl(2) alone, see open(2) */
enum { LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4, O_NEITHER = 3 };

/* One byte far after anything that a program locks. */
static long lock_far_byte(int fd, int writes, int unlocks)
{
	struct flock {
		short type, whence;
		long start, size;
		int pid;
	} lock = {.type = F_RDLCK, .start = 1L << 61, .size = 1};

	if (writes)
		lock.type = F_WRLCK;
	if (unlocks)
		lock.type = F_UNLCK;
	return sys_fcntl(fd, F_SETLK, (long)&lock);
}

long op_lock(char **args, struct outcome *out)
{
	int is_flock = equal(args[0], "flock");
	int writes = equal(args[1], "write");
	int unlocks = equal(args[1], "none");

	/* Taking a lock away asks k, and on a descriptor for neither reading nor writing it asks nothing else. */
	int mode = unlocks ? O_NEITHER : O_RDONLY;
	if (writes && !is_flock)
		mode = O_RDWR;
	long fd = sys_open(args[2], mode | OPEN_ALWAYS, 0);
	if (fd < 0)
		return stopped(out, fd, "open");

	long error;
	if (is_flock) /* it knows no bytes: where somebody has the lock, the permission was asked for */
		error = sys(flock, fd, (writes ? LOCK_EX : LOCK_SH) | LOCK_NB);
	else
		error = lock_far_byte((int)fd, writes, unlocks);
	sys_close((int)fd); /* and the lock with it */
	return asked(out, error, -EAGAIN);
}

static long map(const char *path, int protection, int change_to, struct outcome *out)
{
	long fd = sys_open(path, O_RDONLY | OPEN_ALWAYS, 0);
	if (fd < 0)
		return stopped(out, fd, "open");
	long address = sys(mmap, 0, PAGE_SIZE, protection, MAP_PRIVATE, fd, 0);
	sys_close((int)fd);
	if (is_error(address))
		return stopped(out, address, "mmap");
	long error = change_to ? sys(mprotect, address, PAGE_SIZE, change_to) : 0;
	sys(munmap, address, PAGE_SIZE);
	return error;
}

long op_mmap(char **args, struct outcome *out)
{
	return map(args[0], PROT_READ | PROT_EXEC, 0, out);
}

long op_mprotect(char **args, struct outcome *out)
{
	return map(args[0], PROT_READ, PROT_READ | PROT_EXEC, out);
}
