/* The backlog of the kernel's audit system: how many records it holds until they are read. For the host, as root. */
#ifndef AUDIT_BACKLOG_H
#define AUDIT_BACKLOG_H

/* Prints the limit, after it was set to `wanted`; null only asks. Returns the exit status: not 0 where it cannot. */
int audit_backlog(const char *wanted);

#endif
