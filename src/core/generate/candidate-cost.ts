/** How plain a candidate is to a reader: of several that show the same, the cheapest becomes the probe. Pure. */

/** A path of three parts, such as /usr/bin/env, is the most telling; each part more or less costs this. */
const IDEAL_DEPTH = 3;
const COST_PER_LEVEL = 10;

/** Names that every reader knows. */
const WELL_KNOWN_PATHS = [
  'etc/(?:passwd|hostname|group)',
  'usr/bin/(?:env|id|free)',
  'proc/(?:version|sysrq-trigger|kcore)',
  'var/tmp',
  'tmp',
];
const WELL_KNOWN = new RegExp(`^/(?:${WELL_KNOWN_PATHS.join('|')})`);
const WELL_KNOWN_BONUS = 30;

/** Names below /sys only exist where a placeholder folder is mounted. */
const COST_OF_SYS = 20;

/** Digits, capitals and the like: hashes, versions, names of hardware. */
const COST_OF_ODD_CHARACTERS = 12;

/** It needs more accesses than the one that it shows. */
const COST_OF_EXEC_COPY = 60;

/** The order only decides between candidates of the same cost: it stays below 1 for a million of them. */
const COST_PER_PLACE = 1e-6;

/**
 * @param path that is tried, if any.
 * @param order place in the list of all candidates.
 */
export function costOf(words: readonly string[], path: string | undefined, order: number): number {
  const ofOperation = words[0] === 'exec-copy' ? COST_OF_EXEC_COPY : 0;
  return ofOperation + costOfPath(path) + order * COST_PER_PLACE;
}

function costOfPath(path: string | undefined): number {
  if (path === undefined) return 0;

  const depth = path.split('/').length - 1;
  let cost = Math.abs(depth - IDEAL_DEPTH) * COST_PER_LEVEL + path.length;
  if (WELL_KNOWN.test(path)) cost -= WELL_KNOWN_BONUS;
  if (path.startsWith('/sys/')) cost += COST_OF_SYS;
  if (/[^a-z/.-]/.test(path)) cost += COST_OF_ODD_CHARACTERS;
  return cost;
}
