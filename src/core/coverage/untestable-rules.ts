/** Why no probe can reach a rule in this container, on this kernel. Pure: what is here is given. */
import type { Access, FilePermission } from '../profile/semantics/access.ts';
import type { FileRule, LinkRule, PeerRule, ProfileBlock, Rule } from '../profile/syntax/ast.ts';
import { isCovered, type Subject } from './credit.ts';
import { folderOf, literalsOf, type Literal } from '../profile/patterns/literals.ts';
import type { FileLookup } from './operation-accesses.ts';

/** What is known of the place that the probes run in. */
export interface ContainerView {
  readonly look: FileLookup;
  /** Names in a folder; undefined where there is none, or where there are too many. */
  readonly list: (folder: string) => readonly string[] | undefined;
  /** Capabilities that a process of the container can have, by AppArmor's names. */
  readonly capabilities: ReadonlySet<string>;
  /** Whether a filter of system calls is on. */
  readonly filtered: boolean;
  /** Labels that a helper beside the container can carry (`peers`). */
  readonly labels: readonly string[];
  /** Why no rule of a class is asked; undefined when rules of it are. */
  readonly unmediated: (name: string) => string | undefined;
}

/** Classes of rules under the names that the kernel's list of features has. */
const CLASS: Readonly<Partial<Record<Rule['kind'], string>>> = {
  link: 'file',
  unix: 'network',
  remount: 'mount',
  umount: 'mount',
  pivot_root: 'mount',
};

/** The class of a rule. Of a deny rule for unix sockets nothing is left where they are known only as a network family. */
export function classOf(rule: Rule): string {
  return rule.kind === 'unix' && rule.qualifiers.access === 'deny' ? 'unix' : (CLASS[rule.kind] ?? rule.kind);
}

/** @returns a sentence, or undefined when a probe can reach the rule. */
export function untestableReason(
  rule: Rule,
  block: ProfileBlock,
  subject: Subject,
  here: ContainerView,
): string | undefined {
  if (rule.kind === 'all') return undefined;
  if (rule.kind === 'dbus') return 'A bus daemon asks for it, not the kernel.';
  if (rule.qualifiers.access === 'prompt') return 'A prompt needs someone who answers it.';
  return here.unmediated(classOf(rule)) ?? ofKind(rule, block, subject, here);
}

function ofKind(rule: Rule, block: ProfileBlock, subject: Subject, here: ContainerView): string | undefined {
  switch (rule.kind) {
    case 'file':
    case 'link':
      return behindLinks(rule, here) ?? nothingThere(rule, block, subject, here);
    case 'capability': {
      const held =
        rule.names.length === 0 ? here.capabilities.size > 0 : rule.names.some((name) => here.capabilities.has(name));
      return held
        ? undefined
        : `The container does not have the capability ${rule.names.join(', ') || 'for anything'}: the kernel refuses before it asks AppArmor.`;
    }
    case 'mount':
    case 'remount':
    case 'umount':
    case 'pivot_root':
    case 'userns':
      return here.filtered && !here.capabilities.has('sys_admin')
        ? "The engine's filter of system calls (seccomp) refuses the call before AppArmor is asked."
        : undefined;
    case 'signal':
    case 'ptrace':
      return outside(rule, subject, here);
    case 'network':
    case 'unix':
    case 'mqueue':
    case 'io_uring':
    case 'rlimit':
    case 'change_profile':
    case 'dbus':
    case 'all':
      return undefined;
  }
}

/** Signals and traces only pass between processes of the container and its peers: under labels of the profile's file, or that are loaded here. */
function outside(rule: PeerRule, { text }: Subject, { labels }: ContainerView): string | undefined {
  const peer = rule.conditions['peer'];
  if (peer === undefined) return undefined;
  const names = [...text.profiles.map(({ name }) => name), ...labels];
  // a rule of its own, so that no other rule of the profile answers for it
  const alone: ProfileBlock = {
    name: '',
    kind: 'profile',
    flags: [],
    span: rule.span,
    rules: [{ ...rule, qualifiers: { audit: false, access: 'allow' } }],
  };
  const word = rule.signals?.[0] ?? 'urg';
  const words = rule.access.length > 0 ? rule.access : rule.kind === 'signal' ? ['send'] : ['trace'];
  const reached = names.some((name) =>
    words.some((access) =>
      reaches(
        alone,
        rule.kind === 'signal'
          ? { class: 'signal', access, signal: word, peer: name }
          : { class: 'ptrace', access, peer: name },
        text,
      ),
    ),
  );
  return reached ? undefined : `No profile is loaded here that ${peer.text} names, so no process can carry its label.`;
}

