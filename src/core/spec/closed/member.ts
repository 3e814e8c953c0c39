/** What members of closed classes are made of: facts about the host in, words and operations out. Pure. */

/** What the host and the policy have, of which the members are made. */
export interface Inventory {
  /** The number of the last capability (/proc/sys/kernel/cap_last_cap). */
  readonly lastCapability: number;
  /** Families of sockets by the kernel's names (features/network_v8/af_mask). */
  readonly families: readonly string[];
  /** /proc/filesystems. */
  readonly filesystems: readonly Filesystem[];
  /** Whether the kernel asks AppArmor about the newer calls for mounts (features/mount/move_mount). */
  readonly asksOfNewerMounts: boolean;
  /** Profiles that are loaded, as their authors wrote them; children as `parent//child`. */
  readonly labels: readonly string[];
  /** The profile under test, as its author wrote it. */
  readonly profile: string;
  /** Who can be at the other end of a signal or a trace. */
  readonly peers: readonly PeerOfClass[];
}

interface Filesystem {
  readonly name: string;
  readonly needsDevice: boolean;
}

interface PeerOfClass {
  /** Name in the plan. */
  readonly name: string;
  /** In the words of a member. */
  readonly label: string;
}

/** One thing that a closed class denies, unless it is declared allowed. */
export interface Member {
  /** As `allow:` names it. */
  readonly words: readonly string[];
  /** The words of the operation that tries it. */
  readonly operation: readonly string[];
  /** The peer that makes the attempt. */
  readonly from?: string;
}

/** A member that this version has no operation for. */
export interface UnknownMember {
  readonly words: readonly string[];
  readonly why: string;
}

export type MembersOf = (inventory: Inventory) => readonly (Member | UnknownMember)[];
