/** Probes that would notice a rule which a mutant adds: the access that it grants, expected to be denied. Pure. */
import { HAT } from '../mutation/add/add-hat.ts';
import type { Mutant } from '../mutation/mutant.ts';
import type { Operator } from '../mutation/operators.ts';
import { scalar } from './compose-spec.ts';

/** What a spec says of a peer. */
interface Peer {
  readonly name: string;
  readonly profile: string;
}

interface AdditionContext {
  /** Full name of the profile that the mutant changes. */
  readonly self: string;
  readonly peers: readonly Peer[];
}

/** The fields of a probe, as YAML. */
type Fields = readonly string[];

type Reader = (rule: string, context: AdditionContext) => readonly Fields[];

/** @returns each as an item of a YAML list; none for a change that no plain access shows. */
export function additionProbes({ kind, after }: Mutant, context: AdditionContext): string[] {
  const probes = READERS[kind]?.(after, context) ?? [];
  return probes.map((fields) => fields.map((field, i) => `${i === 0 ? '  - ' : '    '}${field}`).join('\n'));
}

const HAT_REASON =
  'Changing to a hat that does not exist leaves no record, so that no probe can prove that there is none. ' +
  'Close the class change_profile: then each hat that there is has to be denied.';

/** Of an added rule that nothing in a container can try: why. */
export function untestableAddition({ kind, after }: Mutant): string | undefined {
  if (kind === 'add-hat' && after.includes(HAT)) return HAT_REASON;
  return kind === 'add-class' && after === 'dbus' ? 'A container has no bus that asks AppArmor.' : undefined;
}

const READERS: Partial<Record<Operator, Reader>> = {
  'add-capability': (rule) => [deniedTry('capable', wordsOf(rule)[1] ?? 'sys_admin')],
  'add-network': (rule) => socketsOf(rule).map((words) => recordedTry('create', 'socket', ...words)),
  'add-mount': (rule) => mountsOf(rule),
  'add-ptrace': (rule, { peers }) =>
    peersIn(rule, peers).flatMap(({ name }) =>
      ['read', 'trace'].flatMap((access) => [
        deniedTry('ptrace', access, 'peer', name),
        from(name, `ptrace ${access}`),
      ]),
    ),
  'add-signal': (rule, { peers }) =>
    peersIn(rule, peers).flatMap(({ name }) => [deniedTry('signal', 'urg', 'peer', name), from(name, 'signal urg')]),
  'add-unix': (rule, { peers }) =>
    peersIn(rule, peers).flatMap(({ name }) => [
      deniedTry('connect', 'unix', 'stream', 'peer', name),
      deniedTry('send', 'unix', 'dgram', 'peer', name),
    ]),
  'add-change-profile': (rule) => [deniedTry('change_profile', targetOf(rule))],
  'add-exec': (rule, { self }) => stayingIn(self, rule),
  'add-file': (rule) => filesBelow(rule),
  'add-class': (rule) => CLASSES[rule] ?? [],
};

function wordsOf(rule: string): string[] {
  return rule.split(/\s+/);
}

function deniedTry(...words: readonly string[]): Fields {
  return [tryField(words), 'expect: denied'];
}

/** Operations that need a capability as well: the record has to be their own. */
function recordedTry(operation: string, ...words: readonly string[]): Fields {
  return [tryField(words), `expect: {access: denied, audit: {operation: ${operation}}}`];
}

function tryField(words: readonly string[]): string {
  const isPlain = words.every((word) => /^[\w./-]+$/.test(word));
  return `try: ${isPlain ? scalar(words.join(' ')) : `[${words.map(scalar).join(', ')}]`}`;
}

function from(peer: string, operation: string): Fields {
  // the control has no profile that could answer
  return [`from: ${scalar(peer)}`, `try: ${operation} container`, 'control: false', 'expect: denied'];
}

