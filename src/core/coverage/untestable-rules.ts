/** Why no probe can reach a rule in this container, on this kernel. Pure: the caller looks. */
import type { Access, FilePermission } from '../profile/semantics/access.ts';
import type { FileRule, LinkRule, PeerRule, ProfileBlock, Rule } from '../profile/syntax/ast.ts';
import { isCovered, type Subject } from './credit.ts';
import { folderOf, literalsOf, type Literal } from '../profile/patterns/literals.ts';
import type { FileLookup } from '../model/file-lookup.ts';

/** What is known about the container that the probes run in. */
export interface ContainerView {
  readonly look: FileLookup;
  /** Names in a folder; undefined where there is none, or where there are too many. */
  readonly list: (folder: string) => readonly string[] | undefined;
  /** Capabilities that a process of the container can have, by AppArmor's names. */
  readonly capabilities: ReadonlySet<string>;
  /** Whether a filter of system calls is on. */
  readonly filtered: boolean;
  /** Labels that a peer can have. */
  readonly labels: readonly string[];
  /** Why the kernel checks no rule of a class; undefined when it does. */
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

/** The class of a rule. Where unix sockets are only a network family, the parser drops deny rules for them. */
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
  if (rule.kind === 'dbus') return 'D-Bus is checked by the bus daemon, not by the kernel.';
  if (rule.qualifiers.access === 'prompt') return 'Nobody answers the prompt.';
  return here.unmediated(classOf(rule)) ?? reasonByKind(rule, block, subject, here);
}

/** Kinds of rules for calls that the engine's default seccomp filter refuses without CAP_SYS_ADMIN. */
const FILTERED_KINDS: ReadonlySet<Rule['kind']> = new Set(['mount', 'remount', 'umount', 'pivot_root', 'userns']);

function reasonByKind(rule: Rule, block: ProfileBlock, subject: Subject, here: ContainerView): string | undefined {
  if (rule.kind === 'file' || rule.kind === 'link') {
    return beyondLinks(rule, here) ?? nothingThere(rule, block, subject, here);
  }
  if (rule.kind === 'capability') return missingCapability(rule.names, here);
  if (rule.kind === 'signal' || rule.kind === 'ptrace') return unreachablePeer(rule, subject, here);
  if (FILTERED_KINDS.has(rule.kind) && here.filtered && !here.capabilities.has('sys_admin')) {
    return "The engine's seccomp filter refuses the system call before AppArmor checks it.";
  }
  return undefined;
}

/** @param names none: the rule is about every capability. */
function missingCapability(names: readonly string[], { capabilities }: ContainerView): string | undefined {
  const isThere = names.length === 0 ? capabilities.size > 0 : names.some((name) => capabilities.has(name));
  if (isThere) return undefined;

  const what = names.length === 0 ? 'any capability' : `the capability ${names.join(', ')}`;
  return `The container does not have ${what}: the kernel refuses before it asks AppArmor.`;
}

/**
 * Signals and traces only pass between processes of the container and its peers, whose labels are of the profile's file
 * or loaded on this host.
 */
function unreachablePeer(rule: PeerRule, { text }: Subject, { labels }: ContainerView): string | undefined {
  const peer = rule.conditions['peer'];
  if (peer === undefined) return undefined;

  const names = [...text.profiles.map(({ name }) => name), ...labels];
  // in a profile of its own, so that no other rule decides
  const alone: ProfileBlock = {
    name: '',
    kind: 'profile',
    nameSpan: rule.span,
    flags: [],
    span: rule.span,
    rules: [{ ...rule, qualifiers: { audit: false, access: 'allow' } }],
  };
  const isReached = names.some((name) => peerAccesses(rule, name).some((access) => reaches(alone, access, text)));
  if (isReached) return undefined;
  return `No profile that is loaded here matches ${peer.text}, so no process has such a label.`;
}

/** What the rule allows towards a process with this label: one access for each of its words. */
function peerAccesses(rule: PeerRule, peer: string): Access[] {
  if (rule.kind === 'signal') {
    const words = rule.access.length > 0 ? rule.access : ['send'];
    const signal = rule.signals?.[0] ?? 'urg';
    return words.map((access) => ({ class: 'signal', access, signal, peer }));
  }
  const words = rule.access.length > 0 ? rule.access : ['trace'];
  return words.map((access) => ({ class: 'ptrace', access, peer }));
}

function reaches(alone: ProfileBlock, access: Access, text: Subject['text']): boolean {
  const [rule] = alone.rules;
  return (
    rule !== undefined &&
    isCovered({ text, profile: '', original: (label) => label, shadowed: new Set() }, alone, access, rule)
  );
}

/** The kernel checks names after it has followed links: it never sees one in a folder that is a link. */
function beyondLinks(rule: FileRule | LinkRule, { look }: ContainerView): string | undefined {
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
  const followed = [...new Set(links)].join(', ');
  return `The kernel follows links before it checks names, so it never sees this one: ${followed}.`;
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

const MAX_FILES = 2000;
const MAX_DEPTH = 3;

/** In /proc and /sys nothing can be created: of what is not there only its creation can be tried. */
function nothingThere(
  rule: FileRule | LinkRule,
  block: ProfileBlock,
  subject: Subject,
  here: ContainerView,
): string | undefined {
  const literals = literalsIn(rule);
  if (literals === undefined || rule.kind === 'link') return undefined;
  const places = new Set<string>();
  for (const literal of literals) {
    const folder = folderOf(literal.text);
    if (!/^\/(?:proc|sys)\/./.test(literal.whole ? literal.text : `${folder}/`)) return undefined;

    const names = literal.whole ? [literal.text] : below(folder, here);
    if (names === undefined) return undefined;

    places.add(literal.whole ? literal.text : folder);
    const accesses = [...existingFiles(rule, names, here), ...newFiles(rule, literal, here)];
    if (accesses.some((access) => isCovered(subject, block, access, rule))) return undefined;
  }
  return `This rule decides about no file that exists here or could be created here: ${[...places].join(', ')}.`;
}

/** What the rule decides about existing names. */
function existingFiles({ permissions }: FileRule, names: readonly string[], { look }: ContainerView): Access[] {
  return names
    .filter((name) => look(name, true)?.missing === false)
    .flatMap((path) => [...permissions].map((letter) => fileAccess(path, letter as FilePermission)));
}

/** What the rule decides about a new file, or a new folder, in an existing folder. */
function newFiles({ permissions }: FileRule, { text, whole }: Literal, { look }: ContainerView): Access[] {
  const folder = folderOf(text);
  if (look(folder, true)?.folder !== true || !permissions.includes('w')) return [];
  const paths = whole ? [text] : [`${folder}/x`, `${folder}/x/`];
  return paths.map((path) => fileAccess(path, 'c'));
}

function fileAccess(path: string, permission: FilePermission): Access {
  return { class: 'file', path, permission, owner: true };
}

/** Names of files and folders below a folder, the latter with a slash; undefined when there are too many to look at. */
function below(top: string, { list, look }: ContainerView): readonly string[] | undefined {
  const paths: string[] = [];
  let level = [top];
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth += 1) {
    const next: string[] = [];
    for (const folder of level) {
      for (const name of list(folder) ?? []) {
        const path = `${folder === '/' ? '' : folder}/${name}`;
        const isFolder = look(path, false)?.folder === true;
        paths.push(isFolder ? `${path}/` : path);
        if (isFolder) next.push(path);
        if (paths.length > MAX_FILES) return undefined;
      }
    }
    level = next;
  }
  return level.length > 0 ? undefined : paths;
}
