/** Ledgers for tests, built from the verdicts that they are to have. */
import type { ErrorCode } from '#core/model/errors.ts';
import type {
  AuditRecord,
  CoverageState,
  Entry,
  Fault,
  KnownCoverage,
  Ledger,
  Observation,
  RuleCoverage,
  Suite,
  VerdictCode,
  VerdictKind,
} from '#core/model/model.ts';
import { verdict } from '#core/verdict/verdicts.ts';
import { seen } from '../../builders.ts';

export { captured } from '../../builders.ts';

export const ALL_KINDS: readonly VerdictKind[] = ['pass', 'fail', 'vacuous', 'inconclusive', 'skipped'];

/** What a probe shows that is denied. */
export function observation(change: Partial<Observation> = {}): Observation {
  return seen({ errno: 'EACCES', durationMs: 0.4, ...change });
}

/** What a probe shows that meets no obstacle. */
export function success(change: Partial<Observation> = {}): Observation {
  return seen({ durationMs: 0.2, ...change });
}

export function record(fields: Readonly<Record<string, string>> = {}): AuditRecord {
  const all = {
    operation: 'open',
    class: 'file',
    profile: 'docker-nginx',
    name: '/etc/shadow',
    comm: 'p1',
    requested_mask: 'w',
    denied_mask: 'w',
    ...fields,
  };
  const pairs = Object.entries(all).map(([key, value]) => `${key}="${value}"`);
  return {
    timeMs: 1795359883575,
    serial: 6,
    type: 'DENIED',
    fields: all,
    raw: ['audit: type=1400 audit(1795359883.575:6): apparmor="DENIED"', ...pairs].join(' '),
  };
}

/** A command that passed only because it could not be started. */
export function notStarted(id: string): Entry {
  const denial = 'exec of /usr/bin/top (x)';
  return entry('pass', id, { verdict: verdict('not-started', { denial }) });
}

export function entry(kind: VerdictKind, id = 'p1', change: Partial<Entry> = {}): Entry {
  return {
    probe: {
      id,
      name: `probe ${id}`,
      action: {
        kind: 'operation',
        name: 'open',
        args: ['write', '/etc/shadow'],
        words: ['open', 'write', '/etc/shadow'],
        class: 'file',
      },
      control: true,
      direct: false,
      timeoutMs: 5000,
      expect: { access: 'denied', errno: 'EACCES' },
      at: { file: '/repo/specs/docker-nginx.yml', line: 14, column: 5 },
    },
    verdict: { kind, code: `code-${kind}` as VerdictCode, reason: `It is a ${kind}.`, notes: [] },
    ...(kind === 'skipped' ? {} : { observation: observation(), control: success() }),
    witnesses: kind === 'pass' ? [{ record: record(), by: 'comm' }] : [],
    ...change,
  };
}

/** Entries of the given kinds with ids that are unique from `first` on. */
export function entries(kinds: readonly VerdictKind[], first = 1): readonly Entry[] {
  return kinds.map((kind, index) => entry(kind, `p${first + index}`));
}

export function suite(list: readonly Entry[], change: Partial<Suite> = {}): Suite {
  return {
    file: '/repo/specs/docker-nginx.yml',
    title: 'docker-nginx',
    image: 'nginx:1.29',
    startedAt: '2026-11-22T10:00:00.000Z',
    durationMs: 1234.5678,
    confinement: {
      profile: 'docker-nginx',
      loadedAs: 'docker-nginx.r1',
      mode: 'enforce',
      labels: [{ process: 'init', pid: 4242, label: 'docker-nginx.r1 (enforce)' }],
      parserWarnings: [],
    },
    layers: [],
    entries: list,
    otherRecords: [],
    faults: [],
    ...change,
  };
}

export function fault(code: string, message = 'It went wrong.'): Fault {
  return { code: code as ErrorCode, message, hint: 'Mend it.' };
}

export function ledger(suites: readonly Suite[], change: Partial<Ledger> = {}): Ledger {
  const count = suites.reduce((sum, { entries: list }) => sum + list.length, 0);
  return {
    schema: 1,
    tool: 'apparmor-probe 0.1.0',
    run: 'r1',
    startedAt: '2026-11-22T10:00:00.000Z',
    durationMs: 2000,
    host: {
      hostname: 'lab',
      os: 'Debian 13',
      kernel: '6.12.107',
      arch: 'x86_64',
      parser: '4.1.0',
      engine: '28.5',
      runtime: 'runc 1.3',
      node: 'v24.21.0',
      logSource: 'kmsg',
      auditMode: 'noquiet',
    },
    options: { bail: false, inPlace: false, planned: count, selected: count },
    suites,
    faults: [],
    ...change,
  };
}

/** A rule of profile `p` at a line. */
export function covered(state: CoverageState, line: number, change: Partial<RuleCoverage> = {}): RuleCoverage {
  const file = change.file ?? '/repo/profiles/p';
  return {
    id: `p@${file}:${line}:${change.text ?? ''}`,
    profile: 'p',
    file,
    line,
    text: `deny /${line} w`,
    included: false,
    state,
    probes: [],
    ...change,
  };
}

/** A profile of five lines with rules on three. */
export function coverage(rules: readonly RuleCoverage[]): KnownCoverage {
  return { file: '/repo/profiles/p', source: 'profile p {\n  rule 2,\n  rule 3,\n  rule 4,\n}\n', rules };
}

/** A run with one suite of the given verdicts. */
export function run(kinds: readonly VerdictKind[], change: Partial<Ledger> = {}): Ledger {
  return ledger([suite(entries(kinds))], change);
}
