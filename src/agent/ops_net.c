/*
 * The class `network`, and unix sockets. Addresses: "" is one of our own (a free port of the loopback interface, or for
 * unix an anonymous pair), "80" a port of the loopback interface, "/path" a unix socket in the file system, "@name" an
 * abstract one. Nothing leaves the machine. Every operation but `socket` runs in a child, whose end closes all.
 */
#include "ops_table.h"

enum { UNIX = 1, INET = 2, INET6 = 10, STREAM = 1, DATAGRAM = 2, SOCK_ALWAYS = O_NONBLOCK | O_CLOEXEC, SOL_SOCKET = 1 };

struct address {
	u8 bytes[112];
	u32 size;
};

int check_numbers(char **args)
{
	u64 n;
	while (*args && parse_number(*args, 0x7fffffff, &n))
		args++;
	return !*args;
}

/* FAMILY TYPE ADDRESS */
int check_address(char **args)
{
	u64 family, type, port;
	const char *address = args[2];
	if (!parse_number(args[0], 255, &family) || !parse_number(args[1], 15, &type))
		return 0;
	if (family == UNIX)
		return !*address || ((*address == '/' || *address == '@') && address[1] && length(address) < 108);
	return (family == INET || family == INET6) && (!*address || parse_number(address, 65535, &port));
}

/* FAMILY TYPE, of those that can be connected here */
int check_pair(char **args)
{
	char *own[] = {args[0], args[1], ""};
	return check_address(own);
}

/* FAMILY TYPE, and an address of somebody else's */
int check_send(char **args)
{
	return args[2] ? args[2][0] && check_address(args) : check_pair(args);
}

/* TYPE ADDRESS: only abstract ones, which leave nothing behind */
int check_listen_pause(char **args)
{
	char *unix_address[] = {"1", args[0], args[1]};
	return args[1][0] == '@' && check_address(unix_address);
}

static struct address address_of(char **args)
{
	struct address a = {{0}, 2};
	u64 family = number(args[0]), port = number(args[2]), size = length(args[2]);
	a.bytes[0] = (u8)family;
	if (family == UNIX) {
		memcpy(a.bytes + 2, args[2], size);
		if (args[2][0] == '@')
			a.bytes[2] = 0;
		a.size = (u32)(2 + size + (args[2][0] == '/'));
		return a;
	}
	a.bytes[2] = (u8)(port >> 8);
	a.bytes[3] = (u8)port;
	if (family == INET)
		a.bytes[4] = 127, a.bytes[7] = 1, a.size = 16;
	else
		a.bytes[23] = 1, a.size = 28;
	return a;
}

static long open_socket(char **args)
{
	return sys(socket, number(args[0]), (int)number(args[1]) | SOCK_ALWAYS, 0);
}

long op_socket(char **args, struct outcome *out)
{
	(void)out;
	long fd = sys(socket, number(args[0]), (int)number(args[1]) | SOCK_ALWAYS, number(args[2]));
	if (fd >= 0)
		sys_close((int)fd);
	return fd;
}

/* Removes what bind() makes in the file system. */
static void clear_up(char **args, struct outcome *out)
{
	if (number(args[0]) != UNIX || args[2][0] != '/')
		return;
	as_undo();
	undone(out, sys_unlink(args[2], 0));
	as_probe();
}

/* A socket of our own, bound, and if it is of that kind, listening. What bind() made is still there. */
static long server(char **args, struct outcome *out, int listens)
{
	struct address a = address_of(args);
	long fd = open_socket(args), error;
	if (fd < 0)
		return stopped(out, fd, "socket");
	error = sys(bind, fd, a.bytes, a.size);
	if (error < 0)
		return stopped(out, error, "bind");
	error = listens && number(args[1]) != DATAGRAM ? sys(listen, fd, 1) : 0;
	if (error >= 0)
		return fd;
	clear_up(args, out);
	return stopped(out, error, "listen");
}

long listen_unix(char **args, struct outcome *out)
{
	char *unix_address[] = {"1", args[0], args[1]};
	return server(unix_address, out, 1);
}

static void wait_a_second(long fd, short events)
{
	struct pollfd wait = {(int)fd, events, 0};
	struct timespec second = {1, 0};
	sys_poll(&wait, 1, &second);
}

static long connect_to(long fd, const struct address *a)
{
	long error = sys(connect, fd, a->bytes, a->size);
	if (error != -EINPROGRESS)
		return error;
	wait_a_second(fd, POLLOUT);
	error = sys(connect, fd, a->bytes, a->size); /* asks again how it went */
	return error == -EISCONN ? 0 : error;
}

static long to_itself(long client, long peer, struct outcome *out)
{
	struct address a = {{0}, sizeof a.bytes};
	long error = sys(getsockname, peer, a.bytes, &a.size);
	if (error < 0)
		return stopped(out, error, "getsockname");
	return connect_to(client, &a);
}

static long server_only(char **args, struct outcome *out, int listens)
{
	long fd = server(args, out, listens);
	if (fd >= 0)
		clear_up(args, out);
	return fd;
}

long op_bind(char **args, struct outcome *out)
{
	return server_only(args, out, 0);
}
long op_listen(char **args, struct outcome *out)
{
	return server_only(args, out, 1);
}

long op_connect(char **args, struct outcome *out)
{
	long peer = *args[2] ? 0 : server(args, out, 1), fd;
	if (peer < 0)
		return peer;
	fd = open_socket(args);
	if (fd < 0)
		return stopped(out, fd, "socket");
	if (!*args[2])
		return to_itself(fd, peer, out);
	struct address a = address_of(args);
	return connect_to(fd, &a);
}

