/** Mutants that take away from a profile, or loosen what it has, one place each. Pure. */
import type { Edit } from '../text/edits.ts';
import { flipEdits } from './flip-edits.ts';
import { expressionChanges } from './mutate-expression.ts';
import { looserModes, permissionWords } from './mutate-permissions.ts';
import { numbered, ruleDraft, writtenQualifiers, type Mutant, type MutantDraft } from './mutant.ts';
import type { Operator } from './operators.ts';
import type { ProfileBlock, ProfileText, Rule } from '../profile/syntax/ast.ts';

/**
 * Every mutant of a profile, in the order of its text. Comments and layout stay.
 * @param included also change rules that come from included files.
 */
export function mutantsOf(text: ProfileText, { included = false }: { included?: boolean } = {}): Mutant[] {
  return numbered(
    text.profiles.flatMap((block) => [
      ...flagMutants(text, block),
      ...block.rules.filter(({ via }) => included || via.length === 0).flatMap((rule) => ruleMutants(text, rule)),
    ]),
  );
}

function ruleMutants(text: ProfileText, rule: Rule): MutantDraft[] {
  const source = text.files.get(rule.span.file) ?? '';
  const { span } = rule;
  const make = (kind: Operator, ...edits: Edit[]): MutantDraft => ruleDraft(source, rule, kind, edits);
  return [
    make('drop', { start: span.start, end: span.end, text: '' }),
    make('flip', ...flipEdits(source, rule)),
    ...qualifierEdits(source, rule).map((edit) => make('qualifier', edit)),
    ...permissionEdits(source, rule).map((edits) => make('permission', ...edits)),
    ...wordEdits(source, rule).map((edit) => make('permission', edit)),
    ...expressionEdits(source, rule).map((edit) => make('expression', edit)),
    ...transitionEdits(source, rule).map((edits) => make('exec', ...edits)),
  ].filter(({ edits }) => edits.length > 0);
}

function qualifierEdits(source: string, rule: Rule): Edit[] {
  return writtenQualifiers(source, rule)
    .filter(({ word }) => word !== 'deny')
    .map(({ start, end }) => ({ start, end, text: '' }));
}

function permissionEdits(source: string, rule: Rule): Edit[][] {
  if (rule.kind !== 'file' || rule.permissionsSpan === undefined) return [];
  const { start, end } = rule.permissionsSpan;
  const rests = withoutEach(permissionWords(source.slice(start, end)));
  return rests.map((rest) => [{ start, end, text: rest.join('') }]);
}

/** The list without each of its items in turn; none where it has only one. */
function withoutEach<T>(items: readonly T[]): T[][] {
  return items.length < 2 ? [] : items.map((_, dropped) => items.filter((_item, i) => i !== dropped));
}

const KINDS_WITHOUT_LISTS: ReadonlySet<Rule['kind']> = new Set(['file', 'link', 'rlimit', 'change_profile']);

/** Lists of words: `signal (send, receive)`, `capability chown setuid`, `set=(hup, int)`. */
function wordEdits(source: string, rule: Rule): Edit[] {
  if (KINDS_WITHOUT_LISTS.has(rule.kind)) return [];

  const { start, end } = rule.span;
  const text = source.slice(start, end);
  const lists = [...listsIn(text), ...(rule.kind === 'capability' ? capabilitiesIn(text) : [])];
  return lists.flatMap(({ at, list }) => {
    const words = [...list.matchAll(/[^\s,]+/g)].map(([word]) => word);
    const separator = list.includes(',') ? ', ' : ' ';
    return withoutEach(words).map((rest) => ({
      start: start + at,
      end: start + at + list.length,
      text: rest.join(separator),
    }));
  });
}

/** A list of words as written, and its offset. */
interface WrittenList {
  readonly at: number;
  readonly list: string;
}

