/** A spec's text to a validated value, or to every problem at once with line, column and hint. Pure. */
import type { Position } from '../model/model.ts';
import { crossProblems } from './cross-checks.ts';
import { explainIssues } from './explain-issue.ts';
import { expandMatrices, isRecord } from './matrix.ts';
import { specSchema, type SpecFile } from './schema.ts';
import { SpecSource, type KeyPath, type Problem } from './spec-source.ts';

export interface Validated {
  /** Undefined where there are problems. */
  readonly spec?: SpecFile;
  /** In the order of the file. */
  readonly problems: readonly Problem[];
  /** Where a value stands: path of keys to a position. */
  readonly locate: (path: KeyPath) => Position;
}

/** Longest spec that is read, in bytes. */
export const MAX_SPEC_BYTES = 4 * 1024 * 1024;

/**
 * @param file name used in positions.
 * @param text the YAML source.
 */
export function validateSpec(file: string, text: string): Validated {
  const start: Position = { file, line: 1, column: 1 };
  const unreadable = (problems: readonly Problem[]): Validated => ({ problems, locate: () => start });
  if (Buffer.byteLength(text) > MAX_SPEC_BYTES) {
    return unreadable([{ at: start, message: `the spec is longer than ${MAX_SPEC_BYTES} bytes` }]);
  }
  const source = new SpecSource(file, text);
  if (source.problems.length > 0) return unreadable(source.problems);
  const read = source.read();
  if ('problem' in read) return unreadable([read.problem]);

  const { value, origins, matrixProblems } = expandProbes(read.value, source);
  const locate = (path: KeyPath): Position => source.locate(pathInFile(path, origins));
  const parsed = specSchema.safeParse(value, { reportInput: true });
  const issues = (parsed.error?.issues ?? []).map((issue) => ({ ...issue, path: pathInFile(issue.path, origins) }));
  const found = [...matrixProblems, ...explainIssues(issues, source), ...crossProblems(value, locate, origins)].sort(
    (a, b) => a.at.line - b.at.line || a.at.column - b.at.column,
  );
  const problems = withoutRepeats(found);
  return parsed.success && problems.length === 0 ? { spec: parsed.data, problems, locate } : { problems, locate };
}

/** A mistake in a matrix is found once for each of its probes. */
function withoutRepeats(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

interface ExpandedSpec {
  readonly value: unknown;
  /** For each probe of the value the index of the one in the file that it came from. */
  readonly origins: readonly number[];
  readonly matrixProblems: readonly Problem[];
}

/** The spec with its matrices expanded; as it is written where a matrix cannot be expanded. */
function expandProbes(value: unknown, source: SpecSource): ExpandedSpec {
  const asWritten = { value, origins: [], matrixProblems: [] };
  if (!isRecord(value) || !Array.isArray(value['probes'])) return asWritten;

  const { probes, origins, problems } = expandMatrices(value['probes']);
  if (problems.length === 0) return { value: { ...value, probes }, origins, matrixProblems: [] };
  const matrixProblems = problems.map(({ index, message }) => ({ at: source.locate(['probes', index]), message }));
  return { ...asWritten, matrixProblems };
}

/** The path in the file of a path in the expanded spec. */
function pathInFile(path: KeyPath, origins: readonly number[]): PropertyKey[] {
  const [list, index, ...rest] = path;
  if (list !== 'probes' || index === undefined) return [...path];
  return [list, origins[Number(index)] ?? index, ...rest];
}