long op_accept(char **args, struct outcome *out)
{
	long peer = server(args, out, 1), fd, error;
	if (peer < 0)
		return peer;
	fd = open_socket(args);
	error = fd < 0 ? stopped(out, fd, "socket") : to_itself(fd, peer, out);
	clear_up(args, out);
	if (error < 0)
		return stopped(out, error, "connect");
	wait_a_second(peer, POLLIN);
	return sys(accept4, peer, 0, 0, SOCK_ALWAYS);
}

/* Two ends that are connected: of one pair, of one connection, or a datagram socket that is connected to itself. */
static long connected(char **args, struct outcome *out, int ends[2])
{
	long error;
	if (number(args[0]) == UNIX) {
		error = sys(socketpair, UNIX, (int)number(args[1]) | SOCK_ALWAYS, 0, ends);
		return error < 0 ? stopped(out, error, "socketpair") : 0;
	}
	char *own[] = {args[0], args[1], ""};
	long peer = server(own, out, 1), fd = peer;
	if (peer < 0)
		return peer;
	if (number(args[1]) != DATAGRAM && (fd = open_socket(own)) < 0)
		return stopped(out, fd, "socket");
	error = to_itself(fd, peer, out);
	if (error < 0)
		return stopped(out, error, "connect");
	ends[0] = ends[1] = (int)fd;
	if (fd == peer)
		return 0;
	wait_a_second(peer, POLLIN);
	error = sys(accept4, peer, 0, 0, SOCK_ALWAYS);
	if (error < 0)
		return stopped(out, error, "accept");
	ends[1] = (int)error;
	return 0;
}

struct message {
	void *name;
	u64 name_size;
	struct {
		void *bytes;
		u64 size;
	} *pieces;
	u64 count;
	void *control;
	u64 control_size;
	u64 flags;
};

/* Sends one byte, with a descriptor or without, and receives it; `last` says which is the question. */
static long send_receive(char **args, struct outcome *out, int receives, int passed)
{
	char byte = 'x';
	struct {
		void *bytes;
		u64 size;
	} piece = {&byte, 1};
	struct {
		u64 size;
		int level, type, fd, pad;
	} control = {20, SOL_SOCKET, 1 /* SCM_RIGHTS */, passed, 0};
	struct message m = {0, 0, (void *)&piece, 1, 0, 0, 0};
	int ends[2];
	long error;
	if (args[2] && *args[2]) { /* to somebody else */
		struct address a = address_of(args);
		ends[0] = (int)(error = open_socket(args));
		if (error < 0)
			return stopped(out, error, "socket");
		error = connect_to(ends[0], &a);
		if (error < 0)
			return stopped(out, error, "connect");
	} else {
		error = connected(args, out, ends);
		if (error < 0)
			return error;
	}
	if (passed >= 0)
		m.control = &control, m.control_size = sizeof control;
	error = sys(sendmsg, ends[0], &m, 0);
	if (!receives || error < 0)
		return receives ? stopped(out, error, "send") : error;
	wait_a_second(ends[1], POLLIN);
	control.fd = -1;
	error = sys(recvmsg, ends[1], &m, 0x40000000 /* MSG_CMSG_CLOEXEC */);
	/* A security module that refuses the descriptor makes the kernel leave it out. */
	if (passed >= 0 && error >= 0 && (m.control_size < 20 || control.fd < 0))
		return -EACCES;
	return error;
}

long op_send(char **args, struct outcome *out)
{
	return send_receive(args, out, 0, -1);
}
long op_receive(char **args, struct outcome *out)
{
	return send_receive(args, out, 1, -1);
}

/* A file, opened and passed to itself. */
long op_receive_fd(char **args, struct outcome *out)
{
	char *pair[] = {"1", "1", ""};
	long fd = sys_open(args[0], O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0);
	return fd < 0 ? stopped(out, fd, "open") : send_receive(pair, out, 1, (int)fd);
}

long op_getsockopt(char **args, struct outcome *out)
{
	int value = 0, size = sizeof value;
	long fd = open_socket(args);
	return fd < 0 ? stopped(out, fd, "socket") : sys(getsockopt, fd, SOL_SOCKET, 3 /* SO_TYPE */, &value, &size);
}

long op_setsockopt(char **args, struct outcome *out)
{
	int value = 0;
	long fd = open_socket(args);
	return fd < 0 ? stopped(out, fd, "socket")
		      : sys(setsockopt, fd, SOL_SOCKET, 9 /* SO_KEEPALIVE, off as it is */, &value, sizeof value);
}

long op_getsockname(char **args, struct outcome *out)
{
	struct address a = {{0}, sizeof a.bytes};
	long fd = open_socket(args);
	return fd < 0 ? stopped(out, fd, "socket") : sys(getsockname, fd, a.bytes, &a.size);
}

long op_getpeername(char **args, struct outcome *out)
{
	struct address a = {{0}, sizeof a.bytes};
	int ends[2];
	long error = connected(args, out, ends);
	return error < 0 ? error : sys(getpeername, ends[0], a.bytes, &a.size);
}

long op_shutdown(char **args, struct outcome *out)
{
	int ends[2];
	long error = connected(args, out, ends);
	return error < 0 ? error : sys(shutdown, ends[0], 2);
}