/** Types that sockets of a family have, the most usual first. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  inet: ['raw', 'stream', 'dgram'],
  inet6: ['raw', 'stream', 'dgram'],
  unix: ['stream', 'dgram', 'seqpacket'],
  netlink: ['raw', 'dgram'],
  packet: ['raw', 'dgram'],
};
const USUAL_TYPES = ['dgram', 'stream', 'raw', 'seqpacket'];

function socketsOf(rule: string): string[][] {
  const [, family, type] = wordsOf(rule);
  if (family === undefined) return Object.entries(TYPES).flatMap(([name, types]) => types.map((one) => [name, one]));
  const types = type === undefined ? (TYPES[family] ?? USUAL_TYPES) : [type];
  return types.map((one) => [family, one]);
}

/** Mounts that each rule allows. */
const MOUNTS: Readonly<Record<string, readonly string[]>> = {
  mount: ['tmpfs', 'none', '/mnt'],
  'mount options=(bind)': ['', '/etc', '/mnt', 'bind'],
  'mount options=(rbind)': ['', '/etc', '/mnt', 'rbind'],
  'mount options=(move)': ['', '/dev/shm', '/mnt', 'move'],
  'mount options=(make-rprivate)': ['', 'none', '/', 'rprivate'],
  'mount options=(make-rshared)': ['', 'none', '/', 'rshared'],
  'mount /** -> /mnt/': ['', '/etc', '/mnt', 'bind'],
  remount: ['', 'none', '/dev/shm', 'remount'],
  'remount options=(ro, bind)': ['', 'none', '/dev/shm', 'remount,bind,ro'],
};

function mountsOf(rule: string): readonly Fields[] {
  if (rule === 'umount') return [recordedTry('umount', 'umount', '/dev/shm')];
  if (rule === 'pivot_root') return [recordedTry('pivotroot', 'pivot_root', '/mnt', '/mnt')];
  const fstype = /^mount fstype=(\w+)$/.exec(rule)?.[1];
  const words = fstype === undefined ? MOUNTS[rule] : [fstype, 'none', '/mnt'];
  return words === undefined ? [] : [recordedTry('mount', 'mount', ...words)];
}

/** Those whose profile the rule is about: all where it names none. */
function peersIn(rule: string, peers: readonly Peer[]): readonly Peer[] {
  const label = /(?:peer|label)=\(?(?:label=)?"?([^")]+)/.exec(rule)?.[1];
  return label === undefined ? peers : peers.filter(({ profile }) => profile === label);
}

function targetOf(rule: string): string {
  return /-> "?([^"]+)/.exec(rule)?.[1] ?? 'unconfined';
}

/** The program runs, and under the profile. */
function stayingIn(self: string, rule: string): readonly Fields[] {
  const path = /^"?(\/[^"*\\]+?)"? \w+$/.exec(rule)?.[1];
  return path === undefined
    ? []
    : [
        [`exec: ${scalar(path)}`, `expect: {access: allowed, label: ${scalar(self)}}`],
        [`exec: ${scalar(path)}`, 'expect: denied'],
      ];
}

function filesBelow(rule: string): readonly Fields[] {
  const [path = '', letters = ''] = wordsOf(rule);
  const thing = path.replace(/\*+$/, 'thing');
  return [
    ...(letters.includes('w') ? [[`open: ${scalar(thing)}`, 'for: create', 'expect: denied']] : []),
    ...(letters.includes('l') ? [deniedTry('link', '/etc/passwd', thing)] : []),
  ];
}

const CLASSES: Readonly<Record<string, readonly Fields[]>> = {
  userns: [deniedTry('userns')],
  io_uring: [deniedTry('io_uring', 'sqpoll'), deniedTry('io_uring', 'override_creds')],
  mqueue: [deniedTry('mqueue', 'create', '/thing')],
  all: [deniedTry('capable', 'sys_admin'), deniedTry('change_profile', 'unconfined')],
};
