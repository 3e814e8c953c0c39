/** Reads, validates and resolves spec files. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { HarnessError } from '#core/model/errors.ts';
import type { Plan } from '#core/model/model.ts';
import { resolvePlan, type ResolveOptions } from '#core/spec/resolve.ts';
import type { Problem } from '#core/spec/spec-source.ts';
import { newProbeId } from './probe-ids.ts';
import { MAX_SPEC_BYTES, validateSpec, type Validated } from '#core/spec/validate.ts';

/**
 * Reads, validates and resolves spec files.
 * @throws HarnessError `spec-unreadable`, or `spec-invalid` with every problem of every file in `details`.
 */
export function loadPlans(files: readonly string[], options: Omit<ResolveOptions, 'newId'> = {}): Plan[] {
  const plans: Plan[] = [];
  const problems: Problem[] = [];
  for (const name of files) {
    const file = resolve(name);
    const validated = validateOnce(name, readSpec(file));
    problems.push(...validated.problems);
    if (validated.spec === undefined) continue;
    plans.push(resolvePlan(file, validated.spec, validated.locate, { ...options, newId: newProbeId }));
  }
  if (problems.length > 0) throw invalidSpecs(problems);
  return plans;
}

function invalidSpecs(problems: readonly Problem[]): HarnessError {
  const mistakes = `${problems.length} ${problems.length === 1 ? 'mistake' : 'mistakes'}`;
  const files = new Set(problems.map(({ at }) => at.file)).size;
  return new HarnessError('spec-invalid', `${mistakes} in ${files} spec file(s).`, {
    details: problems.map(({ at, message }) => `${at.file}:${at.line}:${at.column}: ${message}`),
  });
}

/** A command reads its specs twice, to choose the host and to run them, and YAML is slow to parse. */
const validatedSpecs = new Map<string, Validated>();
const MAX_REMEMBERED = 16;

function validateOnce(name: string, text: string): Validated {
  const key = `${name}\0${text}`;
  const result = validatedSpecs.get(key) ?? validateSpec(name, text);
  if (validatedSpecs.size < MAX_REMEMBERED) validatedSpecs.set(key, result);
  return result;
}

function readSpec(file: string): string {
  try {
    const stat = statSync(file);
    if (!stat.isFile()) throw new Error('it is not a regular file');
    if (stat.size > MAX_SPEC_BYTES) throw new Error(`it is longer than ${MAX_SPEC_BYTES} bytes`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new HarnessError('spec-unreadable', `The spec ${file} cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}
