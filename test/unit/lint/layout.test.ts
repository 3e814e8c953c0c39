/** Each rule of the layout can fail, and lets through what it should. */
import { expect } from 'chai';
import { ESLint } from 'eslint';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import tseslint from 'typescript-eslint';
import { circles, graphOf } from '../../../scripts/lint/figures/graph.ts';
import { layoutRules } from '../../../scripts/lint/layout-rules.mjs';
import { folderOf, IMPORTERS, MAY_IMPORT } from '../../../scripts/lint/layout.mjs';

const root = join(import.meta.dirname, '../../..');

/** The layout alone: without types, so that no file has to exist. */
const eslint = new ESLint({
  cwd: root,
  overrideConfigFile: true,
  overrideConfig: [{ files: ['**/*.ts'], languageOptions: { parser: tseslint.parser } }, ...layoutRules],
});

/** What the rules say of a text, if it stood in this file of src/. */
async function problems(file: string, text: string): Promise<string[]> {
  const [result] = await eslint.lintText(text, { filePath: join(root, 'src', file) });
  return (result?.messages ?? []).map(({ message }) => message.replace(/ See scripts\/lint\/layout\.mjs\.$/, ''));
}

interface Case {
  readonly file: string;
  readonly denied: string;
  readonly because: string;
  readonly allowed: string;
}

/** One row for each row of MAY_IMPORT. */
// prettier-ignore
const FOLDERS: readonly Case[] = [
  { file: 'cli/commands/a.ts', denied: '#action/b.ts', because: 'cli/ must not import action/.', allowed: '#harness/run/b.ts' },
  { file: 'action/a.ts', denied: '#cli/commands/b.ts', because: 'action/ must not import cli/.', allowed: '#adapters/host/b.ts' },
  { file: 'harness/diff/a.ts', denied: '#cli/b.ts', because: 'harness/diff/ must not import cli/.', allowed: '../run/b.ts' },
  { file: 'harness/run/a.ts', denied: '../diff/b.ts', because: 'harness/run/ must not import harness/diff/.', allowed: '../suite/b.ts' },
  { file: 'harness/init/a.ts', denied: '../run/b.ts', because: 'harness/init/ must not import harness/run/.', allowed: '#adapters/kernel/b.ts' },
  { file: 'harness/mutate/a.ts', denied: '#harness/run/b.ts', because: 'harness/mutate/ must not import harness/run/.', allowed: '#harness/suite/b.ts' },
  { file: 'harness/suite/a.ts', denied: '#action/b.ts', because: 'harness/suite/ must not import action/.', allowed: '../session/b.ts' },
  { file: 'harness/session/a.ts', denied: '../suite/b.ts', because: 'harness/session/ must not import harness/suite/.', allowed: '#adapters/kernel/b.ts' },
  { file: 'adapters/probe/a.ts', denied: '../lab/b.ts', because: 'adapters/probe/ must not import adapters/lab/.', allowed: '../kernel/b.ts' },
  { file: 'adapters/container/a.ts', denied: '#adapters/kernel/b.ts', because: 'adapters/container/ must not import adapters/kernel/.', allowed: '#adapters/host/b.ts' },
  { file: 'adapters/kernel/log/a.ts', denied: '../../probe/b.ts', because: 'adapters/kernel/ must not import adapters/probe/.', allowed: '../parser/b.ts' },
  { file: 'adapters/lab/a.ts', denied: '#harness/run/b.ts', because: 'adapters/lab/ must not import harness/run/.', allowed: '#core/model/b.ts' },
  { file: 'adapters/host/a.ts', denied: '../container/b.ts', because: 'adapters/host/ must not import adapters/container/.', allowed: './b.ts' },
  { file: 'core/generate/a.ts', denied: '../report/b.ts', because: 'core/generate/ must not import core/report/.', allowed: '../coverage/b.ts' },
  { file: 'core/report/a.ts', denied: '#adapters/host/b.ts', because: 'core/report/ must not import adapters/host/.', allowed: '../verdict/b.ts' },
  { file: 'core/hint/a.ts', denied: '../report/b.ts', because: 'core/hint/ must not import core/report/.', allowed: '../coverage/b.ts' },
  { file: 'core/coverage/a.ts', denied: '../report/b.ts', because: 'core/coverage/ must not import core/report/.', allowed: '../verdict/b.ts' },
  { file: 'core/verdict/a.ts', denied: '#harness/run/b.ts', because: 'core/verdict/ must not import harness/run/.', allowed: '../audit/b.ts' },
  { file: 'core/mutation/a.ts', denied: '../verdict/b.ts', because: 'core/mutation/ must not import core/verdict/.', allowed: '../profile/b.ts' },
  { file: 'core/spec/a.ts', denied: '../audit/b.ts', because: 'core/spec/ must not import core/audit/.', allowed: '../profile/semantics/b.ts' },
  { file: 'core/audit/a.ts', denied: '../profile/b.ts', because: 'core/audit/ must not import core/profile/.', allowed: '../model/b.ts' },
  { file: 'core/profile/syntax/a.ts', denied: '../../spec/b.ts', because: 'core/profile/ must not import core/spec/.', allowed: '../../text/b.ts' },
  { file: 'core/model/a.ts', denied: '../text/b.ts', because: 'core/model/ must not import core/text/.', allowed: './b.ts' },
  { file: 'core/text/a.ts', denied: '#core/model/b.ts', because: 'core/text/ must not import core/model/.', allowed: '#core/text/b.ts' },
];

