/**
 * Builds dist/ from src/: the command line, the action, the lab's guest agent, the published JSON Schema, and the docs
 * that are generated. The same source gives the same bytes anywhere.
 *
 *   --check   builds elsewhere and compares
 *   --agent   builds the C agent even when its sources are those of dist/agent
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { bundle, root } from './bundle.mjs';

const BUNDLES = {
  'src/cli/main.ts': 'dist/cli.cjs',
  'src/action/action.ts': 'dist/index.cjs',
  'src/adapters/lab/inside-guest/guest-agent.ts': 'dist/lab-agent.cjs',
};

const checking = process.argv.includes('--check');
const out = checking ? mkdtempSync(join(tmpdir(), 'apparmor-probe-dist-')) : root;

function write(file, text) {
  mkdirSync(dirname(join(out, file)), { recursive: true });
  writeFileSync(join(out, file), text);
}

async function buildBundles() {
  const packages = new Set();
  for (const [entry, file] of Object.entries(BUNDLES)) {
    for (const folder of await bundle(entry, join(out, file))) packages.add(folder);
  }
  write(
    'dist/licenses.txt',
    [...packages]
      .sort()
      .map(licenseOf)
      .join(`\n${'-'.repeat(80)}\n\n`),
  );
}

/** The licence of a package in the bundles, as it asks for. @param {string} folder relative to the repository */
function licenseOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
  const text =
    file === undefined
      ? 'No licence file is shipped with the package.'
      : readFileSync(join(root, folder, file), 'utf8').trim();
  return `${name} ${version} (${license ?? 'see below'})\n\n${text}\n`;
}

/** The schema and the generated docs. They are made from the sources, which are TypeScript: hence the bundle. */
async function writeGenerated() {
  const program = join(mkdtempSync(join(tmpdir(), 'apparmor-probe-gen-')), 'generate.cjs');
  await bundle('scripts/build/generate.ts', program);
  const files = execFileSync(process.execPath, [program, root], { encoding: 'utf8', maxBuffer: 1 << 26 });
  rmSync(dirname(program), { recursive: true });

  for (const [file, text] of Object.entries(JSON.parse(files))) write(file, text);
}

/** Without --agent, only when its sources are not those of dist/agent: the two ends of its protocol go together. */
function buildAgent() {
  const folder = join(out, 'dist/agent');
  const always = process.argv.includes('--agent') || checking;
  mkdirSync(folder, { recursive: true });

  const script = join(root, 'scripts/build/build-agent.ts');
  execFileSync(process.execPath, ['--import', 'tsx', script, always ? folder : '--if-changed'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/** All files below a folder, relative to a base. */
function filesIn(folder, base) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(base, join(entry.parentPath, entry.name)));
}

/** Whether a file is the same in the repository and in what was built. */
function isSame(file) {
  const built = join(out, file);
  const committed = join(root, file);
  return existsSync(built) && existsSync(committed) && readFileSync(built).equals(readFileSync(committed));
}

/** Compares what was built with the repository, and removes it. */
function check() {
  const built = filesIn(out, out);
  const all = new Set([...built, ...filesIn(join(root, 'dist'), root)]);
  const differing = [...all].filter((file) => !isSame(file));
  rmSync(out, { recursive: true });

  if (differing.length > 0) {
    console.error(`Not what the source builds: ${differing.join(', ')}. Run \`npm run build\` and commit the result.`);
    process.exit(1);
  }
  console.log(`dist/ and the generated docs are what the source builds (${built.length} files).`);
}

await buildBundles();
await writeGenerated();
buildAgent();
if (checking) check();
