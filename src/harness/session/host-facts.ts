/** What the machine is that the probes run on: for reports, and for who has to reproduce them. */
import { readFileSync } from 'node:fs';
import { hostname, machine, release } from 'node:os';
import type { EngineFacts } from '#adapters/container/engine.ts';
import { parserVersion } from '#adapters/kernel/parser/apparmor-parser.ts';
import type { HostFacts } from '#core/model/model.ts';

export async function hostFacts(
  engine: EngineFacts,
  { logSource, lab, auditMode }: { logSource: string; lab: string | undefined; auditMode: string },
): Promise<HostFacts> {
  return {
    hostname: hostname(),
    ...(lab === undefined ? {} : { lab }),
    os: osName(),
    kernel: release(),
    arch: machine(),
    parser: `apparmor_parser ${(await parserVersion()) ?? 'missing'}`,
    engine: engine.version,
    runtime: engine.runtime,
    node: process.version,
    logSource,
    auditMode,
  };
}

/** PRETTY_NAME of os-release(5). */
export function osName(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
