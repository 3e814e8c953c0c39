/** The Debian mirror of this machine, read from its own apt configuration. No mirror is built in. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HarnessError } from '#core/model/errors.ts';

/** Names by which Debian's archive calls its releases; another distribution's sources have none of them. */
const DEBIAN_SUITES = new Set([
  'stable',
  'testing',
  'unstable',
  'oldstable',
  'bullseye',
  'bookworm',
  'trixie',
  'forky',
  'duke',
  'sid',
]);

interface Entry {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

/**
 * Finds the Debian archive in apt sources.
 * @param files name and text of each file; the name's end (`.list`, `.sources`) tells the format
 * @returns the address of the first entry for a Debian release with component main; undefined when there is none
 */
export function findMirror(files: readonly { readonly name: string; readonly text: string }[]): string | undefined {
  for (const file of files) {
    const entries = file.name.endsWith('.sources') ? parseDeb822(file.text) : parseList(file.text);
    for (const entry of entries) {
      if (!entry.components.includes('main') || !entry.suites.some((suite) => DEBIAN_SUITES.has(suite))) continue;
      const uri = entry.uris.find((candidate) => /^https?:\/\//.test(candidate));
      if (uri !== undefined) return uri.replace(/\/+$/, '');
    }
  }
  return undefined;
}

function parseList(text: string): Entry[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+([^#]+)/.exec(line);
    return match === null ? [] : [{ uris: [match[1] ?? ''], suites: [match[2] ?? ''], components: words(match[3]) }];
  });
}

function parseDeb822(text: string): Entry[] {
  const plain = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');
  return plain.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = new Map<string, string>();
    for (const match of stanza.matchAll(/^([A-Za-z-]+):((?:.*)(?:\n[ \t].*)*)/gm))
      fields.set((match[1] ?? '').toLowerCase(), match[2] ?? '');
    if (!words(fields.get('types')).includes('deb') || fields.get('enabled')?.trim().toLowerCase() === 'no') return [];
    return [
      {
        uris: words(fields.get('uris')),
        suites: words(fields.get('suites')),
        components: words(fields.get('components')),
      },
    ];
  });
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}

/**
 * The mirror to build from: `APPARMOR_PROBE_MIRROR`, else what this machine's apt uses.
 * @param etc folder of apt's configuration, for tests
 */
export async function debianMirror(etc = '/etc/apt'): Promise<string> {
  const given = process.env['APPARMOR_PROBE_MIRROR'];
  if (given !== undefined && given !== '') return given.replace(/\/+$/, '');
  const parts = await readdir(join(etc, 'sources.list.d')).catch(() => []);
  const names = [
    'sources.list',
    ...parts
      .filter((name) => /\.(list|sources)$/.test(name))
      .sort()
      .map((name) => join('sources.list.d', name)),
  ];
  const files = await Promise.all(
    names.map(async (name) => ({ name, text: await readFile(join(etc, name), 'utf8').catch(() => '') })),
  );
  const found = findMirror(files);
  if (found !== undefined) return found;
  throw new HarnessError(
    'lab-tools',
    'No Debian mirror is configured on this machine; set APPARMOR_PROBE_MIRROR to the address of one.',
  );
}
