#include "protocol.h"
#include "text.h"

enum { HEAD_SIZE = 4, SMALL_FRAMES = 4096 };

/* Buffers have their final size, so there is no allocation and nothing to overflow but these. */
static char input[HEAD_SIZE + REQUEST_MAX + CHUNK];
static u64 input_start, input_end;
static u8 output[2 * CHUNK + SMALL_FRAMES];
static u64 output_end, output_peak, frame_start;
char token[TOKEN_SIZE];

enum { FRAME_MAX = CHUNK + 1024 }; /* an output chunk with its tag; every other frame is far smaller */

static void wait_ready(int fd, short events)
{
	struct pollfd one = {.fd = fd, .events = events};
	sys_poll(&one, 1, 0);
}

long write_all(int fd, const void *bytes, u64 size)
{
	const u8 *at = bytes;
	while (size) {
		long n = sys_write(fd, at, size);
		if (n == -EAGAIN)
			wait_ready(fd, POLLOUT);
		else if (n < 0 && n != -EINTR)
			return n;
		else if (n > 0) {
			at += n;
			size -= (u64)n;
		}
	}
	return 0;
}

long flush(void)
{
	long error = write_all(1, output, output_end);
	output_end = 0;
	return error;
}

static void put(const void *bytes, u64 size)
{
	memcpy(output + output_end, bytes, size);
	output_end += size;
}

static void put_text(const char *text)
{
	put(text, length(text) + 1);
}

static void put_number(long value)
{
	char digits[NUMBER_SIZE];
	put(digits, format_number(digits, value) + 1);
}

static void begin(enum frame_type type)
{
	char letter = (char)type;
	if (output_end + FRAME_MAX > sizeof output && flush() < 0)
		sys_exit(EXIT_OUTPUT);
	frame_start = output_end;
	output_end += HEAD_SIZE;
	put(token, TOKEN_SIZE);
	put(&letter, 1);
}

static void end(void)
{
	u64 size = output_end - frame_start - HEAD_SIZE;
	for (int i = 0; i < HEAD_SIZE; i++)
		output[frame_start + (u64)i] = (u8)(size >> (8 * i));
	if (output_end > output_peak)
		output_peak = output_end;
}

void send_hello(void)
{
	begin(FRAME_HELLO);
	put_text(PROTOCOL_VERSION);
	end();
}

void send_waiting(const char *tag, long pid)
{
	begin(FRAME_WAITING);
	put_text(tag);
	put_number(pid);
	end();
}

void send_result(const struct result *r)
{
	begin(FRAME_RESULT);
	put_text(r->tag);
	put_text(r->stage);
	put_number(r->error);
	put_number(r->exit);
	put_number(r->signal);
	put_number((long)r->stdout_bytes);
	put_number((long)r->stderr_bytes);
	put_number((long)r->duration);
	put_number(r->kill_error);
	put_number(r->details.undo_error);
	put_number(r->details.asked_only_error);
	put_number(r->details.paused_pid);
	put_text(r->details.stopped_at);
	put_text(r->details.remark);
	end();
}

void send_output(enum frame_type type, const char *tag, const void *bytes, u64 size)
{
	begin(type);
	put_text(tag);
	put(bytes, size);
	end();
}

void fatal(const char *why)
{
	begin(FRAME_FATAL);
	put_text(why);
	end();
	flush();
	sys_exit(EXIT_PROTOCOL);
}

void forget(void)
{
	memset(output, 0, output_peak);
	memset(token, 0, sizeof token);
}

/* Makes `size` bytes available at input_start. Returns 0 at the end of the input. */
static int fill(u64 size)
{
	while (input_end - input_start < size) {
		if (input_start + size > sizeof input || sizeof input - input_end < CHUNK) {
			memmove(input, input + input_start, input_end - input_start);
			input_end -= input_start;
			input_start = 0;
		}
		if (flush() < 0)
			sys_exit(EXIT_OUTPUT);
		long n = sys_read(0, input + input_end, CHUNK);
		if (n == -EAGAIN)
			wait_ready(0, POLLIN);
		else if (n == 0 || (n < 0 && n != -EINTR))
			return 0;
		else if (n > 0)
			input_end += (u64)n;
	}
	return 1;
}

int next_request(char **fields, int *count)
{
	if (!fill(HEAD_SIZE)) {
		if (input_end != input_start)
			fatal("request cut short");
		return 0;
	}
	const u8 *head = (const u8 *)input + input_start;
	u64 size = head[0] | (u64)head[1] << 8 | (u64)head[2] << 16 | (u64)head[3] << 24;
	if (size > REQUEST_MAX)
		fatal("request too long");
	if (size == 0)
		fatal("request empty");
	if (!fill(HEAD_SIZE + size))
		fatal("request cut short");

	char *at = input + input_start + HEAD_SIZE, *stop = at + size;
	input_start += HEAD_SIZE + size;
	if (stop[-1] != 0)
		fatal("request does not end with NUL");
	for (*count = 0; at < stop; at += length(at) + 1) {
		if (*count == FIELDS_MAX)
			fatal("request has too many fields");
		fields[(*count)++] = at;
	}
	fields[*count] = 0;
	return 1;
}
