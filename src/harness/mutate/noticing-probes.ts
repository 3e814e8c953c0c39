/**
 * Which probes could notice a mutant. One that only allows more is noticed by what was denied something of its classes;
 * and no attempt of a closed class notices what changes in other classes. Pure.
 */
import { recordAccesses } from '#core/coverage/record-accesses.ts';
import type { AuditRecord, Entry, Probe } from '#core/model/model.ts';
import type { Mutant } from '#core/mutation/mutant.ts';
import { compiledChanges, type CompiledChange } from '#core/profile/binary/compiled-changes.ts';
import {
  compiledProfiles,
  type CompiledProfile,
  type StatePermissions,
} from '#core/profile/binary/compiled-profiles.ts';

/** Classes that compiled policy keeps together with another. */
const AREAS: Readonly<Record<string, string>> = {
  umount: 'mount',
  pivot_root: 'mount',
  unix: 'network',
  change_profile: 'file',
};

/** What two policies differ in; undefined where that is not known. */
export interface PolicyChange {
  /** The classes: none where the policies decide and record all alike. */
  readonly areas: ReadonlySet<string>;
  /** Whether something is allowed that was not, and nothing is denied that was allowed. */
  readonly isOpening: boolean;
  /** Profiles that only the mutant has, as they are loaded. */
  readonly newProfiles: readonly string[];
  /** Whether a program of this name is executed otherwise. */
  readonly movesExec: (name: string) => boolean;
  /** Whether a file of this name is decided otherwise; of a link, also by what it leads to. */
  readonly movesFile: (name: string, target?: string) => boolean;
}

/** Chooses probes for mutants of one profile. */
export class NoticingProbes {
  readonly #original: ReadonlyMap<string, CompiledProfile> | undefined;
  readonly #entries: ReadonlyMap<Probe, Entry>;

  /** @param entries how each probe ended under the original */
  constructor(original: Buffer, entries: readonly Entry[]) {
    this.#original = compiledProfiles(original);
    this.#entries = new Map(entries.map((entry) => [entry.probe, entry]));
  }

  /** @returns what is decided otherwise; undefined where that is not known. */
  changeTo(policy: Buffer): PolicyChange | undefined {
    const original = this.#original;
    const mutated = compiledProfiles(policy);
    if (original === undefined || mutated === undefined) return undefined;
    if ([...original.keys()].some((name) => !mutated.has(name))) return undefined;

    const pairs = [...original].flatMap(([name, profile]) => {
      const other = mutated.get(name);
      return other === undefined ? [] : [[profile, other] as const];
    });
    const changes = pairs.flatMap(([profile, other]) => compiledChanges(profile, other));
    const newProfiles = [...mutated.keys()].filter((name) => !original.has(name));
    const added = newProfiles.length > 0 ? ['hat'] : [];
    const movesFile = (name: string, target?: string): boolean =>
      pairs.some(([profile, other]) => fileMoved(profile, other, name, target));
    return {
      areas: new Set([...changes.map(({ area }) => area), ...added]),
      isOpening: isOpening(changes),
      newProfiles,
      movesExec: (name) => pairs.some(([profile, other]) => execOf(profile, name) !== execOf(other, name)),
      movesFile,
    };
  }

  /** @returns in the order given, all where it is not certain that one could not. */
  among(probes: readonly Probe[], mutant: Mutant, change: PolicyChange | undefined): Probe[] {
    // what belongs to no class could concern every probe
    if (change === undefined || change.areas.has('policy') || change.areas.has('flags')) return [...probes];
    return probes.filter((probe) => isAsked(probe, change) && (!mutant.widens || this.#mayNoticeMore(probe, change)));
  }

  /** Of a mutant that only allows more. */
  #mayNoticeMore(probe: Probe, change: PolicyChange): boolean {
    const entry = this.#entries.get(probe);
    if (entry === undefined) return true;

    const denials = [...entry.witnesses, ...(entry.evidence?.witnesses ?? [])].filter(isDenial);
    if (denials.some(({ record }) => isDecidedOtherwise(record, change))) return true;
    if (probe.expect.access !== 'denied') return false;
    // the kernel records the same capability of the same program only once
    const isCommand = probe.action.kind !== 'operation';
    return denials.length === 0 || (isCommand && change.areas.has('capability'));
  }
}

function isOpening(changes: readonly CompiledChange[]): boolean {
  return changes.some(({ kind }) => kind === 'more') && changes.every(({ kind }) => kind !== 'less');
}

/** Whether an attempt of a closed class, which shows nothing of other classes, may be decided otherwise. */
function isAsked({ closed, action }: Probe, { areas, movesFile }: PolicyChange): boolean {
  if (closed === undefined || action.kind !== 'operation') return true;
  if (!areas.has(AREAS[action.class] ?? action.class)) return false;
  if (closed.class !== 'exec' && closed.class !== 'file') return true;
  if (action.name === 'exec-memfd') return true; // a file in memory has a name of its own
  // its paths have no links in them (closed-executables.ts); the kernel names folders with a slash at their end
  const names = action.args.filter((arg) => arg.startsWith('/')).flatMap((path) => [path, `${path}/`]);
  return names.some((name) => movesFile(name) || names.some((target) => movesFile(name, target)));
}

function isDenial({ record: { type } }: { readonly record: AuditRecord }): boolean {
  return type === 'DENIED' || type === 'ALLOWED';
}

/** Whether what a record denies may be allowed now; so it is where the record's class is not known. */
function isDecidedOtherwise(record: AuditRecord, { areas, movesFile }: PolicyChange): boolean {
  const accesses = recordAccesses(record);
  if (accesses.length === 0) return true;
  return accesses.some((access) => {
    if (!areas.has(AREAS[access.class] ?? access.class)) return false;
    return access.class !== 'file' || movesFile(access.path, record.fields['target']);
  });
}

/** Whether the automata say anything else of a name, and of a link by this name to its target. */
function fileMoved(one: CompiledProfile, other: CompiledProfile, name: string, target?: string): boolean {
  const texts = target === undefined ? [name] : [name, `${name}\0${target}`];
  return texts.some((text) => statesOf(one, text) !== statesOf(other, text));
}

function statesOf(profile: CompiledProfile, text: string): string {
  return JSON.stringify(permissionsOf(profile, text));
}

function execOf(profile: CompiledProfile, name: string): string {
  return permissionsOf(profile, name)
    .map(({ execution }) => execution)
    .join();
}

function permissionsOf({ automata }: CompiledProfile, text: string): readonly StatePermissions[] {
  const files = automata.find(({ kind }) => kind === 'files');
  if (files === undefined) return [];
  const state = Buffer.from(text).reduce((at, byte) => files.next(at, byte), files.start);
  return state === 0 ? [] : files.permissions(state);
}
