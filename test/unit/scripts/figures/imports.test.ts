import { expect } from 'chai';
import { arrows } from '../../../../scripts/lint/figures/graph.ts';
import { importGraph, specifiers, type Disk } from '../../../../scripts/lint/figures/imports.ts';

/** A disk with these files. */
function diskOf(files: Readonly<Record<string, string>>): Disk {
  return { fileExists: (path) => path in files, readFile: (path) => files[path] };
}

describe('figures: imports', () => {
  // prettier-ignore
  const forms = [
    ["import './a.ts';", 'for its effects'],
    ["import { a } from './a.ts';", 'of a value'],
    ["import type { A } from './a.ts';", 'of a type'],
    ["export { a } from './a.ts';", 'that is handed on'],
    ["export * from './a.ts';", 'that is handed on whole'],
    ["const a = await import('./a.ts');", 'at run time'],
    ["let a: import('./a.ts').A;", 'in a type'],
  ] as const;
  for (const [text, name] of forms)
    it(`sees an import ${name}`, () => {
      expect(specifiers(text)).to.deep.equal(['./a.ts']);
    });

  it('sees none in comments and strings', () => {
    expect(specifiers("// import './a.ts';\nconst text = \"import './b.ts';\";")).to.deep.equal([]);
  });

  it('resolves relative paths and the imports of package.json, and leaves out everything else', () => {
    const disk = diskOf({
      '/house/package.json': '{ "name": "house", "imports": { "#core/*": "./src/core/*" } }',
      '/house/src/cli/main.ts':
        "import '#core/a.ts'; import './b.ts'; import 'node:fs'; import 'chai'; import './no.ts';",
      '/house/src/cli/b.ts': "import '../core/a.ts';",
      '/house/src/core/a.ts': '',
    });
    const graph = importGraph('/house', ['src/cli/main.ts', 'src/cli/b.ts', 'src/core/a.ts'], disk);
    expect(arrows(graph).map(({ from, to }) => `${from} > ${to}`)).to.have.members([
      'src/cli/main.ts > src/core/a.ts',
      'src/cli/main.ts > src/cli/b.ts',
      'src/cli/b.ts > src/core/a.ts',
    ]);
  });
});
