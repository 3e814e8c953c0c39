/**
 * Writes a profile that was read as one file, with includes and expressions unfolded. It must compile to the same
 * policy as the original: that shows that the reader understood it.
 */
import type {
  Conditions,
  Expression,
  FileRule,
  LinkRule,
  MountRule,
  PeerRule,
  ProfileBlock,
  ProfileText,
  Qualifiers,
  Rule,
} from '#core/profile/syntax/ast.ts';

/** @returns profile text in the parser's language. */
export function printProfile({ abi, aliases, profiles, variables }: ProfileText): string {
  const lines = abi === undefined ? [] : [`abi ${abi},`];
  // flags and transitions are kept as written: they may name variables
  const kept = JSON.stringify(
    profiles.flatMap(({ flags, rules }) => [flags, rules.map((rule) => (rule.kind === 'file' ? rule.exec : ''))]),
  );
  for (const [name, values] of variables)
    if (kept.includes(`@{${name}}`)) lines.push(`@{${name}} = ${values.map(quoted).join(' ')}`);
  for (const { from, to } of aliases) lines.push(`alias ${quoted(from)} -> ${quoted(to)},`);
  const open: ProfileBlock[] = [];
  const close = (): void => {
    open.pop();
    lines.push('}');
  };
  for (const block of profiles) {
    while (open.length > 0 && !isInside(block, open.at(-1))) close();
    lines.push(`${header(block, open.at(-1))} {`, ...block.rules.flatMap(printRule));
    open.push(block);
  }
  while (open.length > 0) close();
  return `${lines.join('\n')}\n`;
}

/** A hat may also stand at the top level under its full name. */
function isInside({ kind, name, span }: ProfileBlock, parent: ProfileBlock | undefined): boolean {
  if (kind === 'profile' || parent === undefined || !name.startsWith(`${parent.name}//`)) return false;
  return span.file !== parent.span.file || span.end <= parent.span.end;
}

function header({ name, kind, attachment, xattrs, flags }: ProfileBlock, parent: ProfileBlock | undefined): string {
  const own = parent === undefined ? name : name.slice(parent.name.length + 2);
  return [
    kind === 'hat' ? 'hat' : 'profile',
    quoted(own),
    ...(attachment ? [quoted(alternation(attachment.expanded))] : []),
    ...(xattrs === undefined ? [] : [xattrs]),
    ...(flags.length > 0 ? [`flags=(${flags.map(quoted).join(', ')})`] : []),
  ].join(' ');
}

/** Several where an expression stands for several paths. */
export function printRule(rule: Rule): string[] {
  return bodies(rule).map((body) => `  ${[...prefix(rule.qualifiers), body].join(' ')},`);
}

function prefix({ priority, audit, access, owner }: Qualifiers): string[] {
  return [
    ...(priority === undefined ? [] : [`priority=${priority}`]),
    ...(audit ? ['audit'] : []),
    ...(access === 'allow' ? [] : [access]),
    ...(owner === undefined ? [] : [owner]),
  ];
}

type RuleOf<K extends Rule['kind'], R extends Rule = Rule> = R extends Rule ? (K extends R['kind'] ? R : never) : never;

/** How rules of each kind are written, without qualifiers and comma. */
const BODIES: { readonly [K in Rule['kind']]: (rule: RuleOf<K>) => string[] } = {
  file: fileBodies,
  link: linkBodies,
  capability: ({ names }) => [words('capability', ...names)],
  network: ({ access, family, type, conditions }) => [
    words('network', brackets(access), family, type, printConditions(conditions)),
  ],
  mount: ({ conditions, source, target }) => [
    words('mount', printConditions(conditions), printed(source), arrow(printed(target))),
  ],
  remount: targetBody,
  umount: targetBody,
  pivot_root: ({ kind, conditions, target, transition }) => [
    words(kind, printConditions(conditions), printed(target), arrow(transition)),
  ],
  ptrace: peerBody,
  signal: peerBody,
  dbus: peerBody,
  unix: peerBody,
  mqueue: peerBody,
  io_uring: peerBody,
  rlimit: ({ limit, value }) => [`set rlimit ${limit} <= ${value}`],
  change_profile: ({ mode, exec, target }) => [words('change_profile', mode, printed(exec), arrow(printed(target)))],
  userns: ({ kind, access }) => [words(kind, ...access)],
  all: ({ kind, access }) => [words(kind, ...access)],
};

function bodies(rule: Rule): string[] {
  const print = BODIES[rule.kind] as (rule: Rule) => string[]; // the one for its kind
  return print(rule);
}

