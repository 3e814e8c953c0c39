/*
 * The class `network`, and unix sockets. Addresses: "" is one of our own (a free port of the loopback interface, or for
 * unix an anonymous pair), "80" a port of the loopback interface, "/path" a unix socket in the file system, "@name" an
 * abstract one. Nothing leaves the machine. Every operation but `socket` runs in a child, whose end closes all.
 */
#include "ops_table.h"

/* asm-generic/socket.h, linux/net.h, linux/un.h */
enum { SO_TYPE = 3, SO_KEEPALIVE = 9, SCM_RIGHTS = 1, SHUT_RDWR = 2, MSG_CMSG_CLOEXEC = 0x40000000 };

enum { FAMILY_MAX = 255, TYPE_MAX = 15, SOCK_ALWAYS = O_NONBLOCK | O_CLOEXEC };

enum { NUMBER_MAX = 0x7fffffff, PORT_MAX = 65535, UNIX_PATH_MAX = 108 };

/* Families and types as arguments. */
#define ARG_UNIX "1"
#define ARG_STREAM "1"

/* An address of any family: struct sockaddr_un, sockaddr_in, sockaddr_in6. */
struct address {
	union {
		u16 family;

		struct {
			u16 family;
			char path[UNIX_PATH_MAX]; /* an abstract one begins with NUL */
		} local;

		struct {
			u16 family;
			u8 port[2], ip[4], unused[8];
		} inet;

		struct {
			u16 family;
			u8 port[2], flow[4], ip[16], scope[4];
		} inet6;
	} any;

	u32 size;
};

int check_numbers(char **args)
{
	u64 n;
	while (*args && parse_number(*args, NUMBER_MAX, &n))
		args++;
	return !*args;
}

/* FAMILY TYPE ADDRESS */
int check_address(char **args)
{
	u64 family, type, port;
	const char *address = args[2];
	if (!parse_number(args[0], FAMILY_MAX, &family) || !parse_number(args[1], TYPE_MAX, &type))
		return 0;
	int is_own = !*address;
	if (family == AF_UNIX) {
		int has_name = (*address == '/' || *address == '@') && address[1];
		return is_own || (has_name && length(address) < UNIX_PATH_MAX);
	}
	return (family == AF_INET || family == AF_INET6) && (is_own || parse_number(address, PORT_MAX, &port));
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
	char *unix_address[] = {ARG_UNIX, args[0], args[1]};
	return args[1][0] == '@' && check_address(unix_address);
}

static struct address unix_address(const char *name)
{
	struct address a = {.any.local = {.family = AF_UNIX}};
	u64 size = length(name);
	memcpy(a.any.local.path, name, size);
	if (*name == '@')
		a.any.local.path[0] = 0;
	int ends_with_nul = *name == '/';
	a.size = (u32)(sizeof a.any.family + size) + (u32)ends_with_nul;
	return a;
}

/* A port of the loopback interface. */
static struct address inet_address(u64 port)
{
	struct address a = {
		.any.inet = {.family = AF_INET, .port = {(u8)(port >> 8), (u8)port}, .ip = {127, 0, 0, 1}},
		.size = sizeof a.any.inet,
	};
	return a;
}

static struct address inet6_address(u64 port)
{
	struct address a = {
		.any.inet6 = {.family = AF_INET6, .port = {(u8)(port >> 8), (u8)port}, .ip = {[15] = 1}},
		.size = sizeof a.any.inet6,
	};
	return a;
}

static struct address address_of(char **args)
{
	switch (number(args[0])) {
	case AF_UNIX: return unix_address(args[2]);
	case AF_INET: return inet_address(number(args[2]));
	default: return inet6_address(number(args[2]));
	}
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
	if (number(args[0]) != AF_UNIX || args[2][0] != '/')
		return;
	as_undo();
	undone(out, sys_unlink(args[2], 0));
	as_probe();
}

/* A socket of our own, bound, and if it is of that kind, listening. What bind() made is still there. */
static long server(char **args, struct outcome *out, int listens)
{
	struct address a = address_of(args);
	long fd = open_socket(args);
	if (fd < 0)
		return stopped(out, fd, "socket");
	long error = sys(bind, fd, &a.any, a.size);
	if (error < 0)
		return stopped(out, error, "bind");
	error = listens && number(args[1]) != SOCK_DGRAM ? sys(listen, fd, 1) : 0;
	if (error >= 0)
		return fd;
	clear_up(args, out);
	return stopped(out, error, "listen");
}

long listen_unix(char **args, struct outcome *out)
{
	char *unix_address[] = {ARG_UNIX, args[0], args[1]};
	return server(unix_address, out, 1);
}

static void wait_a_second(long fd, short events)
{
	struct pollfd wait = {.fd = (int)fd, .events = events};
	struct timespec second = {.sec = 1};
	sys_poll(&wait, 1, &second);
}

static long connect_to(long fd, const struct address *a)
{
	long error = sys(connect, fd, &a->any, a->size);
	if (error != -EINPROGRESS)
		return error;
	wait_a_second(fd, POLLOUT);
	error = sys(connect, fd, &a->any, a->size); /* asks again how it went */
	return error == -EISCONN ? 0 : error;
}

static long to_itself(long client, long peer, struct outcome *out)
{
	struct address a = {.size = sizeof a.any};
	long error = sys(getsockname, peer, &a.any, &a.size);
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
	int is_own = !*args[2];
	long peer = is_own ? server(args, out, 1) : 0;
	if (peer < 0)
		return peer;
	long fd = open_socket(args);
	if (fd < 0)
		return stopped(out, fd, "socket");
	if (is_own)
		return to_itself(fd, peer, out);
	struct address a = address_of(args);
	return connect_to(fd, &a);
}

