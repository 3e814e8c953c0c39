/** Which probes could notice a mutant that only allows more: those that were denied something of its classes. Pure. */
import { recordAccesses } from '#core/coverage/record-accesses.ts';
import type { AuditRecord, Entry, Probe } from '#core/model/model.ts';
import type { Mutant } from '#core/mutation/mutant.ts';
import { compiledChanges } from '#core/profile/binary/compiled-changes.ts';
import { compiledProfiles, type CompiledProfile } from '#core/profile/binary/compiled-profiles.ts';
import type { Access } from '#core/profile/semantics/access.ts';

/** Classes that compiled policy keeps together with another. */
const AREAS: Partial<Record<Access['class'], string>> = {
  umount: 'mount',
  pivot_root: 'mount',
  unix: 'network',
  change_profile: 'file',
};

/** What two policies differ in; undefined where that is not known. */
type ChangedAreas = ReadonlySet<string> | undefined;

/** Chooses probes for mutants of one profile. */
export class NoticingProbes {
  readonly #original: ReadonlyMap<string, CompiledProfile> | undefined;
  readonly #entries: ReadonlyMap<Probe, Entry>;

  /** @param entries how each probe ended under the original */
  constructor(original: Buffer, entries: readonly Entry[]) {
    this.#original = compiledProfiles(original);
    this.#entries = new Map(entries.map((entry) => [entry.probe, entry]));
  }

  /** @returns in which classes the policies differ: none where they decide and record all alike. */
  changedAreas(policy: Buffer): ChangedAreas {
    const original = this.#original;
    const mutated = compiledProfiles(policy);
    if (original === undefined || mutated === undefined) return undefined;
    const changes = [...original].flatMap(([name, profile]) => {
      const other = mutated.get(name);
      return other === undefined ? undefined : compiledChanges(profile, other);
    });
    if (changes.includes(undefined)) return undefined;
    const added = mutated.size > original.size ? ['hat'] : [];
    return new Set([...changes.flatMap((change) => change?.area ?? []), ...added]);
  }

  /** @returns in the order given, all where it is not certain that one could not. */
  among(probes: readonly Probe[], mutant: Mutant, areas: ChangedAreas): Probe[] {
    // what belongs to no class, or to the peer's end, could concern every probe
    const isCertain = mutant.widens && areas !== undefined && !areas.has('policy') && !areas.has('flags');
    return isCertain ? probes.filter((probe) => this.#mayNotice(probe, areas)) : [...probes];
  }

  #mayNotice(probe: Probe, areas: ReadonlySet<string>): boolean {
    const entry = this.#entries.get(probe);
    if (entry === undefined) return true;

    const denials = [...entry.witnesses, ...(entry.evidence?.witnesses ?? [])].filter(isDenial);
    if (denials.some(({ record }) => isOf(record, areas))) return true;
    if (probe.expect.access !== 'denied') return false;
    // the kernel records the same capability of the same program only once
    const isCommand = probe.action.kind !== 'operation';
    return denials.length === 0 || (isCommand && areas.has('capability'));
  }
}

function isDenial({ record: { type } }: { readonly record: AuditRecord }): boolean {
  return type === 'DENIED' || type === 'ALLOWED';
}

/** Whether a record is of one of these classes, or of one that is not known. */
function isOf(record: AuditRecord, areas: ReadonlySet<string>): boolean {
  const accesses = recordAccesses(record);
  return accesses.length === 0 || accesses.some((access) => areas.has(AREAS[access.class] ?? access.class));
}
