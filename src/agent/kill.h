/* Ending processes without the permission that kill(2) needs. */
#ifndef KILL_H
#define KILL_H

/*
 * Kills a process, or with a negative number a group.
 *
 * A profile without signal rules refuses kill(2) even between the agent and its own child, and the refusal would be a
 * record under the profile that is being tested. Here the kernel itself sends the signal, as the owner of a descriptor
 * ordered SIGKILL as its notice of input (fcntl(2), F_SETSIG). The kernel compares user ids, as kill(2) does, but asks
 * AppArmor nothing. There is no answer: look whether the process has ended.
 */
void kill_quietly(int owner);

#endif