long op_accept(char **args, struct outcome *out)
{
	long peer = server(args, out, 1);
	if (peer < 0)
		return peer;
	long fd = open_socket(args);
	long error = fd < 0 ? stopped(out, fd, "socket") : to_itself(fd, peer, out);
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
	if (number(args[0]) == AF_UNIX) {
		error = sys(socketpair, AF_UNIX, (int)number(args[1]) | SOCK_ALWAYS, 0, ends);
		return error < 0 ? stopped(out, error, "socketpair") : 0;
	}
	char *own[] = {args[0], args[1], ""};
	long peer = server(own, out, 1);
	if (peer < 0)
		return peer;
	long fd = number(args[1]) == SOCK_DGRAM ? peer : open_socket(own);
	if (fd < 0)
		return stopped(out, fd, "socket");
	error = to_itself(fd, peer, out);
	if (error < 0)
		return stopped(out, error, "connect");
	ends[0] = (int)fd;
	ends[1] = (int)fd;
	if (fd == peer)
		return 0;
	wait_a_second(peer, POLLIN);
	error = sys(accept4, peer, 0, 0, SOCK_ALWAYS);
	if (error < 0)
		return stopped(out, error, "accept");
	ends[1] = (int)error;
	return 0;
}

/* struct iovec, struct msghdr, and struct cmsghdr with one descriptor */
struct piece {
	void *bytes;
	u64 size;
};

struct message {
	void *name;
	u64 name_size;
	struct piece *pieces;
	u64 count;
	void *control;
	u64 control_size;
	u64 flags;
};

struct control {
	u64 size; /* CONTROL_SIZE: without `pad` */
	int level, type, fd, pad;
};

enum { CONTROL_SIZE = 20, NO_DESCRIPTOR = -1 };

/* Two ends that are connected, or for an address of somebody else only the first. */
static long open_ends(char **args, struct outcome *out, int ends[2])
{
	if (!args[2] || !*args[2])
		return connected(args, out, ends);
	struct address a = address_of(args);
	long fd = open_socket(args);
	if (fd < 0)
		return stopped(out, fd, "socket");
	ends[0] = (int)fd;
	long error = connect_to(fd, &a);
	return error < 0 ? stopped(out, error, "connect") : 0;
}

/* Sends one byte, with a descriptor or without, and receives it. `receives` says which of the two is the question. */
static long send_receive(char **args, struct outcome *out, int receives, int passed)
{
	char byte = 'x';
	struct piece piece = {.bytes = &byte, .size = 1};
	struct control control = {.size = CONTROL_SIZE, .level = SOL_SOCKET, .type = SCM_RIGHTS, .fd = passed};
	struct message message = {.pieces = &piece, .count = 1};
	int ends[2];
	long error = open_ends(args, out, ends);
	if (error < 0)
		return error;
	if (passed >= 0) {
		message.control = &control;
		message.control_size = sizeof control;
	}
	error = sys(sendmsg, ends[0], &message, 0);
	if (!receives)
		return error;
	if (error < 0)
		return stopped(out, error, "send");

	wait_a_second(ends[1], POLLIN);
	control.fd = NO_DESCRIPTOR;
	error = sys(recvmsg, ends[1], &message, MSG_CMSG_CLOEXEC);
	/* A security module that refuses the descriptor makes the kernel leave it out. */
	int left_out = message.control_size < CONTROL_SIZE || control.fd < 0;
	return passed >= 0 && error >= 0 && left_out ? -EACCES : error;
}

long op_send(char **args, struct outcome *out)
{
	return send_receive(args, out, 0, NO_DESCRIPTOR);
}

long op_receive(char **args, struct outcome *out)
{
	return send_receive(args, out, 1, NO_DESCRIPTOR);
}

/* A file, opened and passed to itself. */
long op_receive_fd(char **args, struct outcome *out)
{
	char *pair[] = {ARG_UNIX, ARG_STREAM, ""};
	long fd = sys_open(args[0], O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0);
	return fd < 0 ? stopped(out, fd, "open") : send_receive(pair, out, 1, (int)fd);
}

long op_getsockopt(char **args, struct outcome *out)
{
	int value = 0, size = sizeof value;
	long fd = open_socket(args);
	return fd < 0 ? stopped(out, fd, "socket") : sys(getsockopt, fd, SOL_SOCKET, SO_TYPE, &value, &size);
}

long op_setsockopt(char **args, struct outcome *out)
{
	int off = 0; /* as it is */
	long fd = open_socket(args);
	return fd < 0 ? stopped(out, fd, "socket") : sys(setsockopt, fd, SOL_SOCKET, SO_KEEPALIVE, &off, sizeof off);
}

long op_getsockname(char **args, struct outcome *out)
{
	struct address a = {.size = sizeof a.any};
	long fd = open_socket(args);
	return fd < 0 ? stopped(out, fd, "socket") : sys(getsockname, fd, &a.any, &a.size);
}

long op_getpeername(char **args, struct outcome *out)
{
	struct address a = {.size = sizeof a.any};
	int ends[2];
	long error = connected(args, out, ends);
	return error < 0 ? error : sys(getpeername, ends[0], &a.any, &a.size);
}

long op_shutdown(char **args, struct outcome *out)
{
	int ends[2];
	long error = connected(args, out, ends);
	return error < 0 ? error : sys(shutdown, ends[0], SHUT_RDWR);
}
