/* The thread's name, which the kernel writes into audit records (`comm`): it is how a record finds its probe. */
#ifndef NAME_H
#define NAME_H

/* Names for what the agent does on its own account, so that a record of it is no probe's. */
#define NAME_AGENT "aa-probe-agent"
#define NAME_UNDO "aa-probe-undo"

/* Names this thread: at most 15 bytes, the rest is cut off. */
void set_name(const char *name);

/* The name under which attempts are made from now on. It is kept, not copied. */
void set_probe(const char *name);

/*
 * Whose record is it? Everything under question happens under the probe's name; what only prepares for the question, or
 * takes its effect back, happens under a name of the agent, so that a refusal there is not taken for the probe's.
 */
void as_probe(void);
void as_agent(void);
void as_undo(void);

#endif
