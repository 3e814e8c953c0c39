/** Commands on a terminal inside the guest. */

/** A word as a POSIX shell reads it back unchanged. */
export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** The argv that runs a command on a new terminal and passes its exit status on. */
export function inTerminal(
  argv: readonly string[],
  size: { readonly rows: number; readonly columns: number },
): readonly string[] {
  const command = `stty rows ${size.rows} cols ${size.columns}; exec ${argv.map(shellQuote).join(' ')}`;
  return ['script', '--quiet', '--flush', '--return', '--command', command, '/dev/null'];
}
