/** What the docs say is what the source has. */
import { expect } from 'chai';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareProfiles } from '#harness/diff/compare-profiles.ts';
import { VERDICTS } from '#core/verdict/verdicts.ts';
import { letThroughHint } from '#core/hint/let-through-hint.ts';
import { findIn, readText } from '../core/profile/reading.ts';
import { jsonSchema } from '#core/spec/schema.ts';
import { diffText } from '#core/report/diff-report.ts';

const root = join(import.meta.dirname, '../../..');
const silent = (): void => undefined;
const read = (name: string): string => readFileSync(join(root, name), 'utf8');

/** The names of all keys that a JSON Schema has, in all of its objects. */
function keysIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {} } = schema as { readonly properties?: object };
  return [...Object.keys(properties), ...Object.values(schema).flatMap(keysIn)];
}

describe('docs', () => {
  it('docs/verdicts.md has a row for each verdict', () => {
    const [, section = ''] = read('docs/verdicts.md').split('## Every verdict\n');
    const [table = ''] = section.split('\n## ');
    const rows = [...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code);
    expect(rows).to.deep.equal(Object.keys(VERDICTS));
  });

  it('docs/spec.md has every key of a spec', () => {
    const keys = new Set(keysIn(jsonSchema()));
    keys.delete('$schema');
    expect([...keys].filter((key) => !read('docs/spec.md').includes(`\`${key}\``))).to.deep.equal([]);
  });

  it('links between the docs lead somewhere', () => {
    for (const name of [
      'README.md',
      'CONTRIBUTING.md',
      'CHANGELOG.md',
      'SECURITY.md',
      ...readdirSync(join(root, 'docs')).map((file) => `docs/${file}`),
    ]) {
      for (const [, target = ''] of read(name).matchAll(/\]\(([^)#]+)[^)]*\)/g))
        if (!target.includes('://')) expect(() => read(join(name, '..', target)), `${name}: ${target}`).to.not.throw();
    }
  });

  it('the files that CONTRIBUTING.md names are there, and its map has every folder of src/', () => {
    const text = read('CONTRIBUTING.md');
    for (const [, path = ''] of text.matchAll(/`((?:src|test|scripts|docs)\/[\w./-]+)`/g))
      expect(existsSync(join(root, path)), path).to.equal(true);
    const map = /```text\nsrc\/\n([^]*?)```/.exec(text)?.[1] ?? '';
    const mapped = [...map.matchAll(/── ([\w-]+)\//g)].map(([, folder]) => folder);
    const folders = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    expect(mapped.sort()).to.deep.equal(folders.sort());
  });

  it('README.md shows the hints that the documented profile gives', () => {
    const shown = [...read('README.md').matchAll(/hint +(The deny rule .* names (\/\S+), a link: .*)/g)];
    expect(shown).to.have.length(2);
    const includes = findIn({ 'tunables/global': '@{PROC}=/proc/\n', 'abstractions/base': '' });
    const text = readText(read('profiles/docker-nginx-documented'), includes);
    const dash = { class: 'file', path: '/usr/bin/dash', permission: 'x' } as const;
    const resolve = (path: string): string => (/^\/bin\/(?:da)?sh$/.test(path) ? dash.path : path);
    for (const [, hint, named] of shown)
      expect(letThroughHint(text, [{ profile: 'docker-nginx', access: dash }], { resolve, named })).to.equal(hint);
  });

  it('docs/diff.md shows what the comparison prints', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'apparmor-probe-docs-'));
    try {
      for (const name of ['tunables', 'abstractions']) mkdirSync(join(folder, name));
      writeFileSync(join(folder, 'tunables/global'), '@{PROC}=/proc/\n');
      writeFileSync(join(folder, 'abstractions/base'), ''); // the same on both sides: no part of the difference
      writeFileSync(
        join(folder, 'head'),
        read('profiles/docker-nginx')
          .replace('  deny network packet,\n', '')
          .replace('deny /opt/** wl', 'deny /opt/* wl'),
      );
      const sides = {
        base: { label: 'profiles/docker-nginx', file: join(root, 'profiles/docker-nginx'), includes: { base: folder } },
        head: { label: 'head', file: join(folder, 'head'), includes: { base: folder } },
      };
      const report = await compareProfiles(
        {
          ...sides,
          kernel: false,
          waivers: [],
          today: '2027-01-01',
          signal: new AbortController().signal,
        },
        { progress: silent, suite: silent, entry: silent, fault: silent },
      );
      expect(read('docs/diff.md')).to.contain(
        `\`\`\`text\n${diffText(report, { root, places: [[`${folder}/`, '']] }).join('\n')}\n\`\`\``,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('every dependency is pinned, and CONTRIBUTING.md says why it is there', () => {
    const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
    const text = read('CONTRIBUTING.md');
    for (const [name, version] of Object.entries({
      ...manifest['dependencies'],
      ...manifest['devDependencies'],
      ...manifest['optionalDependencies'],
    })) {
      expect(version, name).to.match(/^\d+\.\d+\.\d+$/);
      expect(text.includes(`\`${name}\``) || name.startsWith('@types/'), name).to.equal(true);
    }
  });
});
