/** A closed class to the probes that try it: one for each member, denied unless it is declared allowed. Pure. */
import { describeAction } from '../../model/describe-action.ts';
import type { Action, ClosedClass, Plan, Probe } from '../../model/model.ts';
import { defined } from '../../model/optional.ts';
import { readOperation } from '../read-operation.ts';
import { allows } from './allow.ts';
import type { ClosedClassName } from './classes.ts';
import type { Inventory, Member, UnknownMember } from './member.ts';
import { MEMBERS } from './members.ts';

/** A peer of a closed class that no spec can name: names of a spec have no dot. */
export const STAND_IN = 'closed.';

/** A profile that nobody has: a placeholder that allows everything is loaded for it. */
export const OTHER_PROFILE = 'apparmor-probe-other';

/** Classes that need somebody at the other end. */
const WITH_PEERS: ReadonlySet<string> = new Set<ClosedClassName>(['ptrace', 'signal']);

const TIMEOUT_MS = 10_000;

/** @returns whether somebody has to be at the other end of what a class denies. */
export function isWithPeers({ class: name }: { readonly class: string }): boolean {
  return WITH_PEERS.has(name);
}

/** @returns the peers that closed classes need beside those of the spec: one unconfined, one under another label. */
export function standInPeers(closed: readonly { readonly class: string }[], peers: Plan['peers']): Plan['peers'] {
  if (!closed.some(isWithPeers)) return [];
  const other = { name: `${STAND_IN}other`, profile: OTHER_PROFILE };
  const isThere = peers.some(({ profile }) => profile === 'unconfined');
  return isThere ? [other] : [{ name: `${STAND_IN}unconfined`, profile: 'unconfined' }, other];
}

/** @returns the peers in the words of members: by their label, a stand-in under a label of nobody's as `other`. */
export function peersOfClasses(peers: Plan['peers']): Inventory['peers'] {
  const byLabel = new Map(
    peers.map(({ name, profile }) => {
      const label = profile === OTHER_PROFILE ? 'other' : profile;
      return [label, { name, label }] as const;
    }),
  );
  return [...byLabel.values()];
}

/** @returns whether a peer is of closed classes, and of no spec. */
export function isStandIn({ name }: Plan['peers'][number]): boolean {
  return name.startsWith(STAND_IN);
}

interface ExpandOptions {
  /** @returns an id of at most 15 bytes that no process of the container can foresee. */
  readonly newId: () => string;
  readonly user: string | undefined;
}

const LEFT_OPEN = 'the spec leaves it open';

/** @returns the class with its attempts, and with the members that are not tried. */
export function expandClass(closed: ClosedClass, inventory: Inventory, options: ExpandOptions): ClosedClass {
  const { open = [] } = closed;
  const members = MEMBERS[closed.class as ClosedClassName](inventory).map((member): Member | UnknownMember =>
    open.some((entry) => allows(entry, member.words)) ? { words: member.words, why: LEFT_OPEN } : member,
  );
  const untried = members.flatMap((member) => ('why' in member ? [untriedOf(member)] : []));
  const attempts = members.flatMap((member) => ('why' in member ? [] : [attemptOf(closed, member, options)]));
  return { ...closed, attempts, untried };
}

function untriedOf({ words, why }: UnknownMember): ClosedClass['untried'][number] {
  return { member: words.join(' '), why };
}

function attemptOf(closed: ClosedClass, { words, operation, from }: Member, { newId, user }: ExpandOptions): Probe {
  const access = closed.allow.some((entry) => allows(entry, words)) ? 'allowed' : 'denied';
  const member = words.join(' ');
  const action = actionOf(operation);
  return defined({
    id: newId(),
    name: `closed ${closed.class}: ${member} is ${access} (${describeAction(action)})`,
    action,
    user,
    from,
    direct: false,
    control: !hasTwoEnds(action, from), // with peers it costs most: only what it is needed for is tried in it
    timeoutMs: TIMEOUT_MS,
    expect: { access } as const,
    closed: { class: closed.class, member },
    at: closed.at,
  });
}

function hasTwoEnds(action: Action, from: string | undefined): boolean {
  return from !== undefined || (action.kind === 'operation' && action.other !== undefined);
}

function actionOf(words: readonly string[]): Action {
  const read = readOperation(words);
  if ('problem' in read) throw new Error(`a closed class has an operation that cannot be read: ${read.problem}`);
  return { kind: 'operation', ...read, words };
}
