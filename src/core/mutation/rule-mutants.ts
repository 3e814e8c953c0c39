/** Mutants: a profile with one thing about it changed, as edits of its text. What a mutant is worth is a run's to say. Pure. */
import { expressionChanges } from './mutate-expression.ts';
import { looserModes, permissionWords } from './mutate-permissions.ts';
import type { ProfileBlock, ProfileText, Rule, Span } from '../profile/syntax/ast.ts';

/** What is done to a rule or a header. */
export type MutationKind = 'drop' | 'flip' | 'permission' | 'expression' | 'qualifier' | 'exec' | 'flag';

/** Replaces a range of a file. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface Mutant {
  /** The same in every reading of the same text: `31:3 drop`, with a number behind it where there are several. */
  readonly id: string;
  readonly kind: MutationKind;
  /** Id of the rule that is changed; undefined for a flag of the profile. */
  readonly rule?: string;
  /** Full name of the profile that it changes. */
  readonly profile: string;
  readonly file: string;
  readonly line: number;
  readonly before: string;
  /** Empty: nothing is left. */
  readonly after: string;
  readonly edits: readonly Edit[];
  /** The include statements that led to the file, outermost first. */
  readonly via: readonly Span[];
}

/** The change in one readable line: `deny /usr/** wl → deny /usr/** w`. */
export function changeText({ before, after }: Pick<Mutant, 'before' | 'after'>): string {
  return `${before} → ${after === '' ? 'nothing' : after}`;
}

/**
 * Every mutant of a profile, in the order of its text. Comments and layout stay.
 * @param included also of rules that come from included files.
 */
export function mutantsOf(text: ProfileText, { included = false }: { included?: boolean } = {}): Mutant[] {
  const seen = new Set<string>();
  const counts = new Map<string, number>();
  const all = text.profiles.flatMap((block) => [
    ...flagMutants(text, block),
    ...block.rules.filter(({ via }) => included || via.length === 0).flatMap((rule) => ruleMutants(text, rule)),
  ]);
  return all.flatMap(({ column, ...draft }) => {
    // a rule that is read for two profiles, or two ways to the same text, is one mutant
    const key = `${draft.file}\0${draft.via.map(({ file, start }) => `${file}:${start}`).join()}\0${JSON.stringify(draft.edits)}`;
    if (seen.has(key)) return [];
    seen.add(key);
    const name = `${draft.via.length === 0 ? '' : `${draft.file}:`}${draft.line}:${column} ${draft.kind}`;
    const number = (counts.get(name) ?? 0) + 1;
    counts.set(name, number);
    return [{ ...draft, id: number === 1 ? name : `${name} ${number}` }];
  });
}

/** The profile file's text as the mutant has it. A changed include is unfolded where it is included. */
export function mutatedText(text: ProfileText, mutant: Mutant): string {
  let changed = apply(text.files.get(mutant.file) ?? '', mutant.edits);
  for (const { file, start, end } of [...mutant.via].reverse())
    changed = apply(text.files.get(file) ?? '', [{ start, end, text: `\n${changed}\n` }]);
  return changed;
}

type Draft = Omit<Mutant, 'id'> & { readonly column: number };

function ruleMutants(text: ProfileText, rule: Rule): Draft[] {
  const source = text.files.get(rule.span.file) ?? '';
  const make = (kind: MutationKind, ...edits: Edit[]): Draft => ({
    kind,
    rule: rule.id,
    profile: rule.profile,
    file: rule.span.file,
    line: rule.span.line,
    column: rule.span.column,
    via: rule.via,
    edits,
    before: rule.text,
    after: oneLine(
      apply(source, edits).slice(
        rule.span.start,
        rule.span.end + edits.reduce((sum, edit) => sum + edit.text.length - (edit.end - edit.start), 0),
      ),
    ),
  });
  return [
    make('drop', { start: rule.span.start, end: rule.span.end, text: '' }),
    make('flip', ...flip(source, rule)),
    ...qualifiers(source, rule).map((edit) => make('qualifier', edit)),
    ...permissions(source, rule).map((edits) => make('permission', ...edits)),
    ...words(source, rule).map((edit) => make('permission', edit)),
    ...expressions(source, rule).map((edit) => make('expression', edit)),
    ...transitions(source, rule).map((edits) => make('exec', ...edits)),
  ].filter(({ edits }) => edits.length > 0);
}

