#!/usr/bin/env node
/** Entry point of the command line, and the only file of src/cli/ that runs at import. */
import { createProgram, reportFailure } from './program.ts';

// a reader that ends early, as in `| head`, is not an error
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const program = createProgram();
program.parseAsync().catch((thrown: unknown) => {
  process.exitCode = reportFailure(thrown, program);
});
