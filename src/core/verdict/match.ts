/** Patterns of the spec against text and audit records. Pure. */
import { runInNewContext } from 'node:vm';
import type { AuditRecord, RecordMatch, TextMatch } from '../model/model.ts';

/** A pattern comes from a stranger's pull request: one that backtracks for ever is stopped. */
const REGEX_MS = 1000;

/** @returns what does not hold (`expected "a", got "b"`), or undefined when all does. */
export function matchText(match: TextMatch, text: string): string | undefined {
  if (match.equals !== undefined && text !== match.equals)
    return `expected ${JSON.stringify(match.equals)}, got ${excerpt(text)}`;
  if (match.contains !== undefined && !text.includes(match.contains))
    return `expected to contain ${JSON.stringify(match.contains)}, got ${excerpt(text)}`;
  if (match.matches !== undefined) {
    const isMatch = regexTest(match.matches, text);
    if (isMatch === undefined) return `could not be compared with /${match.matches}/ in ${REGEX_MS} ms`;
    if (!isMatch) return `expected to match /${match.matches}/, got ${excerpt(text)}`;
  }
  if (match.not !== undefined && matchText(match.not, text) === undefined)
    return `got ${excerpt(text)}, which the spec excludes`;
  return undefined;
}

/** @returns the first condition that does not hold (`name: expected …, got …`), or undefined when the record fits. */
export function matchRecord(match: RecordMatch, record: AuditRecord): string | undefined {
  for (const [key, pattern] of Object.entries(match)) {
    const value = record.fields[key];
    if (value === undefined) {
      if (pattern.not !== undefined && Object.keys(pattern).length === 1) continue;
      return `a record has no ${key}`;
    }
    const problem = isMask(key) ? matchMask(pattern, value) : matchText(pattern, value);
    if (problem !== undefined) return `${key}: ${problem}`;
  }
  return undefined;
}

/** Masks are sets: letters for files, words for sockets and signals; the kernel's order means nothing. */
function matchMask(match: TextMatch, value: string): string | undefined {
  const have = maskSet(value);
  const all = (wanted: string): boolean => [...maskSet(wanted)].every((item) => have.has(item));
  if (match.equals !== undefined && !(all(match.equals) && maskSet(match.equals).size === have.size))
    return `expected ${match.equals}, got ${value}`;
  if (match.contains !== undefined && !all(match.contains))
    return `expected to contain ${match.contains}, got ${value}`;
  const { equals: _equals, contains: _contains, not, ...rest } = match;
  if (not !== undefined && matchMask(not, value) === undefined) return `got ${value}, which the spec excludes`;
  return matchText(rest, value);
}

function isMask(key: string): boolean {
  return key === 'requested_mask' || key === 'denied_mask';
}

function maskSet(mask: string): Set<string> {
  return new Set(
    /^[a-z]{1,12}$/.test(mask) && /^[xwracdkml]+$/.test(mask) ? mask : mask.split(/\s+/).filter((word) => word !== ''),
  );
}

function regexTest(source: string, text: string): boolean | undefined {
  try {
    return runInNewContext('new RegExp(source, "u").test(text)', { source, text }, { timeout: REGEX_MS }) as boolean;
  } catch {
    return undefined;
  }
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
