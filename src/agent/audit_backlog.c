#include "audit_backlog.h"
#include "protocol.h"
#include "text.h"

/* linux/netlink.h, linux/audit.h */
enum { NETLINK_AUDIT = 9, NLM_F_REQUEST = 1, NLM_F_ACK = 4, NLMSG_ERROR = 2, AUDIT_GET = 1000, AUDIT_SET = 1001 };

enum { AUDIT_STATUS_BACKLOG_LIMIT = 0x10, BACKLOG_MAX = 1 << 20, ANSWER_SIZE = 8192 };

struct head {
	u32 size;
	u16 type, flags;
	u32 sequence, port;
};

/* `struct audit_status` as the oldest kernels have it; later ones append fields. */
struct status {
	u32 mask, enabled, failure, pid, rate_limit, backlog_limit, lost, backlog;
};

struct message {
	struct head head;
	struct status status;
};

static int send(int fd, u16 type, const struct status *status)
{
	struct message m = {
		.head = {.size = sizeof m, .type = type, .flags = NLM_F_REQUEST | NLM_F_ACK},
		.status = *status,
	};
	return sys_write(fd, &m, sizeof m) == sizeof m;
}

/* Waits for a message of this type. An acknowledgement carries an errno, in the place of the first field: 0 is none. */
static int receive(int fd, u16 type, struct status *status)
{
	static union {
		struct message message;
		char bytes[ANSWER_SIZE];
	} answer;

	for (;;) {
		long n = sys_read(fd, &answer, sizeof answer);
		if (n < (long)(sizeof answer.message.head + sizeof answer.message.status.mask))
			return 0;
		const struct message *m = &answer.message;
		if (m->head.type == NLMSG_ERROR && m->status.mask != 0)
			return 0;
		if (m->head.type == type) {
			*status = m->status;
			return 1;
		}
	}
}

int audit_backlog(const char *wanted)
{
	struct status status = {.mask = AUDIT_STATUS_BACKLOG_LIMIT};
	long fd = sys(socket, AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);
	if (fd < 0)
		return EXIT_OUTPUT;
	if (wanted) {
		u64 limit;
		if (!parse_number(wanted, BACKLOG_MAX, &limit))
			return EXIT_USAGE;
		status.backlog_limit = (u32)limit;
		if (!send((int)fd, AUDIT_SET, &status) || !receive((int)fd, NLMSG_ERROR, &status))
			return EXIT_OUTPUT;
	}
	if (!send((int)fd, AUDIT_GET, &status) || !receive((int)fd, AUDIT_GET, &status))
		return EXIT_OUTPUT;
	char text[NUMBER_SIZE + 1];
	u64 n = format_number(text, status.backlog_limit);
	text[n] = '\n';
	return sys_write(1, text, n + 1) < 0 ? EXIT_OUTPUT : 0;
}