function fileBodies({ path, permissions, exec }: FileRule): string[] {
  if (!path) return ['file'];
  const letters = exec ? permissions.replace('x', exec.mode) : permissions;
  return together(path.expanded).map((text) => words(exec?.safety, quoted(text), letters, arrow(exec?.target)));
}

function linkBodies({ path, target, subset }: LinkRule): string[] {
  const targets = together(target.expanded);
  return together(path.expanded).flatMap((from) =>
    targets.map((to) => words('link', subset ? 'subset' : '', quoted(from), arrow(quoted(to)))),
  );
}

function targetBody({ kind, conditions, target }: MountRule): string[] {
  return [words(kind, printConditions(conditions), printed(target))];
}

function peerBody({ kind, access, conditions, name }: PeerRule): string[] {
  return [words(kind, brackets(access), printConditions(conditions), printed(name))];
}

function printed(expression: Expression | undefined): string {
  return expression === undefined ? '' : quoted(alternation(expression.expanded));
}

function arrow(target: string | undefined): string {
  return target === undefined || target === '' ? '' : `-> ${target}`;
}

function words(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(' ');
}

function brackets(names: readonly string[]): string {
  return names.length === 0 ? '' : `(${names.join(', ')})`;
}

/** Several paths as one `/x/{a,b}/y`, where that is safe: aliases apply to a text before its alternations. */
function together(paths: readonly string[]): readonly string[] {
  const head = commonHead(paths);
  const tail = commonTail(paths, head.length);
  const middles = paths.map((path) => path.slice(head.length, path.length - tail.length));
  const isPlain = middles.every((middle) => /^[^/*?[{},\\][^*?[{},\\]*$/.test(middle));
  return paths.length > 1 && head !== '' && isPlain ? [`${head}{${middles.join(',')}}${tail}`] : paths;
}

/** The longest beginning of all paths that ends in a slash. */
function commonHead([first = '', ...others]: readonly string[]): string {
  let head = '';
  for (let slash = first.indexOf('/'); slash >= 0; slash = first.indexOf('/', slash + 1)) {
    const candidate = first.slice(0, slash + 1);
    if (!others.every((path) => path.startsWith(candidate))) break;
    head = candidate;
  }
  return head;
}

/** The longest ending of all paths that begins with a slash and leaves something between it and the head. */
function commonTail(paths: readonly string[], headLength: number): string {
  const [first = ''] = paths;
  let tail = '';
  for (let slash = first.lastIndexOf('/'); slash >= headLength; slash = first.lastIndexOf('/', slash - 1)) {
    const candidate = first.slice(slash);
    const fits = (path: string): boolean => path.length > headLength + candidate.length && path.endsWith(candidate);
    if (!paths.every(fits)) break;
    tail = candidate;
  }
  return tail;
}

/** Conditions whose values are a list; in others several values are an alternation. */
const LISTS = /^(?:options|fstype|vfstype|set|flags)(?: in)?(?: #\d+)?$/;

function printConditions(conditions: Conditions): string {
  const entries = Object.entries(conditions);
  const own = entries.filter(([key]) => !key.startsWith('peer.')).map(([key, value]) => printCondition(key, value));
  const peer = entries
    .filter(([key]) => key.startsWith('peer.'))
    .map(([key, value]) => `${key.slice('peer.'.length)}=${printed(value)}`);
  return words(...own, peer.length > 0 ? `peer=(${peer.join(' ')})` : '');
}

function printCondition(key: string, { expanded }: Expression): string {
  const [name = '', within] = key.split(' ');
  const isOptional = within === 'in';
  const isList = LISTS.test(key) && (isOptional || expanded.length > 1);
  const value = isList ? `(${expanded.map(quoted).join(', ')})` : quoted(alternation(expanded));
  return `${name}${isOptional ? ' in ' : '='}${value}`;
}

/** One text for several values. */
function alternation(values: readonly string[]): string {
  const [only, ...more] = together(values);
  return more.length === 0 ? (only ?? '') : `{${values.join(',')}}`;
}

/** A word in quotes; characters that the lexer would not take there are written as octal escapes. */
function quoted(text: string): string {
  return `"${text.replaceAll(/\\?[\0-\x1f\x7f]|\\[\s\S]|"/g, (found) => {
    if (found === '"') return '\\"';
    const last = found.at(-1) ?? '';
    return last < ' ' || last === '\x7f' ? `\\${last.charCodeAt(0).toString(8).padStart(3, '0')}` : found;
  })}"`;
}
