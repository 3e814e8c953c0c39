#ifndef TTY_H
#define TTY_H

/* `agent tty TOKEN TAG TIMEOUT_MS -- ARGV…`: a command on the runtime's terminal. Returns an exit status. */
int tty(int argc, char **argv, char **envp);

#endif
