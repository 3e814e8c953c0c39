/**
 * Builds the agent for both architectures with one pinned compiler, so that anyone gets the same bytes:
 * Debian trixie's cc1, assembler and linker, unpacked into the cache and run with their own loader. Nothing of this
 * machine's own compiler, headers or libraries takes part, and no path gets into the output.
 *
 *   node --import tsx scripts/build/build-agent.ts [FOLDER]      default: dist/agent
 *   node --import tsx scripts/build/build-agent.ts --if-changed   only when the sources are not those of dist/agent
 */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { extractTree, treeArgv } from '#adapters/lab/image/tools.ts';
import { exec } from '#adapters/host/exec.ts';

const SUITE = 'trixie';
const PACKAGES = [
  'cpp-14-x86-64-linux-gnu',
  'binutils-x86-64-linux-gnu',
  'cpp-14-aarch64-linux-gnu',
  'binutils-aarch64-linux-gnu',
];
const SOURCES = fileURLToPath(new URL('../../src/agent', import.meta.url));
const DIST = fileURLToPath(new URL('../../dist/agent', import.meta.url));
const MAX_BYTES = 40 * 1024;

const TARGETS = [
  {
    arch: 'x86_64',
    cc1: 'usr/libexec/gcc/x86_64-linux-gnu/14/cc1',
    flags: ['-fcf-protection=none'],
    link: ['-m', 'elf_x86_64'],
  },
  {
    arch: 'aarch64',
    cc1: 'usr/libexec/gcc-cross/aarch64-linux-gnu/14/cc1',
    flags: ['-mno-outline-atomics'],
    link: ['-m', 'aarch64linux'],
  },
] as const;
type Target = (typeof TARGETS)[number];

const COMPILE = [
  '-std=c17',
  '-Os',
  '-Wall',
  '-Wextra',
  '-Wconversion',
  '-Werror',
  '-nostdinc',
  '-ffreestanding',
  '-fno-pie',
  '-mgeneral-regs-only',
  '-fno-stack-protector',
  '-fno-asynchronous-unwind-tables',
  '-fno-ident',
  '-fno-tree-loop-distribute-patterns', // else memcpy would be compiled to a call of memcpy
];
// One read-and-execute and one read-and-write segment, no table that names the build.
const LINK = [
  '-static',
  '-nostdlib',
  '--strip-all',
  '--build-id=none',
  '--fatal-warnings',
  '-z',
  'noexecstack',
  '-z',
  'noseparate-code',
  '-z',
  'norelro',
];

async function run(argv: readonly string[], cwd: string): Promise<string> {
  const result = await exec(argv, { cwd, env: { LC_ALL: 'C', PATH: '' }, timeoutMs: 120_000 });
  const text = result.stdout.toString() + result.stderr;
  if (result.exit !== 0)
    throw new Error(`${argv.join(' ')}: ${result.startError ?? result.signal ?? String(result.exit)}\n${text}`);
  return text;
}

async function compile(tree: string, target: Target, temporary: string): Promise<Buffer> {
  const tool = (name: string, args: readonly string[]): Promise<string> => run(treeArgv(tree, name, args), SOURCES);
  const sources = (await readdir(SOURCES)).filter((name) => name.endsWith('.c')).sort();
  const objects: string[] = [];
  for (const source of sources) {
    const base = join(temporary, `${target.arch}-${source}`);
    // Sources are named as they are seen from their own folder, so no path of this machine is known to the compiler.
    await tool(target.cc1, ['-quiet', ...COMPILE, ...target.flags, source, '-o', `${base}.s`]);
    await tool(`usr/bin/${target.arch}-linux-gnu-as`, ['--noexecstack', `${base}.s`, '-o', `${base}.o`]);
    objects.push(`${base}.o`);
  }
  const output = join(temporary, target.arch);
  await tool(`usr/bin/${target.arch}-linux-gnu-ld.bfd`, [...LINK, ...target.link, ...objects, '-o', output]);
  return readFile(output);
}

async function versions(tree: string): Promise<string[]> {
  const first = (text: string, pattern: RegExp): string => pattern.exec(text)?.[0] ?? 'unknown';
  const lines: string[] = [];
  for (const target of TARGETS) {
    lines.push(
      first(await run(treeArgv(tree, target.cc1, ['-version', '-fsyntax-only', 'text.h']), SOURCES), /GNU C17 .*\)/),
    );
    lines.push(
      first(await run(treeArgv(tree, `usr/bin/${target.arch}-linux-gnu-ld.bfd`, ['--version']), SOURCES), /GNU ld .*/),
    );
  }
  return [...new Set(lines)];
}

/** The sources as one number: SHA256SUMS says of which sources the agents beside it are. */
async function sourcesDigest(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(SOURCES)).sort())
    hash
      .update(`${name}\0`)
      .update(await readFile(join(SOURCES, name)))
      .update('\0');
  return hash.digest('hex');
}

/**
 * Builds the agents of dist/ when they are not those of the sources:
 * whoever changes one end of the protocol needs the other.
 */
export async function ensureAgent(): Promise<void> {
  const sums = await readFile(join(DIST, 'SHA256SUMS'), 'utf8').catch(() => '');
  if (!sums.includes(`# sources: ${await sourcesDigest()}\n`)) await buildAgent(DIST);
}

/** Builds both agents and SHA256SUMS into a folder. */
export async function buildAgent(folder: string): Promise<void> {
  const tree = await extractTree('agent-toolchain', PACKAGES, SUITE, (line) => {
    console.error(line);
  });
  const temporary = await mkdtemp(join(tmpdir(), 'apparmor-probe-agent-'));
  try {
    const sums = [`# Debian ${SUITE}: ${(await versions(tree)).join('; ')}`, `# sources: ${await sourcesDigest()}`];
    await mkdir(folder, { recursive: true });
    for (const target of TARGETS) {
      const binary = await compile(tree, target, temporary);
      if (binary.length > MAX_BYTES)
        throw new Error(`the ${target.arch} agent has ${binary.length} bytes; the limit is ${MAX_BYTES}`);
      const name = `agent-${target.arch}`;
      await rm(join(folder, name), { force: true }); // a running agent keeps its own file
      await writeFile(join(folder, name), binary, { mode: 0o755 });
      sums.push(`${createHash('sha256').update(binary).digest('hex')}  ${name}`);
    }
    await writeFile(join(folder, 'SHA256SUMS'), `${sums.join('\n')}\n`);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , given = DIST] = process.argv;
  (given === '--if-changed' ? ensureAgent() : buildAgent(resolve(given))).catch((error: unknown) => {
    const hint = error instanceof Error && 'hint' in error ? `\n${String(error.hint)}` : '';
    console.error(`build-agent: ${error instanceof Error ? error.message : String(error)}${hint}`);
    process.exitCode = 1;
  });
}
