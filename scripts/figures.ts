/**
 * `npm run figures [-- [--check] FOLDER…]`: how readable the sources are, in figures and by name.
 * FOLDER is a checkout of this repository, of any commit and with any layout; without one, this checkout.
 * Several are shown side by side:
 *
 *   git worktree add /tmp/before 4d6e886
 *   npm run figures -- /tmp/before .
 *
 * Rooms are the folders of src/ and its loose files. Floors are the longest chain of rooms that import each other.
 * An arrow runs back up when it closes a circle of rooms: the one with the fewest imports in it.
 * File names are compared without folder and extension. Imports of types count.
 *
 * With --check it prints nothing and exits with 0 when all limits are kept, else with 1.
 */
import { basename } from 'node:path';
import { measure } from './lint/figures/measure.ts';
import { brokenLimits, details, table } from './lint/figures/rows.ts';

const REPOSITORY = `${import.meta.dirname}/..`;

const given = process.argv.slice(2);
const checking = given.includes('--check');
const folders = given.filter((argument) => !argument.startsWith('--'));

const checkouts = [];
for (const folder of folders.length > 0 ? folders : [REPOSITORY]) {
  const figures = await measure(folder);
  checkouts.push({ name: basename(figures.root), figures });
}
const broken = checkouts.flatMap(({ figures }) => brokenLimits(figures));

if (!checking || broken.length > 0) {
  process.stdout.write(table(checkouts));
  for (const { name, figures } of checkouts) process.stdout.write(`\n--- ${name}\n${details(figures)}`);
}
if (checking && broken.length > 0) {
  process.stderr.write(`\nOver the limit: ${broken.join('; ')}.\n`);
  process.exitCode = 1;
}
