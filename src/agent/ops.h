/* Operations: one attempted access each. "Try the access, not the effect." docs/agent-operations.md describes them all.
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

/* Lets go of the process that a `…-hold` operation holds, if there is one. */
void release_held(void);

/* Names this thread. The kernel writes the name into audit records, which is how a record finds its probe. */
void set_name(const char *name);

/* The name under which attempts are made from now on. */
void set_probe(const char *name);

/* Names for what the agent does on its own account, so that a record of it is no probe's. */
#define NAME_AGENT "aa-probe-agent"
#define NAME_UNDO "aa-probe-undo"

#endif
