/* Bytes, strings and decimal numbers. */
#ifndef TEXT_H
#define TEXT_H
#include "sys.h"

/* The compiler may call these three for assignments of structures. */
void *memcpy(void *to, const void *from, u64 size);
void *memmove(void *to, const void *from, u64 size);
void *memset(void *to, int value, u64 size);

u64 length(const char *text);
int equal(const char *a, const char *b);
int starts_with(const char *text, const char *start);

/* The place of a word, from 1, in a list of words with spaces between them; 0 when it is not one of them. */
int one_of(const char *word, const char *list);

/* Parses a decimal number without sign that is at most `max`. Returns 0 when the text is anything else. */
int parse_number(const char *text, u64 max, u64 *value);

/* Writes a decimal number; `to` has room for NUMBER_SIZE bytes. Returns the characters before the final NUL. */
enum { NUMBER_SIZE = 21 };

u64 format_number(char *to, long value);

/* Appends to a NUL-terminated string in a buffer of `size` bytes; what does not fit is left out. */
void append(char *buffer, u64 size, const char *text);
void append_number(char *buffer, u64 size, const char *text, long number);

#endif
