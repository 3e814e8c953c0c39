/*
 * Operations: one attempted access each. "Try the access, not the effect." docs/agent-operations.md describes them all.
 */
#ifndef OPS_H
#define OPS_H
#include "protocol.h"

/*
 * Performs the operation `name` with `args` under the thread name `tag` and fills in `result`.
 * With `isolated` it runs in a child of its own, which /proc shows as an ordinary process of its user (the agent itself
 * is hidden, see main.c) and which a profile in kill mode may kill without ending the agent.
 * Returns what is wrong with the request, or null.
 */
const char *perform(const char *tag, const char *name, char **args, int count, int isolated, struct result *result);

/* Ends the process that a `…-pause` operation left, if there is one. */
void release_paused(void);

#endif
