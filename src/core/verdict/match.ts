/** Patterns of the spec against text and audit records. Pure. */
import { runInNewContext } from 'node:vm';
import type { AuditRecord, RecordMatch, TextMatch } from '../model/model.ts';

/** A pattern comes from a stranger's pull request: one that backtracks for ever is stopped. */
const REGEX_MS = 1000;

/** @returns what does not hold (`expected "a", got "b"`), or undefined when all does. */
export function matchText(match: TextMatch, text: string): string | undefined {
  const { equals, contains, matches, not } = match;
  const actual = excerpt(text);

  if (equals !== undefined && text !== equals) return `expected ${JSON.stringify(equals)}, got ${actual}`;
  if (contains !== undefined && !text.includes(contains))
    return `expected to contain ${JSON.stringify(contains)}, got ${actual}`;
  if (matches !== undefined) {
    const isMatch = regexTest(matches, text);
    if (isMatch === undefined) return `could not be compared with /${matches}/ in ${REGEX_MS} ms`;
    if (!isMatch) return `expected to match /${matches}/, got ${actual}`;
  }
  if (not !== undefined && matchText(not, text) === undefined) return `got ${actual}, which the spec excludes`;
  return undefined;
}

/** @returns the first condition that does not hold (`name: expected …, got …`), or undefined when the record fits. */
export function matchRecord(match: RecordMatch, record: AuditRecord): string | undefined {
  for (const [key, pattern] of Object.entries(match)) {
    const problem = matchField(key, pattern, record.fields[key]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function matchField(key: string, pattern: TextMatch, value: string | undefined): string | undefined {
  if (value === undefined) {
    const isOnlyExclusion = pattern.not !== undefined && Object.keys(pattern).length === 1;
    return isOnlyExclusion ? undefined : `a record has no ${key}`;
  }
  const problem = isMask(key) ? matchMask(pattern, value) : matchText(pattern, value);
  return problem === undefined ? undefined : `${key}: ${problem}`;
}

/** Masks compare as sets; their order has no meaning. */
function matchMask({ equals, contains, not, ...rest }: TextMatch, value: string): string | undefined {
  const actual = maskSet(value);

  if (equals !== undefined && !isSameSet(maskSet(equals), actual)) return `expected ${equals}, got ${value}`;
  if (contains !== undefined && !isSubset(maskSet(contains), actual))
    return `expected to contain ${contains}, got ${value}`;
  if (not !== undefined && matchMask(not, value) === undefined) return `got ${value}, which the spec excludes`;
  return matchText(rest, value);
}

function isSubset(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  return [...part].every((item) => whole.has(item));
}

function isSameSet(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && isSubset(one, other);
}

function isMask(key: string): boolean {
  return key === 'requested_mask' || key === 'denied_mask';
}

/** Letters for files, words for sockets and signals. */
function maskSet(mask: string): ReadonlySet<string> {
  const isLetters = /^[xwracdkml]{1,12}$/.test(mask);
  return new Set(isLetters ? mask : mask.split(/\s+/).filter((word) => word !== ''));
}

/** @returns undefined when it took too long. */
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
