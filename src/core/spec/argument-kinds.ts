/** The kinds of words that operations of `try:` take: how each is named in help, and how it is read. Pure. */
import {
  CAPABILITIES,
  MOUNT_OPTIONS,
  SOCKET_FAMILIES,
  SOCKET_PROTOCOLS,
  SOCKET_TYPES,
  signalNumber,
} from '../model/linux.ts';

/** One kind of argument. */
export interface ArgumentKind {
  /** As help names it: `PATH`, or the words themselves: `read|write`. */
  readonly word: string;
  /** @returns the argument as the agent takes it; undefined where the text is not of this kind. */
  readonly read: (text: string) => string | undefined;
  /** The words that it is made of, for a message about one that is not among them. */
  readonly words?: readonly string[];
}

/** An argument that can be left out, after all others. */
export interface OptionalArgument {
  readonly kind: ArgumentKind;
  /** What the agent is given instead; undefined: nothing. */
  readonly missing?: string;
}

export function oneOf(...words: readonly string[]): ArgumentKind {
  return { word: words.join('|'), words, read: (text) => (words.includes(text) ? text : undefined) };
}

/** A name out of a table, or its number. */
function namedNumber(word: string, numbers: Readonly<Record<string, number>>): ArgumentKind {
  return {
    word,
    words: Object.keys(numbers),
    read: (text) => {
      if (Object.hasOwn(numbers, text)) return String(numbers[text]);
      return matching(/^\d{1,9}$/, text);
    },
  };
}

function matching(pattern: RegExp, text: string): string | undefined {
  return pattern.test(text) ? text : undefined;
}

/** Words joined by commas, each out of a list. */
function everyWord(text: string, known: (word: string) => boolean): string[] | undefined {
  const words = text.split(',');
  return words.every(known) ? words : undefined;
}

function readMountFlags(text: string): string | undefined {
  const flags = everyWord(text, (flag) => Object.hasOwn(MOUNT_OPTIONS, flag));
  return flags?.reduce((bits, flag) => bits | (MOUNT_OPTIONS[flag] ?? 0), 0).toString();
}

const OPEN_MODES = ['read', 'write', 'append', 'create', 'truncate'];

export const path: ArgumentKind = { word: 'PATH', read: (text) => matching(/^\//, text) };
export const anyText: ArgumentKind = { word: 'TEXT', read: (text) => text };
export const openMode: ArgumentKind = {
  word: `MODE (of ${OPEN_MODES.join(', ')}, joined by commas)`,
  words: OPEN_MODES,
  read: (text) => everyWord(text, (mode) => OPEN_MODES.includes(mode))?.join(','),
};
export const family = namedNumber('FAMILY', SOCKET_FAMILIES);
export const socketType = namedNumber('TYPE', SOCKET_TYPES);
export const protocol = namedNumber('PROTOCOL', { any: 0, ...SOCKET_PROTOCOLS, icmpv6: 58 });
export const address: ArgumentKind = { word: 'ADDRESS', read: (text) => matching(/^(\d{1,5}|[@/].+|)$/, text) };
export const capability: ArgumentKind = { ...oneOf(...CAPABILITIES), word: 'CAPABILITY' };
export const signal: ArgumentKind = { word: 'SIGNAL', read: (text) => signalNumber(text)?.toString() };
export const process: ArgumentKind = {
  word: 'PID|child|peer NAME',
  read: (text) => matching(/^(?:child|[1-9]\d{0,8})$/, text),
};
export const mountFlags: ArgumentKind = {
  word: 'FLAGS (joined by commas)',
  words: Object.keys(MOUNT_OPTIONS),
  read: readMountFlags,
};
export const resource = oneOf(
  ...['cpu', 'fsize', 'data', 'stack', 'core', 'rss', 'nproc', 'nofile', 'memlock', 'as', 'locks', 'sigpending'],
  ...['msgqueue', 'nice', 'rtprio', 'rttime'],
);
export const limit: ArgumentKind = { word: 'VALUE', read: (text) => matching(/^(\d{1,19}|unlimited)$/, text) };
export const noNewPrivs: OptionalArgument = { kind: oneOf('no_new_privs') };