/** The qualifiers as they stand before a rule, each with the blanks behind it. */
function written(
  source: string,
  { span }: Rule,
): { readonly word: string; readonly start: number; readonly end: number }[] {
  const found: { word: string; start: number; end: number }[] = [];
  const pattern = /(audit|deny|allow|prompt|owner|other|priority\s*=\s*[+-]?\d+)(?=\s)\s+/y;
  pattern.lastIndex = span.start;
  for (
    let match = pattern.exec(source);
    match !== null && pattern.lastIndex <= span.end;
    match = pattern.exec(source)
  ) {
    found.push({ word: match[1] ?? '', start: match.index, end: match.index + match[0].length });
  }
  return found;
}

/** Deny becomes allow and the reverse. What a block around the rule says is overruled by a word of its own. */
function flip(source: string, rule: Rule): Edit[] {
  const own = written(source, rule);
  const word = own.find((one) => one.word === 'deny' || one.word === 'allow' || one.word === 'prompt');
  const denies = rule.qualifiers.access === 'deny';
  const [{ start, end }, text] =
    word !== undefined ? [word, denies ? '' : 'deny '] : ([place(own, rule), denies ? 'allow ' : 'deny '] as const);
  // `file,` implies how to execute, which no deny rule may say
  if (rule.kind === 'file' && rule.path === undefined && !denies)
    return [{ start, end: rule.span.end, text: `${text}/** mrwklx,` }];
  if (rule.kind !== 'file' || rule.permissionsSpan === undefined) return [{ start, end, text }];
  // an allow rule has to say how, a deny rule must not
  const letters = rule.permissionsSpan;
  const given = source.slice(letters.start, letters.end);
  const other = denies ? given.replace(/x/, 'ix') : given.replace(/[pPcCuUi]*x/, 'x');
  return other === given
    ? [{ start, end, text }]
    : [
        { start, end, text },
        { start: letters.start, end: letters.end, text: other },
      ];
}

/** Before `owner`, behind `audit` and `priority`. */
function place(own: ReturnType<typeof written>, { span }: Rule): { start: number; end: number } {
  const last = own.filter(({ word }) => word === 'audit' || word.startsWith('priority')).at(-1);
  const at = last?.end ?? span.start;
  return { start: at, end: at };
}

function qualifiers(source: string, rule: Rule): Edit[] {
  return written(source, rule)
    .filter(({ word }) => word !== 'deny')
    .map(({ start, end }) => ({ start, end, text: '' }));
}

function permissions(source: string, rule: Rule): Edit[][] {
  if (rule.kind !== 'file' || rule.permissionsSpan === undefined) return [];
  const { start, end } = rule.permissionsSpan;
  const given = permissionWords(source.slice(start, end));
  return given.length < 2
    ? []
    : given.map((_, left) => {
        const rest = given.filter((_word, i) => i !== left).join('');
        return [{ start, end, text: rest }];
      });
}

/** Lists of words: `signal (send, receive)`, `capability chown setuid`, `set=(hup, int)`. */
function words(source: string, rule: Rule): Edit[] {
  if (rule.kind === 'file' || rule.kind === 'link' || rule.kind === 'rlimit' || rule.kind === 'change_profile')
    return [];
  const { start, end } = rule.span;
  const text = source.slice(start, end);
  const lists = [...text.matchAll(/(?<![\w=]|peer=)\(([^()=]*)\)|(?:set|options|flags)=\(([^()=]*)\)/g)].map(
    (match) => ({ at: match.index + match[0].indexOf('(') + 1, list: match[1] ?? match[2] ?? '' }),
  );
  if (rule.kind === 'capability') {
    const match = /\bcapability\s+/.exec(text);
    if (match !== null)
      lists.push({
        at: match.index + match[0].length,
        list: text.slice(match.index + match[0].length).replace(/,?\s*$/, ''),
      });
  }
  return lists.flatMap(({ at, list }) => {
    const found = [...list.matchAll(/[^\s,]+/g)].map(([word]) => word);
    const joint = list.includes(',') ? ', ' : ' ';
    return found.length < 2
      ? []
      : found.map((_, left) => ({
          start: start + at,
          end: start + at + list.length,
          text: found.filter((_word, i) => i !== left).join(joint),
        }));
  });
}

