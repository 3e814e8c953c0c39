/* The class `io_uring`. A ring is a descriptor and memory of the child that makes it, and ends with it. */
#include "ops_table.h"

/* linux/io_uring.h */
enum { IORING_SETUP_SQPOLL = 2, IORING_ENTER_GETEVENTS = 1, IORING_REGISTER_PERSONALITY = 9, IORING_OP_NOP = 0 };

enum { IORING_OFF_SQ_RING = 0, IORING_OFF_CQ_RING = 0x8000000, IORING_OFF_SQES = 0x10000000 };

/* struct io_uring_params with the offsets of the two rings */
struct ring {
	u32 entries, completions, flags, cpu, idle, features, queue, reserved[3];

	struct {
		u32 head, tail, mask, entries, flags, dropped, array, reserved;
		u64 address;
	} submit;

	struct {
		u32 head, tail, mask, entries, overflow, events, flags, reserved;
		u64 address;
	} complete;
};

/* struct io_uring_sqe, as far as it is used here */
struct request {
	u8 opcode, flags;
	u16 priority;
	int fd;
	u64 offset, address;
	u32 size, operation_flags;
	u64 user_data;
	u16 buffer, personality;
	u32 rest[5];
};

/* struct io_uring_cqe */
struct completion {
	u64 user_data;
	int result;
	u32 flags;
};

int check_io_uring(char **args)
{
	return one_of(args[0], "setup sqpoll override_creds");
}

static u8 *map_ring(long fd, u64 offset)
{
	long address = sys(mmap, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
	return is_error(address) ? 0 : (u8 *)address;
}

/*
 * A request that does nothing, in the name of registered credentials (our own). Its completion says what became of it.
 */
static long override(long fd, const struct ring *ring, struct outcome *out)
{
	long personality = sys(io_uring_register, fd, IORING_REGISTER_PERSONALITY, 0, 0);
	if (personality < 0)
		return stopped(out, personality, "register");

	u8 *submit = map_ring(fd, IORING_OFF_SQ_RING);
	u8 *complete = map_ring(fd, IORING_OFF_CQ_RING);
	struct request *request = (struct request *)map_ring(fd, IORING_OFF_SQES);
	if (!submit || !complete || !request)
		return not_tried(out, "the rings cannot be mapped", 0);

	*request = (struct request){.opcode = IORING_OP_NOP, .personality = (u16)personality};
	*(u32 *)(submit + ring->submit.array) = 0;
	*(u32 *)(submit + ring->submit.tail) = 1;
	long error = sys(io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, 0, 0);
	if (error < 0)
		return error;

	if (*(volatile u32 *)(complete + ring->complete.tail) == 0)
		return not_tried(out, "no answer", 0);
	return ((struct completion *)(complete + ring->complete.events))->result;
}

/* A plain ring comes first: where none can be made (a sysctl, a filter of system calls), no rule is asked. */
long op_io_uring(char **args, struct outcome *out)
{
	struct ring ring = {.flags = 0}, polled = {.flags = IORING_SETUP_SQPOLL};
	long fd = sys(io_uring_setup, 1, &ring);
	if (equal(args[0], "setup"))
		return fd;
	if (fd < 0)
		return not_tried(out, "no ring can be made", fd);
	return equal(args[0], "sqpoll") ? sys(io_uring_setup, 1, &polled) : override(fd, &ring, out);
}
