/* The class `io_uring`. A ring is a descriptor and memory of the child that makes it, and ends with it. */
#include "ops_table.h"

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

int check_io_uring(char **args)
{
	return one_of(args[0], "setup sqpoll override_creds");
}

static u8 *map_ring(long fd, u64 offset)
{
	long at = sys(mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
	return at < 0 && at > -4096 ? 0 : (u8 *)at;
}

/* A request that does nothing, in the name of registered credentials (our own). Its completion says what became of it.
 */
static long override(long fd, const struct ring *ring, struct outcome *out)
{
	long personality = sys(io_uring_register, fd, 9 /* IORING_REGISTER_PERSONALITY */, 0, 0);
	if (personality < 0)
		return stopped(out, personality, "register");
	u8 *submit = map_ring(fd, 0), *complete = map_ring(fd, 0x8000000), *request = map_ring(fd, 0x10000000);
	if (!submit || !complete || !request)
		return not_tried(out, "the rings cannot be mapped", 0);
	*(u16 *)(request + 42) = (u16)personality; /* opcode 0 is IORING_OP_NOP */
	*(u32 *)(submit + ring->submit.array) = 0;
	*(u32 *)(submit + ring->submit.tail) = 1;
	long error = sys(io_uring_enter, fd, 1, 1, 1 /* wait for it */, 0, 0);
	if (error < 0)
		return error;
	if (*(volatile u32 *)(complete + ring->complete.tail) == 0)
		return not_tried(out, "no answer", 0);
	return *(int *)(complete + ring->complete.events + 8);
}

long op_io_uring(char **args, struct outcome *out)
{
	struct ring ring;
	memset(&ring, 0, sizeof ring);
	if (equal(args[0], "sqpoll"))
		ring.flags = 2;
	long fd = sys(io_uring_setup, 1, &ring);
	return fd < 0 || !equal(args[0], "override_creds") ? fd : override(fd, &ring, out);
}
