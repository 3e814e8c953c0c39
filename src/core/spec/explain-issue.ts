/** What the schema finds wrong with a spec, in words for the person who wrote it. Pure. */
import type { $ZodIssue, $ZodIssueInvalidUnion } from 'zod/v4/core';
import { nearest } from '../text/did-you-mean.ts';
import { isRecord } from './matrix.ts';
import { specSchema } from './schema.ts';
import type { KeyPath, Problem, SpecSource } from './spec-source.ts';

/** @param issue with a path as the file has it. */
export function explainIssue(issue: $ZodIssue, source: SpecSource): Problem[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(issue.path, key, source));

  const isMissing = issue.input === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_union');
  if (isMissing) return [{ at: source.locate(issue.path), message: `${nameOf(issue.path)} is missing` }];
  if (issue.code === 'invalid_union') return explainUnion(issue, source);
  return [{ at: source.locate(issue.path), message: `${nameOf(issue.path)}: ${issue.message}` }];
}

function nameOf(path: KeyPath): string {
  return path.map(String).join('.') || 'the spec';
}

function unknownKey(path: KeyPath, key: string, source: SpecSource): Problem {
  const known = nearest(key, knownKeys(path));
  const hint = known === undefined ? '' : `; did you mean \`${known}\`?`;
  const message = `unknown key ${JSON.stringify(key)} in ${nameOf(path)}${hint}`;
  return { at: source.locateKey(path, key), message };
}

/** The alternative that failed deepest, or only because of a key, is the one that the user meant. */
function explainUnion(issue: $ZodIssueInvalidUnion, source: SpecSource): Problem[] {
  const alternatives = issue.errors.filter((issues) => issues.length > 0);
  const meant = alternatives
    .filter((issues) => issues.some(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'))
    .sort((a, b) => a.length - b.length)[0];
  if (meant !== undefined) {
    return meant.flatMap((inner) => explainIssue({ ...inner, path: [...issue.path, ...inner.path] }, source));
  }
  const reasons = new Set(alternatives.flat().map(({ message }) => message));
  return [{ at: source.locate(issue.path), message: `${nameOf(issue.path)}: ${[...reasons].join(', or ')}` }];
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
