/** The decision on one probe, as reports show it. src/core/verdict/verdicts.ts has the text of each code. Pure. */
import type { ErrorCode } from './errors.ts';

export type VerdictKind = 'pass' | 'fail' | 'vacuous' | 'inconclusive' | 'skipped';

/** The stable name of each verdict. */
export type VerdictCode =
  | 'denied'
  | 'denied-twice'
  | 'denied-quietly'
  | 'denied-silently'
  | 'not-started'
  | 'let-through'
  | 'let-pass'
  | 'may-leave'
  | 'other-denial'
  | 'contradiction'
  | 'answered-allowed'
  | 'answered-denied'
  | 'rule-allows'
  | 'silent-denial'
  | 'vacuous'
  | 'no-witness'
  | 'control-unclear'
  | 'earlier-probe'
  | 'leads-elsewhere'
  | 'allowed'
  | 'denied-on-the-way'
  | 'denied-and-done'
  | 'denied-but-allowed'
  | 'denied-silently-but-allowed'
  | 'not-the-profile'
  | 'complained'
  | 'no-complaint'
  | 'denied-in-complain'
  | 'condition'
  | 'other-label'
  | 'label-unread'
  | 'output-cut'
  | 'wrong-label'
  | 'not-runnable'
  | 'not-asked'
  | 'timeout'
  | 'no-answer'
  | 'records-lost'
  | 'service-down'
  | 'not-mediated'
  | 'engine-older'
  | 'not-tried'
  | 'bail';

/** The decision on one probe. `reason` is one sentence; `notes` and `hint` add to it. */
export interface Verdict {
  readonly kind: VerdictKind;
  /** Stable name of the row of the table that decided; or of the error that kept the probe from being tried. */
  readonly code: VerdictCode | ErrorCode;
  readonly reason: string;
  readonly notes: readonly string[];
  readonly hint?: string;
}
