/**
 * The words of the project as types. Everything here is plain data: it can be written to JSON and read back.
 * core/spec/ makes a Plan, adapters/probe/ makes Observations, core/audit/ makes AuditRecords, and core/verdict/ joins
 * them. The Ledger that results is the one truth that every report is drawn from.
 */
export type * from './plan.ts';
export type * from './observation.ts';
export type * from './ledger.ts';
export type * from './verdict.ts';