function listsIn(text: string): WrittenList[] {
  const pattern = /(?<![\w=]|peer=)\(([^()=]*)\)|(?:set|options|flags)=\(([^()=]*)\)/g;
  return [...text.matchAll(pattern)].map((match) => ({
    at: match.index + match[0].indexOf('(') + 1,
    list: match[1] ?? match[2] ?? '',
  }));
}

function capabilitiesIn(text: string): WrittenList[] {
  const match = /\bcapability\s+/.exec(text);
  if (match === null) return [];
  const at = match.index + match[0].length;
  return [{ at, list: text.slice(at).replace(/,?\s*$/, '') }];
}

/** Expressions: paths, and values of `peer=`, `label=`, `name=`, `addr=` and the like. */
function expressionEdits(source: string, rule: Rule): Edit[] {
  const { start, end } = rule.span;
  const text = source.slice(start, end);
  const paths = pathsIn(text);
  const values = valuesIn(text).filter(({ at }) => !paths.some((path) => path.at === at));
  return [...paths, ...values].flatMap(({ at, expression }) =>
    expressionChanges(expression).map((change) => ({
      start: start + at + change.start,
      end: start + at + change.end,
      text: change.text,
    })),
  );
}

/** An expression as written, and its offset. */
interface WrittenExpression {
  readonly at: number;
  readonly expression: string;
}

function pathsIn(text: string): WrittenExpression[] {
  const pattern = /(?<![^\s=(,])("[^"]*[/@][^"]*"|[/@][^\s,]*(?:,(?!\s|$)[^\s,]*)*)/g;
  return [...text.matchAll(pattern)].map((match) => ({ at: match.index, expression: match[1] ?? '' }));
}

function valuesIn(text: string): WrittenExpression[] {
  const pattern =
    /\b(?:peer|label|name|addr|path|interface|member|srcname|oldroot)=(?!\()("[^"]*"|[^\s)]*?)(?=\s|\)|,?\s*$)/g;
  return [...text.matchAll(pattern)].map((match) => ({
    at: match.index + match[0].indexOf('=') + 1,
    expression: match[1] ?? '',
  }));
}

function transitionEdits(source: string, rule: Rule): Edit[][] {
  if (rule.kind !== 'file' || rule.permissionsSpan === undefined) return [];
  if (rule.exec === undefined || rule.qualifiers.access === 'deny') return [];

  const { start, end } = rule.permissionsSpan;
  const given = source.slice(start, end);
  const mode = /[pPcCuUi]+x/.exec(given);
  if (mode === null) return [];
  const arrow = /\s*->\s*(?:"[^"]*"|[^\s,]+)/y;
  arrow.lastIndex = end;
  const target = arrow.exec(source);
  return looserModes(mode[0]).map(({ mode: looser, keepsTarget }) => {
    const letters = { start: start + mode.index, end: start + mode.index + mode[0].length, text: looser };
    return target === null || keepsTarget
      ? [letters]
      : [letters, { start: target.index, end: target.index + target[0].length, text: '' }];
  });
}

function flagMutants(text: ProfileText, block: ProfileBlock): MutantDraft[] {
  const span = block.flagsSpan;
  if (span === undefined) return [];
  const source = text.files.get(span.file) ?? '';
  const list = source.slice(span.start, span.end);
  const flags = list.split(/[\s,]+/).filter((flag) => flag !== '');
  // without the last flag the brackets go too
  const wholeStart = /flags\s*=\s*\(\s*$/.exec(source.slice(0, span.start))?.index ?? span.start;
  return flags.map((_, dropped): MutantDraft => {
    const rest = flags.filter((_flag, i) => i !== dropped);
    const edit =
      rest.length > 0
        ? { start: span.start, end: span.end, text: rest.join(',') }
        : { start: wholeStart, end: source.indexOf(')', span.end) + 1, text: '' };
    return {
      kind: 'flag',
      profile: block.name,
      file: span.file,
      line: span.line,
      column: span.column,
      edits: [edit],
      via: [],
      widens: false,
      before: `flags=(${flags.join(',')})`,
      after: rest.length > 0 ? `flags=(${rest.join(',')})` : '',
    };
  });
}
