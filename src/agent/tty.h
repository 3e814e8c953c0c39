#ifndef TTY_H
#define TTY_H

/* `agent tty TOKEN TAG TIMEOUT_MS -- ARGV…`: a command on the runtime's terminal. Returns the exit status: the
 * command's own, 128 and the number of the signal that ended it, or 255.
 */
int tty(int argc, char **argv, char **envp);

#endif