/** Where expressions stand in a rule: a path, or behind `peer=`, `label=`, `name=`, `addr=` and the like. */
function expressions(source: string, rule: Rule): Edit[] {
  const { start, end } = rule.span;
  const text = source.slice(start, end);
  const places = [...text.matchAll(/(?<![^\s=(,])("[^"]*[/@][^"]*"|[/@][^\s,]*(?:,(?!\s|$)[^\s,]*)*)/g)].map(
    (match) => ({ at: match.index, expression: match[1] ?? '' }),
  );
  const conditions = [
    ...text.matchAll(
      /\b(?:peer|label|name|addr|path|interface|member|srcname|oldroot)=(?!\()("[^"]*"|[^\s)]*?)(?=\s|\)|,?\s*$)/g,
    ),
  ].map((match) => ({ at: match.index + match[0].indexOf('=') + 1, expression: match[1] ?? '' }));
  return [...places, ...conditions.filter(({ at }) => !places.some((one) => one.at === at))].flatMap(
    ({ at, expression }) =>
      expressionChanges(expression).map((change) => ({
        start: start + at + change.start,
        end: start + at + change.end,
        text: change.text,
      })),
  );
}

function transitions(source: string, rule: Rule): Edit[][] {
  if (
    rule.kind !== 'file' ||
    rule.permissionsSpan === undefined ||
    rule.exec === undefined ||
    rule.qualifiers.access === 'deny'
  )
    return [];
  const { start, end } = rule.permissionsSpan;
  const given = source.slice(start, end);
  const mode = /[pPcCuUi]+x/.exec(given);
  if (mode === null) return [];
  const arrow = /\s*->\s*(?:"[^"]*"|[^\s,]+)/y;
  arrow.lastIndex = end;
  const target = arrow.exec(source);
  return looserModes(mode[0]).map(({ mode: other, keepsTarget }) => {
    const letters = { start: start + mode.index, end: start + mode.index + mode[0].length, text: other };
    return target === null || keepsTarget
      ? [letters]
      : [letters, { start: target.index, end: target.index + target[0].length, text: '' }];
  });
}

function flagMutants(text: ProfileText, block: ProfileBlock): Draft[] {
  const span = block.flagsSpan;
  if (span === undefined) return [];
  const source = text.files.get(span.file) ?? '';
  const list = source.slice(span.start, span.end);
  const flags = list.split(/[\s,]+/).filter((flag) => flag !== '');
  // without any flag the brackets go too
  const whole = /flags\s*=\s*\(\s*$/.exec(source.slice(0, span.start))?.index ?? span.start;
  return flags.map((flag, left): Draft => {
    const rest = flags.filter((_flag, i) => i !== left);
    const edit =
      rest.length > 0
        ? { start: span.start, end: span.end, text: rest.join(',') }
        : { start: whole, end: source.indexOf(')', span.end) + 1, text: '' };
    return {
      kind: 'flag',
      profile: block.name,
      file: span.file,
      line: span.line,
      column: span.column,
      edits: [edit],
      via: [],
      before: `flags=(${flags.join(',')})`,
      after: rest.length > 0 ? `flags=(${rest.join(',')})` : '',
    };
  });
}

function apply(source: string, edits: readonly Edit[]): string {
  return [...edits]
    .sort((a, b) => b.start - a.start)
    .reduce((text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), source);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().replace(/\s*,$/, '');
}
