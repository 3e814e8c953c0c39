/** Which programs a profile attaches to, before and after. Pure. */
import type { Change, Difference } from './access-change.ts';
import { Automaton } from '../patterns/automaton.ts';
import { joinGlobs } from '../patterns/join-globs.ts';
import { PATH } from '../patterns/possible-names.ts';
import { readRegex, type Nfa } from '../patterns/regex.ts';
import type { Expression, ProfileBlock } from '../syntax/ast.ts';

/** @returns a difference for programs that no longer run under the profile, and one for those that newly do. */
export function attachmentDifferences(base: ProfileBlock, head: ProfileBlock): Difference[] {
  return [...expressionDifferences(base, head), ...attributeDifferences(base, head)];
}

function expressionDifferences(base: ProfileBlock, head: ProfileBlock): Difference[] {
  const was = attachmentOf(base);
  const is = attachmentOf(head);
  const [before, after] = [was, is].map(nfaOf);
  if (JSON.stringify(was?.expanded) === JSON.stringify(is?.expanded)) return [];

  const text = `the attachment was ${was?.text ?? 'none'} and is ${is?.text ?? 'none'}`;
  if (before === undefined || after === undefined) return [difference('loosened', text)];
  const { sets } = new Automaton([before, after]).tagSets(PATH, { examples: 1 });
  const programs = (tag: number): string[] =>
    sets
      .filter(({ tags }) => tags.length === 1 && tags[0] === tag)
      .flatMap(({ examples }) => examples.map((path) => Buffer.from(path).toString()));
  return [
    ...programs(0).map((path) => difference('loosened', `${text}: ${path} no longer runs under the profile`)),
    ...programs(1).map((path) => difference('tightened', `${text}: ${path} now runs under the profile`)),
  ];
}

/** Whether both attach to some program; so they do where that cannot be found out. */
export function attachmentsOverlap(one: ProfileBlock, other: ProfileBlock): boolean {
  const attachments = [attachmentOf(one), attachmentOf(other)];
  if (attachments.includes(undefined)) return false;
  const [first, second] = attachments.map(nfaOf);
  if (first === undefined || second === undefined) return true;
  const { sets, complete } = new Automaton([first, second]).tagSets(PATH, { examples: 1 });
  return !complete || sets.some(({ tags }) => tags.length === 2);
}

/** A profile without an attachment whose name is a path attaches to that. */
export function attachmentOf({ attachment, kind, name }: ProfileBlock): Expression | undefined {
  if (attachment !== undefined || kind === 'hat') return attachment;
  const own = kind === 'child' ? (/\/\/(\/.*)$/.exec(name)?.[1] ?? '') : name;
  return own.startsWith('/') ? { text: own, expanded: [own] } : undefined;
}

/** Without an attachment an expression that matches nothing; undefined for one that cannot be read. */
function nfaOf(attachment: Expression | undefined): Nfa | undefined {
  const translation = attachment === undefined ? { regex: '' } : joinGlobs([attachment], { path: true });
  if ('problem' in translation) return undefined;
  const nfa = readRegex(translation.regex);
  return 'problem' in nfa ? undefined : nfa;
}

/** A condition on extended attributes narrows an attachment. */
function attributeDifferences({ xattrs: was }: ProfileBlock, { xattrs: is }: ProfileBlock): Difference[] {
  if (withoutBlanks(was) === withoutBlanks(is)) return [];
  const change = is === undefined ? 'tightened' : 'loosened';
  return [difference(change, `the attributes that a program must have were ${was ?? 'none'} and are ${is ?? 'none'}`)];
}

function withoutBlanks(text = ''): string {
  return text.replaceAll(/[\s,]+/g, ' ').replaceAll(/ ?([()=]) ?/g, '$1');
}

function difference(change: Change, detail: string): Difference {
  return { change, class: 'attachment', permissions: [], examples: [], base: [], head: [], detail };
}
