/** Helpers of the audit tests: records from lines, and lines from pairs. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseRecord } from '#core/audit/parse-record.ts';
import type { AuditRecord } from '#core/model/model.ts';

export function linesOf(name: string): string[] {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

/** Parses a line that must be a whole record. */
export function record(line: string): AuditRecord {
  const parsed = parseRecord(line);
  if (parsed.kind === 'not-a-record') expect.fail(`${parsed.why}: ${line}`);
  expect(parsed.damaged, line).to.equal(undefined);
  return parsed.record;
}

/** A record in the kernel's words with the pairs given. */
export function denial(pairs: string, serial = 7): AuditRecord {
  return record(`audit: type=1400 audit(1700000000.123:${serial}): apparmor="DENIED" ${pairs}`);
}