function reaches(alone: ProfileBlock, access: Access, text: Subject['text']): boolean {
  const [rule] = alone.rules;
  return (
    rule !== undefined &&
    isCovered({ text, profile: '', original: (label) => label, shadowed: new Set() }, alone, access, rule)
  );
}

/** The kernel sees names after links are followed: in a folder that is a link it sees none. */
function behindLinks(rule: FileRule | LinkRule, { look }: ContainerView): string | undefined {
  const literals = literalsIn(rule);
  if (literals === undefined) return undefined;
  const links: string[] = [];
  for (const { text, whole } of literals) {
    const folder = nearest(folderOf(text), look);
    const writes = rule.kind === 'link' || /[wl]/.test(rule.permissions);
    const file = whole && !writes ? look(text, true)?.path : undefined;
    if (folder.real !== folder.path) links.push(`${folder.path} → ${folder.real}`);
    else if (file !== undefined && file !== text.replace(/(?<=.)\/$/, '')) links.push(`${text} → ${file}`);
    else return undefined;
  }
  return `The kernel never sees a name there, since it follows links first: ${[...new Set(links)].join(', ')}.`;
}

/** The last folder on the way to a folder that is there. */
function nearest(folder: string, look: FileLookup): { readonly path: string; readonly real: string } {
  for (let path = folder; path !== '/'; path = folderOf(path)) {
    const place = look(path, true);
    if (place?.folder === true) return { path, real: place.path };
  }
  return { path: '/', real: '/' };
}

/** Every alternative's certain part; undefined when the rule takes every path, or too many. */
function literalsIn(rule: FileRule | LinkRule): readonly Literal[] | undefined {
  if (rule.path === undefined) return undefined;
  const all = rule.path.expanded.map(literalsOf);
  return all.some((one) => one === undefined) ? undefined : all.flatMap((one) => one ?? []);
}

const MOST_FILES = 2000;
const DEEP = 3;

/** In /proc and /sys nothing can be made: what is not there cannot be asked for, but that it be made. */
function nothingThere(
  rule: FileRule | LinkRule,
  block: ProfileBlock,
  subject: Subject,
  here: ContainerView,
): string | undefined {
  const literals = literalsIn(rule);
  if (literals === undefined || rule.kind === 'link') return undefined;
  const folders = new Set<string>();
  for (const { text, whole } of literals) {
    const folder = folderOf(text);
    if (!/^\/(?:proc|sys)\/./.test(whole ? text : `${folder}/`)) return undefined;
    const names = whole ? [text] : below(folder, here);
    if (names === undefined) return undefined;
    folders.add(whole ? text : folder);
    const asked: Access[] = names
      .filter((name) => here.look(name, true)?.missing === false)
      .flatMap((path) =>
        [...rule.permissions].map((letter): Access => ({
          class: 'file',
          path,
          permission: letter as FilePermission,
          owner: true,
        })),
      );
    const parent =
      here.look(folder, true)?.folder === true && rule.permissions.includes('w')
        ? [whole ? text : `${folder}/x`, ...(whole ? [] : [`${folder}/x/`])]
        : [];
    const makes = parent.map((path): Access => ({ class: 'file', path, permission: 'c', owner: true }));
    if ([...asked, ...makes].some((access) => isCovered(subject, block, access, rule))) return undefined;
  }
  return `Nothing that is in this container, or could be made, lets this rule decide: ${[...folders].join(', ')}.`;
}

/** Names of files and folders below a folder, the latter with a slash; undefined when there are too many to look at. */
function below(top: string, { list, look }: ContainerView): readonly string[] | undefined {
  const found: string[] = [];
  let level = [top];
  for (let depth = 0; depth < DEEP && level.length > 0; depth += 1) {
    const next: string[] = [];
    for (const folder of level) {
      for (const name of list(folder) ?? []) {
        const path = `${folder === '/' ? '' : folder}/${name}`;
        const isFolder = look(path, false)?.folder === true;
        found.push(isFolder ? `${path}/` : path);
        if (isFolder) next.push(path);
        if (found.length > MOST_FILES) return undefined;
      }
    }
    level = next;
  }
  return level.length > 0 ? undefined : found;
}
