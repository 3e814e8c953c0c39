/**
 * Builds dist/ from src/: the command line, the action, the lab's guest agent, the published JSON Schema, and the
 * generated docs. The same source gives the same bytes anywhere. `--check` builds elsewhere and compares.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { bundle, root } from './bundle.mjs';

const checking = process.argv.includes('--check');
const out = checking ? mkdtempSync(join(tmpdir(), 'apparmor-probe-dist-')) : root;

const BUNDLES = {
  'src/cli/main.ts': 'dist/cli.cjs',
  'src/action/action.ts': 'dist/index.cjs',
  'src/adapters/lab/inside-guest/guest-agent.ts': 'dist/lab-agent.cjs',
};

async function bundles() {
  const packages = [];
  for (const [entry, file] of Object.entries(BUNDLES)) packages.push(...(await bundle(entry, join(out, file))));
  writeFileSync(join(out, 'dist/licenses.txt'), licenses([...new Set(packages)].sort()));
}

/** The licences of the packages in the bundles, as they ask for. */
function licenses(folders) {
  return folders
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
      const text =
        file === undefined
          ? 'No licence file is shipped with the package.'
          : readFileSync(join(root, folder, file), 'utf8').trim();
      return `${name} ${version} (${license ?? 'see below'})\n\n${text}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}

/** Generated text: path to contents. */
async function generated() {
  const file = join(mkdtempSync(join(tmpdir(), 'apparmor-probe-gen-')), 'generate.cjs');
  await bundle('scripts/build/generate.ts', file);
  const text = execFileSync(process.execPath, [file, root], { encoding: 'utf8', maxBuffer: 1 << 26 });
  rmSync(dirname(file), { recursive: true });
  return JSON.parse(text);
}

/** Without --agent, only when its sources are not those of dist/agent: the two ends of its protocol go together. */
function agent() {
  const folder = join(out, 'dist/agent');
  mkdirSync(folder, { recursive: true });
  execFileSync(
    process.execPath,
    [
      '--import',
      'tsx',
      join(root, 'scripts/build/build-agent.ts'),
      process.argv.includes('--agent') || checking ? folder : '--if-changed',
    ],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
  );
}

await bundles();
for (const [file, text] of Object.entries(await generated())) {
  mkdirSync(dirname(join(out, file)), { recursive: true });
  writeFileSync(join(out, file), text);
}
agent();

if (checking) {
  const files = readdirSync(out, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(out, join(entry.parentPath, entry.name)));
  const inDist = readdirSync(join(root, 'dist'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
  const differing = [...new Set([...files, ...inDist])].filter(
    (file) =>
      !existsSync(join(out, file)) ||
      !existsSync(join(root, file)) ||
      !readFileSync(join(out, file)).equals(readFileSync(join(root, file))),
  );
  rmSync(out, { recursive: true });
  if (differing.length > 0) {
    console.error(`Not what the source builds: ${differing.join(', ')}. Run \`npm run build\` and commit the result.`);
    process.exit(1);
  }
  console.log(`dist/ and the generated docs are what the source builds (${files.length} files).`);
}
