/**
 * The kernel's audit switch while one suite is tried. In enforce mode it changes no decision, so quiet rules are made
 * to write records. Where a process may run in another mode, the switch takes part in the decision: probes are then
 * observed under the host's own setting, and tried again under the other one only to see the record.
 */
import { HarnessError } from '#core/model/errors.ts';
import type { ProfileMode } from '#core/model/model.ts';
import type { AuditSetting } from '#adapters/kernel/changes/audit-switch.ts';
import type { Session } from '../session/session.ts';

/** After this time, people are told what is waited for. */
const PATIENCE_MS = 1000;
/** Settings under which explicit deny rules write records. */
const SPEAKING: ReadonlySet<string> = new Set(['noquiet', 'all']);
/** Modes in which what is quiet is decided like what is not. */
const INDIFFERENT: ReadonlySet<ProfileMode> = new Set(['enforce', 'unconfined']);

/** What a trial needs of it. */
export type TrialSwitch = Pick<SuiteSwitch, 'isSilent' | 'isSpeaking' | 'speak' | 'check'>;

/** Whether the audit switch takes part in what the kernel decides about processes in these modes. */
export function switchDecides(modes: Iterable<ProfileMode>): boolean {
  return [...modes].some((mode) => !INDIFFERENT.has(mode));
}

/** The switch, held for one suite. Whoever takes it releases it. */
export class SuiteSwitch {
  readonly #session: Pick<Session, 'changes' | 'keepAuditSwitch'>;
  readonly #observed: AuditSetting;
  readonly #giveBack: (() => Promise<void>) | undefined;
  #setting: AuditSetting;

  /**
   * Waits until no other run on this host needs another setting, and sets it.
   * @param decides whether the switch takes part in decisions of this suite.
   * @throws HarnessError `host-busy`, `interrupted`
   */
  static async take(session: Session, decides: boolean): Promise<SuiteSwitch> {
    const { keepAuditSwitch } = session;
    const observed = decides || keepAuditSwitch ? 'own' : 'speaking';
    // one that is kept and decides nothing may be whatever other runs need
    const giveBack = decides || !keepAuditSwitch ? await holdSwitch(session, decides) : undefined;
    const taken = new SuiteSwitch(session, observed, giveBack);
    if (giveBack !== undefined) taken.#set(observed);
    return taken;
  }

  private constructor(
    session: Pick<Session, 'changes' | 'keepAuditSwitch'>,
    observed: AuditSetting,
    giveBack: (() => Promise<void>) | undefined,
  ) {
    this.#session = session;
    this.#observed = observed;
    this.#setting = observed;
    this.#giveBack = giveBack;
  }

  /** The setting under which probes are observed, as the kernel names it. */
  get observed(): string {
    return this.#observed === 'own' ? this.#session.changes.auditSwitch.own : 'noquiet';
  }

  /** Whether every denial is recorded, also those by explicit deny rules. */
  get isSpeaking(): boolean {
    return SPEAKING.has(this.observed);
  }

  /** Whether denials stay without a record that a second attempt, under `noquiet`, would have. */
  get isSilent(): boolean {
    return this.#giveBack !== undefined && !this.#session.keepAuditSwitch && !this.isSpeaking;
  }

  /**
   * Does something while explicit deny rules write records. Only where it `isSilent`.
   * @throws HarnessError `switch-changed`
   */
  async speak<T>(work: () => Promise<T>): Promise<T> {
    this.#set('speaking');
    try {
      const result = await work();
      this.check();
      return result;
    } finally {
      this.#set(this.#observed);
    }
  }

  /** Whether all since the last check was decided under the setting. @throws HarnessError `switch-changed` */
  check(): void {
    const { auditSwitch } = this.#session.changes;
    if (this.#giveBack === undefined || auditSwitch.has(this.#setting)) return;
    auditSwitch.set(this.#setting);
    throw new HarnessError('switch-changed', "Something changed the kernel's audit mode while probes were tried.");
  }

  async release(): Promise<void> {
    await this.#giveBack?.();
  }

  #set(setting: AuditSetting): void {
    this.#session.changes.auditSwitch.set(setting);
    this.#setting = setting;
  }
}

async function holdSwitch({ changes, events, signal }: Session, alone: boolean): Promise<() => Promise<void>> {
  const impatience = setTimeout(() => {
    events.progress("waiting for another run on this host that needs another setting of the kernel's audit mode");
  }, PATIENCE_MS);
  try {
    return await changes.auditSwitch.hold({ alone, signal });
  } catch (cause) {
    if (signal.aborted) throw new HarnessError('interrupted', 'The run was interrupted.', { cause });
    throw new HarnessError('host-busy', `The kernel's audit mode is in use: ${(cause as Error).message}.`, { cause });
  } finally {
    clearTimeout(impatience);
  }
}
