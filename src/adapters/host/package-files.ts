/** Where the files are that ship beside the program. Works in the bundle (dist/cli.cjs) and from source. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Folder of this package's package.json. */
export function packageRoot(): string {
  let folder = typeof __dirname === 'undefined' ? import.meta.dirname : __dirname;
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}

/** `apparmor-probe 0.1.0` */
export function toolVersion(): string {
  const { name, version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
  return `${name} ${version}`;
}

/** The agent for this machine's architecture. */
export function agentFile(): string {
  return join(packageRoot(), 'dist/agent', process.arch === 'arm64' ? 'agent-aarch64' : 'agent-x86_64');
}
