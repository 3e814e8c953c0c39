#include "text.h"

void *memcpy(void *to, const void *from, u64 size)
{
	u8 *t = to;
	const u8 *f = from;
	while (size--)
		*t++ = *f++;
	return to;
}

void *memmove(void *to, const void *from, u64 size)
{
	u8 *t = to;
	const u8 *f = from;
	if (t < f)
		return memcpy(to, from, size);
	while (size--)
		t[size] = f[size];
	return to;
}

void *memset(void *to, int value, u64 size)
{
	u8 *t = to;
	while (size--)
		*t++ = (u8)value;
	return to;
}

u64 length(const char *text)
{
	u64 n = 0;
	while (text[n])
		n++;
	return n;
}

int equal(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

int starts_with(const char *text, const char *start)
{
	while (*start && *text == *start) {
		text++;
		start++;
	}
	return !*start;
}

int one_of(const char *word, const char *list)
{
	u64 size = 0;
	while (word[size] && word[size] != ' ')
		size++;
	if (word[size])
		return 0;
	for (int place = 1; *list; place++) {
		if (starts_with(list, word) && (list[size] == ' ' || !list[size]))
			return place;
		while (*list && *list++ != ' ') {
		}
	}
	return 0;
}

int parse_number(const char *text, u64 max, u64 *value)
{
	u64 n = 0;
	if (!*text)
		return 0;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || n > max / 10)
			return 0;
		n = n * 10 + (u64)(*text - '0');
		if (n > max)
			return 0;
	}
	*value = n;
	return 1;
}

u64 format_number(char *to, long value)
{
	char digits[NUMBER_SIZE];
	u64 n = value < 0 ? 0 - (u64)value : (u64)value;
	u64 count = 0, at = 0;
	do
		digits[count++] = (char)('0' + n % 10);
	while (n /= 10);
	if (value < 0)
		to[at++] = '-';
	while (count)
		to[at++] = digits[--count];
	to[at] = 0;
	return at;
}

void append(char *buffer, u64 size, const char *text)
{
	u64 used = length(buffer), more = length(text);
	if (used + more < size)
		memcpy(buffer + used, text, more + 1);
}

void append_number(char *buffer, u64 size, const char *text, long number)
{
	char digits[NUMBER_SIZE];
	format_number(digits, number);
	append(buffer, size, text);
	append(buffer, size, digits);
}