/** One row for each row of IMPORTERS. `file` is a file beside the importer, `importer` one that may. */
// prettier-ignore
const PACKAGES = [
  { name: '@actions/core', specifier: '@actions/core', file: 'action/inputs.ts', importer: 'action/action.ts' },
  { name: 'chai', specifier: 'chai', file: 'harness/run/run-suite.ts', importer: 'harness/run/mocha.ts' },
  { name: 'commander', specifier: 'commander', file: 'action/inputs.ts', importer: 'cli/commands/lab.ts' },
  { name: 'dockerode', specifier: 'dockerode', file: 'adapters/probe/a.ts', importer: 'adapters/container/engine.ts' },
  { name: 'junit-report-builder', specifier: 'junit-report-builder', file: 'core/report/summary.ts', importer: 'core/report/junit-report.ts' },
  { name: 'mocha', specifier: 'mocha/lib/runner.js', file: 'harness/run/run-suite.ts', importer: 'harness/run/mocha.ts' },
  { name: 'node:child_process', specifier: 'child_process', file: 'adapters/host/sudo.ts', importer: 'adapters/host/exec.ts' },
  { name: 'node:child_process', specifier: 'node:child_process', file: 'adapters/lab/build.ts', importer: 'adapters/host/exec.ts' },
  { name: 'tar-stream', specifier: 'tar-stream', file: 'adapters/lab/build.ts', importer: 'adapters/lab/wire/tar-pack.ts' },
  { name: 'yaml', specifier: 'yaml', file: 'core/report/a.ts', importer: 'core/spec/a.ts' },
  { name: 'zod', specifier: 'zod/v4/core', file: 'core/model/a.ts', importer: 'core/spec/a.ts' },
];

