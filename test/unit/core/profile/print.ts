/**
 * Writes a read profile as one file, with includes and expressions unfolded. What it compiles to is what the original compiles
 * to: the proof that the reader understood it.
 */
import type { Conditions, ProfileBlock, ProfileText, Qualifiers, Rule } from '#core/profile/syntax/ast.ts';

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

function bodies(rule: Rule): string[] {
  switch (rule.kind) {
    case 'file': {
      if (!rule.path) return ['file'];
      const { exec } = rule;
      const permissions = exec ? rule.permissions.replace('x', exec.mode) : rule.permissions;
      const safety = exec?.safety === undefined ? '' : `${exec.safety} `;
      return together(rule.path.expanded).map(
        (path) => `${safety}${quoted(path)} ${permissions}${exec?.target === undefined ? '' : ` -> ${exec.target}`}`,
      );
    }
    case 'link':
      return together(rule.path.expanded).flatMap((path) =>
        together(rule.target.expanded).map(
          (target) => `link ${rule.subset ? 'subset ' : ''}${quoted(path)} -> ${quoted(target)}`,
        ),
      );
    case 'capability':
      return [['capability', ...rule.names].join(' ')];
    case 'network':
      return [words('network', access(rule.access), rule.family, rule.type, conditions(rule.conditions))];
    case 'mount': {
      const source = rule.source && quoted(alternation(rule.source.expanded));
      return [
        words(
          'mount',
          conditions(rule.conditions),
          source,
          rule.target && `-> ${quoted(alternation(rule.target.expanded))}`,
        ),
      ];
    }
    case 'remount':
    case 'umount':
      return [words(rule.kind, conditions(rule.conditions), rule.target && quoted(alternation(rule.target.expanded)))];
    case 'pivot_root':
      return [
        words(
          rule.kind,
          conditions(rule.conditions),
          rule.target && quoted(alternation(rule.target.expanded)),
          rule.transition === undefined ? undefined : `-> ${rule.transition}`,
        ),
      ];
    case 'ptrace':
    case 'signal':
    case 'dbus':
    case 'unix':
    case 'mqueue':
    case 'io_uring':
      return [
        words(
          rule.kind,
          access(rule.access),
          conditions(rule.conditions),
          rule.name && quoted(alternation(rule.name.expanded)),
        ),
      ];
    case 'rlimit':
      return [`set rlimit ${rule.limit} <= ${rule.value}`];
    case 'change_profile':
      return [
        words(
          'change_profile',
          rule.mode,
          rule.exec && quoted(alternation(rule.exec.expanded)),
          rule.target && `-> ${quoted(alternation(rule.target.expanded))}`,
        ),
      ];
    case 'userns':
    case 'all':
      return [words(rule.kind, ...rule.access)];
  }
}

function words(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(' ');
}

function access(names: readonly string[]): string {
  return names.length === 0 ? '' : `(${names.join(', ')})`;
}

/** Several paths as one `/x/{a,b}/y`, where that is safe: aliases apply to a text before its alternations. */
function together(paths: readonly string[]): readonly string[] {
  const [first = ''] = paths;
  let head = 0;
  for (
    let at = first.indexOf('/');
    at >= 0 && paths.every((path) => path.startsWith(first.slice(0, at + 1)));
    at = first.indexOf('/', at + 1)
  )
    head = at + 1;
  let tail = '';
  for (
    let at = first.lastIndexOf('/');
    at >= head && paths.every((path) => path.length > head + first.length - at && path.endsWith(first.slice(at)));
    at = first.lastIndexOf('/', at - 1)
  )
    tail = first.slice(at);
  const middles = paths.map((path) => path.slice(head, path.length - tail.length));
  const safe = paths.length > 1 && head > 0 && middles.every((middle) => /^[^/*?[{},\\][^*?[{},\\]*$/.test(middle));
  return safe ? [`${first.slice(0, head)}{${middles.join(',')}}${tail}`] : paths;
}

/** Conditions whose values are a list; in others several values are an alternation. */
const LISTS = /^(?:options|fstype|vfstype|set|flags)(?: in)?(?: #\d+)?$/;

function conditions(all: Conditions): string {
  const entries = Object.entries(all);
  const peer = entries
    .filter(([key]) => key.startsWith('peer.'))
    .map(([key, value]) => `${key.slice(5)}=${quoted(alternation(value.expanded))}`);
  const own = entries
    .filter(([key]) => !key.startsWith('peer.'))
    .map(([key, { expanded }]) => {
      const [name = '', within] = key.split(' ');
      const list = LISTS.test(key) && (within === 'in' || expanded.length > 1);
      return `${name}${within === 'in' ? ' in ' : '='}${list ? `(${expanded.map(quoted).join(', ')})` : quoted(alternation(expanded))}`;
    });
  return [...own, ...(peer.length > 0 ? [`peer=(${peer.join(' ')})`] : [])].join(' ');
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
