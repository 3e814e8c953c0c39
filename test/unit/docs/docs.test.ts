/** What the docs say is what the source has. */
import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS } from '../../../src/errors.ts';

const root = join(import.meta.dirname, '../../..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');

describe('docs', () => {
  it('docs/verdicts.md lists exactly the codes of the verdict table', () => {
    const sources = read('src/verdict.ts') + read('src/run-suite.ts') + read('src/prepare.ts') + read('src/since.ts');
    const codes = new Set([...sources.matchAll(/verdict\('\w+', '([a-z-]+)'/g), ...sources.matchAll(/code: '([a-z-]+)'/g), ...sources.matchAll(/untried\(probe, '([a-z-]+)'/g)].map(([, code]) => code ?? ''));
    for (const code of ['internal', ...Object.keys(ERRORS)]) codes.delete(code);
    const listed = new Set([...read('docs/verdicts.md').matchAll(/\| `([a-z-]+)` \|$/gm)].map(([, code]) => code ?? ''));
    expect([...listed].sort()).to.deep.equal([...codes].sort());
  });

  it('links between the docs lead somewhere', () => {
    for (const name of ['README.md', 'CONTRIBUTING.md', ...readdirSync(join(root, 'docs')).map((file) => `docs/${file}`)]) {
      for (const [, target = ''] of read(name).matchAll(/\]\(([^)#]+)[^)]*\)/g)) if (!target.includes('://')) expect(() => read(join(name, '..', target)), `${name}: ${target}`).to.not.throw();
    }
  });

  it('every dependency is pinned, and CONTRIBUTING.md says why it is there', () => {
    const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
    const text = read('CONTRIBUTING.md');
    for (const [name, version] of Object.entries({ ...manifest['dependencies'], ...manifest['devDependencies'], ...manifest['optionalDependencies'] })) {
      expect(version, name).to.match(/^\d+\.\d+\.\d+$/);
      expect(text.includes(`\`${name}\``) || name.startsWith('@types/'), name).to.equal(true);
    }
  });
});
