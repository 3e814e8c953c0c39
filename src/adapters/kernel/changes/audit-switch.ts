/**
 * The audit parameter of the kernel as runs share it. `noquiet` makes explicit deny rules write records. In enforce
 * mode that changes no decision. In the other modes it does: what is quiet fails before complain mode could let it
 * through, or kill mode could kill (aa_audit and its callers, security/apparmor). So a run whose decisions depend on it
 * holds the switch alone.
 */
import { takeHostLock, type Release } from './host-lock.ts';
import { readParameter, RUN_PARAMETERS, writeParameters } from './kernel-parameters.ts';

/** Runs that test a profile in another mode than enforce follow one another: the longest of them is waited for. */
const WAIT_S = 3600;

/** A setting that a run uses: the host's own, or the one under which quiet rules write records. */
export type AuditSetting = 'own' | 'speaking';

export interface HoldOptions {
  /** Alone; else together with all runs that need the same setting. */
  readonly alone: boolean;
  /** Gives up waiting. */
  readonly signal: AbortSignal;
}

/** The audit parameter of the kernel, shared by all runs on the host. */
export interface AuditSwitch {
  /** What the host had before the first run. */
  readonly own: string;
  /** Waits until no other run needs another setting. @returns what gives it back. @throws Error */
  hold(options: HoldOptions): Promise<Release>;
  /** Sets it. Only for who holds it. */
  set(setting: AuditSetting): void;
  /** Whether the kernel has this setting now. */
  has(setting: AuditSetting): boolean;
}

/**
 * @param own what the host had before the first run.
 * @param lock the file that runs lock to hold the switch.
 */
export function auditSwitch(own: string, lock: string): AuditSwitch {
  const valueOf = (setting: AuditSetting): string => (setting === 'own' ? own : RUN_PARAMETERS.audit(own));
  return {
    own,
    hold: ({ alone, signal }) => takeHostLock(lock, { mode: alone ? 'exclusive' : 'shared', waitS: WAIT_S, signal }),
    set: (setting) => {
      writeParameters({ audit: valueOf(setting) });
    },
    has: (setting) => readParameter('audit') === valueOf(setting),
  };
}
