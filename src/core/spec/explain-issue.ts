/** What the schema finds wrong with a spec, in words for the person who wrote it. Pure. */
import type { $ZodIssue, $ZodIssueInvalidUnion, $ZodIssueInvalidValue } from 'zod/v4/core';
import { nearest, suggestion } from '../text/did-you-mean.ts';
import { isRecord } from './matrix.ts';
import { specSchema } from './schema.ts';
import type { KeyPath, Problem, SpecSource } from './spec-source.ts';

/** Longest value that a message repeats, in UTF-16 units. */
const MAX_QUOTED = 60;

/** Entries of the lists of a spec, as people count them. */
const ENTRIES: Readonly<Record<string, string>> = {
  probes: 'probe',
  waivers: 'waiver',
  untestable: 'untestable entry',
};

/**
 * @param issues with paths as the file has them.
 * @returns a problem for each of them; none for a missing key that the suggestion for an unknown one names.
 */
export function explainIssues(issues: readonly $ZodIssue[], source: SpecSource): Problem[] {
  const meant = new Set(issues.flatMap(meantPaths));
  return issues
    .filter((issue) => !(isMissing(issue) && meant.has(JSON.stringify(issue.path.map(String)))))
    .flatMap((issue) => explainIssue(issue, source));
}

/** The paths that an issue's unknown keys have once they are spelt as suggested. */
function meantPaths(issue: $ZodIssue): string[] {
  if (issue.code !== 'unrecognized_keys') return [];
  const known = knownKeys(issue.path);
  return issue.keys.map((key) => JSON.stringify([...issue.path, nearest(key, known) ?? key].map(String)));
}

function isMissing({ input, code }: $ZodIssue): boolean {
  return input === undefined && (code === 'invalid_type' || code === 'invalid_union' || code === 'invalid_value');
}

function explainIssue(issue: $ZodIssue, source: SpecSource): Problem[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(issue.path, key, source));

  if (isMissing(issue)) return [{ at: source.locate(issue.path), message: `${nameOf(issue.path)} is missing` }];
  if (issue.code === 'invalid_union') return explainUnion(issue, source);
  if (issue.code === 'invalid_value') return [unknownValue(issue, valuesOf(issue), source)];
  return [{ at: source.locate(issue.path), message: `${nameOf(issue.path)}: ${issue.message}` }];
}

function nameOf(path: KeyPath): string {
  const [list, index, ...rest] = path;
  const entry = index !== undefined && isList(list) ? ENTRIES[String(list)] : undefined;
  if (entry === undefined) return path.map(String).join('.') || 'the spec';

  const number = `${entry} ${Number(index) + 1}`;
  return rest.length === 0 ? number : `${rest.map(String).join('.')} of ${number}`;
}

function isList(key: PropertyKey | undefined): boolean {
  return Object.hasOwn(ENTRIES, String(key));
}

/** The keys of a value, without the list entry that has them and without its own place in a list. */
function keyOf(path: KeyPath): string {
  const [list] = path;
  const keys = isList(list) ? path.slice(2) : path;
  return keys.filter((key) => typeof key !== 'number').join('.');
}

function unknownValue({ path, input }: $ZodIssue, values: readonly string[], source: SpecSource): Problem {
  const near = typeof input === 'string' ? suggestion(input, values) : '';
  const message = `${quoted(input)} is not a value of ${keyOf(path)}: use ${orList(values)}${near}`;
  return { at: source.locate(path), message };
}

function valuesOf({ values }: $ZodIssueInvalidValue): string[] {
  return values.map(String);
}

function quoted(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isRecord(value)) return 'a mapping';
  const json = JSON.stringify(value);
  return json.length > MAX_QUOTED ? `${json.slice(0, MAX_QUOTED)}…` : json;
}

/** `a, b or c`. */
function orList(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}

function unknownKey(path: KeyPath, key: string, source: SpecSource): Problem {
  const message = `unknown key ${JSON.stringify(key)} in ${nameOf(path)}${suggestion(key, knownKeys(path))}`;
  return { at: source.locateKey(path, key), message };
}

/** The alternative that failed deepest, or only because of a key, is the one that the user meant. */
function explainUnion(issue: $ZodIssueInvalidUnion, source: SpecSource): Problem[] {
  const alternatives = issue.errors.filter((issues) => issues.length > 0);
  const meant = alternatives
    .filter((issues) => issues.some(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'))
    .sort((a, b) => a.length - b.length)[0];
  if (meant !== undefined) {
    const inner = meant.map((part) => ({ ...part, path: [...issue.path, ...part.path] }));
    return explainIssues(inner, source);
  }
  const values = alternatives.flat().flatMap(valuesOfAlternative);
  if (values.length > 0) return [unknownValue(issue, values, source)];
  const reasons = new Set(alternatives.flat().map(({ message }) => message));
  return [{ at: source.locate(issue.path), message: `${nameOf(issue.path)}: ${[...reasons].join(', or ')}` }];
}

/** What a union takes: words; and where it takes a number too, so many words. Mappings are left out: no word is one. */
function valuesOfAlternative(issue: $ZodIssue): string[] {
  if (issue.code === 'invalid_value') return valuesOf(issue);
  return issue.code === 'invalid_type' && /^(?:int|number)$/.test(issue.expected) ? ['a whole number'] : [];
}

/** Keys that the schema knows at a path, for the hint. */
function knownKeys(path: KeyPath): readonly string[] {
  let schemas: unknown[] = [specSchema];
  for (const key of path) schemas = schemas.flatMap(alternativesOf).flatMap((schema) => childOf(schema, key));
  return schemas
    .flatMap(alternativesOf)
    .flatMap((schema) => (isRecord(schema) && isRecord(schema['shape']) ? Object.keys(schema['shape']) : []));
}

/** The schemas within one that is optional or a union. */
function alternativesOf(schema: unknown): unknown[] {
  const definition = isRecord(schema) && isRecord(schema['def']) ? schema['def'] : {};
  if ('innerType' in definition) return alternativesOf(definition['innerType']);
  if (Array.isArray(definition['options'])) return (definition['options'] as unknown[]).flatMap(alternativesOf);
  return [schema];
}

function childOf(schema: unknown, key: PropertyKey): unknown[] {
  if (!isRecord(schema)) return [];
  if (isRecord(schema['shape'])) return [schema['shape'][String(key)]];
  return 'element' in schema ? [schema['element']] : [];
}
