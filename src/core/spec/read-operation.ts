/** One line of `try:`, in the field's own words, to the agent's arguments. Pure. */
import { suggestion } from '../text/did-you-mean.ts';
import type { ArgumentKind } from './argument-kinds.ts';
import { OPERATIONS, findOperation, type OperationClass, type OperationForm } from './operations.ts';

/** An operation, resolved. */
export interface Operation {
  readonly name: string;
  /** As the agent takes them. */
  readonly args: readonly string[];
  readonly class: OperationClass;
  /** A peer of the spec, or `container`: its address becomes the last argument, which is empty until then. */
  readonly other?: string;
}

interface Unreadable {
  readonly problem: string;
}

/** @param words the operation's name and its arguments, as written. */
export function readOperation(words: readonly string[]): Operation | Unreadable {
  const [name = ''] = words;
  const form = findOperation(name);
  if (form === undefined) return { problem: unknownOperation(name) };

  const placeholder = form.peerPlaceholder;
  const peer = placeholder === undefined ? undefined : peerOf(words);
  if (placeholder === undefined || peer === undefined) return readArguments(name, form, words.slice(1));

  return withPeer(name, form, { ...peer, placeholder });
}

function unknownOperation(name: string): string {
  return `unknown operation ${JSON.stringify(name)}${suggestion(name, Object.keys(OPERATIONS))}`;
}

interface Peer {
  readonly other: string;
  /** The arguments ahead of it. */
  readonly given: readonly string[];
}

/** `… peer NAME`, or `… container`. */
function peerOf([, ...given]: readonly string[]): Peer | undefined {
  if (given.at(-1) === 'container') return { other: 'container', given: given.slice(0, -1) };
  if (given.at(-2) === 'peer') return { other: given.at(-1) ?? '', given: given.slice(0, -2) };
  return undefined;
}

function withPeer(
  name: string,
  form: OperationForm,
  { other, given, placeholder }: Peer & { readonly placeholder: string },
): Operation | Unreadable {
  if (placeholder.startsWith('@') && given[0] !== 'unix') {
    return { problem: `${name}: with a peer the family must be unix` };
  }
  const read = readArguments(name, form, [...given, placeholder]);
  if ('problem' in read) return read;

  const args = [...read.args.slice(0, -1), ''];
  return { ...read, args, class: read.class === 'network' ? 'unix' : read.class, other };
}

function readArguments(name: string, form: OperationForm, given: readonly string[]): Operation | Unreadable {
  const required = form.args.length;
  const optional = form.optional ?? [];
  if (given.length < required || given.length > required + optional.length) {
    return { problem: `${name} is written \`${usage(name, form)}\`` };
  }

  const kinds = [...form.args, ...optional.map(({ kind }) => kind)];
  const args: string[] = [];
  for (const [i, word] of given.entries()) {
    const kind = kinds[i];
    const value = kind?.read(word);
    if (value === undefined) return { problem: invalidArgument(word, kind, usage(name, form)) };
    args.push(value);
  }
  const omitted = optional.slice(given.length - required);
  args.push(...omitted.flatMap(({ missing }) => missing ?? []));

  const problem = form.check?.(args);
  return problem === undefined ? { name, args, class: form.class } : { problem: `${name}: ${problem}` };
}

/** Lists the words of a kind that help names by a placeholder only. */
function invalidArgument(text: string, kind: ArgumentKind | undefined, written: string): string {
  const { word: expected = 'argument', words = [] } = kind ?? {};
  const unknown = text.split(',').find((part) => !words.includes(part)) ?? text;
  const isListed = words.every((word) => expected.includes(word));
  const list = isListed ? '' : `: use ${words.join(', ')}`;
  const quoted = JSON.stringify(words.length > 0 ? unknown : text);
  return `${quoted} is not a valid ${expected}${list}${suggestion(unknown, words)}; write \`${written}\``;
}

/** How an operation is written: `socket FAMILY TYPE [PROTOCOL]`. */
function usage(name: string, { args, optional = [] }: OperationForm): string {
  return [name, ...args.map(({ word }) => word), ...optional.map(({ kind }) => `[${kind.word}]`)].join(' ');
}