describe('layout', () => {
  describe('between folders', () => {
    for (const { file, denied, because, allowed } of FOLDERS)
      it(because, async () => {
        expect(await problems(file, `import { a } from '${denied}';`)).to.deep.equal([because]);
        expect(await problems(file, `import { a } from '${allowed}';`)).to.deep.equal([]);
      });

    it('tries each row of the table', () => {
      expect(FOLDERS.map(({ file }) => folderOf(file))).to.have.members(Object.keys(MAY_IMPORT));
    });

    it('has a table without circles', () => {
      const rows = Object.keys(MAY_IMPORT);
      const rowsOf = (place: string): string[] => rows.filter((row) => row === place || row.startsWith(`${place}/`));
      const arrows = Object.entries(MAY_IMPORT).flatMap(([row, places]) =>
        places.flatMap(rowsOf).map((target): [string, string] => [row, target]),
      );
      expect(circles(graphOf(rows, arrows))).to.deep.equal([]);
    });

    it('goes by #folder/… from one top-level folder to another', async () => {
      const because = 'Between top-level folders, write #folder/….';
      expect(await problems('harness/run/a.ts', "import '../../core/model/b.ts';")).to.deep.equal([because]);
      expect(await problems('harness/run/a.ts', "import '#core/model/b.ts';")).to.deep.equal([]);
      expect(await problems('harness/run/a.ts', "import '../../../test/guest/kit.ts';")).to.deep.equal([because]);
    });
  });

  describe('packages', () => {
    for (const { name, specifier, file, importer } of PACKAGES)
      it(`${specifier} is imported by ${importer}, not by ${file}`, async () => {
        const text = `import a from '${specifier}';`;
        expect(await problems(file, text)).to.deep.equal([`Only ${IMPORTERS[name] ?? ''} imports ${name}.`]);
        expect(await problems(importer, text)).to.deep.equal([]);
      });

    it('tries each row of the table', () => {
      expect([...new Set(PACKAGES.map(({ name }) => name))]).to.have.members(Object.keys(IMPORTERS));
    });

    it('knows every package that the program depends on, and no others', async () => {
      const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
        readonly dependencies: Readonly<Record<string, string>>;
      };
      const packages = Object.keys(IMPORTERS).filter((name) => !name.startsWith('node:'));
      expect(packages).to.have.members(Object.keys(dependencies));

      const because = 'The package left-pad has no importer in the table.';
      expect(await problems('cli/a.ts', "import pad from 'left-pad';")).to.deep.equal([because]);
    });

    it('does not let the exempt file do more than its folder may', async () => {
      const because = 'adapters/host/ must not import adapters/kernel/.';
      expect(await problems('adapters/host/exec.ts', "import '../kernel/b.ts';")).to.deep.equal([because]);
    });
  });

  describe('core is pure', () => {
    // prettier-ignore
    const cases = [
      { denied: "import { readFileSync } from 'node:fs';", because: /must not import node:fs\./, allowed: "import { join } from 'node:path';" },
      { denied: "import { readFile } from 'fs/promises';", because: /must not import node:fs\/promises\./, allowed: "import { join } from 'path';" },
      { denied: "import type { Stats } from 'node:fs';", because: /must not import node:fs\./, allowed: "import { inspect } from 'node:util';" },
      { denied: "import test from 'node:test';", because: /must not import node:test\./, allowed: "import vm from 'node:vm';" },
      { denied: 'process.exit(1);', because: /'process'.*core\/ is pure\./, allowed: 'thing.process.exit(1);' },
      { denied: 'fetch(url);', because: /'fetch'.*core\/ is pure\./, allowed: 'source.fetch(url);' },
      { denied: 'performance.now();', because: /'performance'.*core\/ is pure\./, allowed: 'clock.now();' },
      { denied: 'setTimeout(f, 1);', because: /'setTimeout'.*core\/ is pure\./, allowed: 'f();' },
      { denied: 'setInterval(f, 1);', because: /'setInterval'.*core\/ is pure\./, allowed: 'f();' },
      { denied: 'setImmediate(f);', because: /'setImmediate'.*core\/ is pure\./, allowed: 'f();' },
      { denied: 'Date.now();', because: /core\/ must not read the clock\./, allowed: 'Date.parse(text);' },
      { denied: 'new Date();', because: /core\/ must not read the clock\./, allowed: 'new Date(text);' },
      { denied: 'Math.random();', because: /core\/ must not use random numbers\./, allowed: 'Math.round(1.5);' },
    ] as const;
    for (const { denied, because, allowed } of cases)
      it(`${denied} is not, ${allowed} is`, async () => {
        const [problem, ...others] = await problems('core/model/a.ts', denied);
        expect(problem).to.match(because);
        expect(others).to.deep.equal([]);
        expect(await problems('core/model/a.ts', allowed)).to.deep.equal([]);
        expect(await problems('adapters/host/a.ts', denied), 'in adapters/').to.deep.equal([]);
      });
  });

  describe('sees every form of an import', () => {
    const because = 'core/model/ must not import cli/.';
    const forms = [
      "import '#cli/b.ts';",
      "import type { B } from '#cli/b.ts';",
      "export { b } from '#cli/b.ts';",
      "export * from '#cli/b.ts';",
      "const b = await import('#cli/b.ts');",
      "let b: import('#cli/b.ts').B;",
    ];
    for (const form of forms)
      it(form, async () => {
        expect(await problems('core/model/a.ts', form)).to.deep.equal([because]);
        expect(await problems('core/model/a.ts', form.replace('#cli', '#core/model'))).to.deep.equal([]);
      });

    it('and refuses those that it cannot read', async () => {
      const unreadable = 'Write out what is imported, so that it can be checked.';
      expect(await problems('core/model/a.ts', 'await import(name);')).to.deep.equal([unreadable]);
      expect(await problems('core/model/a.ts', 'const a = 1; export { a };')).to.deep.equal([]);
    });
  });

  describe('covers all of src/', () => {
    it('every file stands in a folder of the table', () => {
      const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
      const sources = files.filter((file) => file.endsWith('.ts'));
      expect(sources).to.not.be.empty;
      expect(sources.filter((file) => folderOf(file) === undefined)).to.deep.equal([]);
    });

    it('a new top-level folder, a new folder and a loose file are errors until they have a row', async () => {
      for (const file of ['plugins/a.ts', 'core/new/a.ts', 'a.ts'])
        expect(await problems(file, '')).to.deep.equal([`src/${file} is in no folder of the table.`]);
    });

    it('has no row for a folder that is gone, and each arrow leads to a row or to a top-level folder', () => {
      const entries = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
      const named = [...Object.keys(MAY_IMPORT), ...Object.values(MAY_IMPORT).flat(), ...Object.values(IMPORTERS)];
      expect(named.filter((place) => !entries.includes(place))).to.deep.equal([]);
    });
  });
});
