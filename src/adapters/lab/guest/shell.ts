/** A shell in the guest, for a person at a terminal. */
import { PassThrough } from 'node:stream';
import type { GuestExit } from '../wire/guest-exit.ts';
import type { Guest } from './guest.ts';

/** Gives this process's terminal to a login shell in the guest until that ends. */
export async function interactiveShell(guest: Guest): Promise<GuestExit> {
  const { stdin, stdout } = process;
  const raw = stdin.isTTY;
  // Through a pipe of its own: the command closes its input at its end, and the terminal must survive that.
  const keys = new PassThrough();
  if (raw) stdin.setRawMode(true);
  stdin.pipe(keys);
  try {
    return await guest.exec(['bash', '-l'], {
      tty: { rows: stdout.rows || 24, columns: stdout.columns || 80 },
      cwd: '/root',
      env: { TERM: process.env['TERM'] ?? 'xterm', SHELL: '/bin/bash' },
      stdin: keys,
      onStdout: (chunk) => {
        stdout.write(chunk);
      },
    });
  } finally {
    stdin.unpipe(keys);
    stdin.pause();
    if (raw) stdin.setRawMode(false);
  }
}
