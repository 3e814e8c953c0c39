/** The command line that repeats a command elsewhere: in a lab guest, or as root. */
import { resolve } from 'node:path';
import { optionsOf, toArgv, type OptionRow } from '../options.ts';
import type { CommandArguments } from '../command-arguments.ts';

/** The commands that can run in a lab guest. */
type GuestCommand = 'run' | 'diff' | 'mutate' | 'init';

/**
 * Writes the arguments that do the same on the machine that reads them. Files lie under the same paths there, so paths
 * are made absolute.
 * @param operands passed on as they are
 */
export function toGuestArgv<Name extends GuestCommand>(
  command: Name,
  options: CommandArguments[Name],
  operands: readonly string[],
): string[] {
  const values = new Map<string, unknown>(Object.entries(options));
  const passedOn = optionsOf(command)
    .filter(([, row]) => row.inGuest !== 'omitted')
    .map(([name, row]) => [name, guestValue(row, values.get(name))]);
  const guestOptions = { ...Object.fromEntries(passedOn), host: 'local' } as Partial<CommandArguments[Name]>;
  return toArgv(command, guestOptions, operands);
}

function guestValue(row: OptionRow, value: unknown): unknown {
  if (row.inGuest !== 'absolute-path' || value === undefined) return value;
  const path = value as string | readonly string[];
  return typeof path === 'string' ? resolve(path) : path.map((folder) => resolve(folder));
}
