/**
 * The words of the project as types. Everything here is plain data: it can be written to JSON and read back.
 * `spec/` makes a Plan, `probe/` makes Observations, `audit/` makes AuditRecords, `verdict.ts` joins them,
 * and the Ledger that results is the one truth that every report is drawn from.
 */
export type * from './model/plan.ts';
export type * from './model/seen.ts';
export type * from './model/report.ts';
