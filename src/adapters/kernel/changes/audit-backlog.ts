/**
 * The backlog of the kernel's audit system: how many records it holds until they are read. Only its netlink socket
 * tells and changes it, so the agent, a static program, does both on this host.
 */
import { execNow } from '#adapters/host/exec.ts';
import { agentFile } from '#adapters/host/package-files.ts';

/** What the kernel has where nobody has set it (kernel/audit.c, audit_backlog_limit). */
const DEFAULT_BACKLOG = 64;
/** What a run raises it to: a record takes less than a kilobyte of the kernel's memory until it is read. */
const RUN_BACKLOG = 1024;
/** Records that somebody else's processes may write in the meantime, as a part of all. */
const OF_OTHERS = 1 / 4;
/** An operation makes two records at most. */
const RECORDS_EACH = 2;
/** The kernel's log holds some 600 records until they are read, and has other lines as well. */
const MOST_UNDER_WAY = 128;
const TIMEOUT_MS = 10_000;

/** @returns the limit; empty where the kernel does not tell it. Needs root. */
export function readBacklog(): string {
  return audit([]);
}

/** Sets the limit, if there is one to set. Where audit is locked until the next boot, it stays what it is. */
export function writeBacklog(limit: string): void {
  if (limit !== '') audit([limit]);
}

/** @returns the limit during a run: never a lower one, and 0 is none at all. */
export function raiseTo(own: string): string {
  const limit = Number(own);
  return own === '' || limit === 0 || limit > RUN_BACKLOG ? own : String(RUN_BACKLOG);
}

/** @returns how many operations may be under way before their records have been read. */
export function mostUnderWay(backlog: string): number {
  const limit = backlog === '' ? DEFAULT_BACKLOG : Number(backlog);
  if (limit === 0) return MOST_UNDER_WAY;
  return Math.max(1, Math.min(MOST_UNDER_WAY, Math.floor((limit * (1 - OF_OTHERS)) / RECORDS_EACH)));
}

function audit(args: readonly string[]): string {
  const text = execNow([agentFile(), 'audit-backlog', ...args], TIMEOUT_MS)?.trim() ?? '';
  return /^[0-9]{1,10}$/.test(text) ? text : '';
}
