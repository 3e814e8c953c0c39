/** Ledgers for tests, built from the verdicts they are to hold. */
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
import { captured } from '../../builders.ts';

export { captured };

export const ALL_KINDS: readonly VerdictKind[] = ['pass', 'fail', 'vacuous', 'inconclusive', 'skipped'];

export function observation(change: Partial<Observation> = {}): Observation {
  return { stage: 'done', errno: 'EACCES', stdout: captured(), stderr: captured(), durationMs: 0.4, ...change };
}

/** What a probe shows that meets no obstacle. */
export function success(change: Partial<Observation> = {}): Observation {
  return { stage: 'done', stdout: captured(), stderr: captured(), durationMs: 0.2, ...change };
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
  return {
    timeMs: 1795359883575,
    serial: 6,
    type: 'DENIED',
    fields: all,
    raw: `audit: type=1400 audit(1795359883.575:6): apparmor="DENIED" ${Object.entries(all)
      .map(([key, value]) => `${key}="${value}"`)
      .join(' ')}`,
  };
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

/** Strings that broke, or forged results through, reports of this kind. */
export const ATTACKS: readonly string[] = [
  '1]]>2]]></system-out></testcase><testcase name="forged"/><testcase name="x"><system-out><![CDATA[',
  ']]\u0000></system-out></testcase><testcase name="forged"/><testcase name="x"><system-out><![CDATA[',
  ']]\ud800></system-out></testcase><testcase name="forged"/>',
  ']]\ufffe></system-out></testcase><testcase name="forged"/>',
  ']]> and ]]>',
  '"\udc00',
  '<\udc00',
  '&\udc00',
  'ab\udc00cd',
  '\ud83d',
  '\u001b[31mred\u001b[2J\u001b[1;1H',
  '\u0000\u0001\u007f\u009b31m',
  '"/><testcase name="forged"/><x y="',
  '</testsuite></testsuites><testsuites>',
  '<!-- --',
  '--> <?xml version="1.0"?>',
  '&lt;&#0;&bogus;',
  '<!DOCTYPE x [<!ENTITY a "b">]>&a;',
  '::set-output name=verdict::green',
  '\n::error::forged',
  '\r\n  ::stop-commands::x',
  'x ##[error]forged',
  '[[ATTACHMENT|/etc/shadow]]',
  '[[PROPERTY|verdict=pass]]',
  '\u202egnp.exe\u2066',
  'a\u2028b\u2029c',
  '| a | b |\n|---|---|',
  '```\n# forged\n~~~',
  '<script>alert(1)</script><img src=x onerror=y>',
  '</details></table><h1>all green</h1>',
  '[x](javascript:y) ![i](http://evil.test/p.png) https://evil.test @someone #1 $x$ :tada:',
  '',
  ' ',
  '\n',
  '__proto__',
  'constructor',
  '\ufeff\u200b',
  'e\u0301'.repeat(400),
  'A'.repeat(100_000),
];

/** Keys whose values are words of the model, not text from outside. */
const WORDS = new Set(['kind', 'for', 'stage', 'state', 'by', 'access', 'mode', 'schema', 'from']);

/** A copy in which every text from outside, and every key of a record, is what `next` gives. */
export function poisoned<T>(value: T, next: () => string, key = ''): T {
  if (typeof value === 'string') return (WORDS.has(key) ? value : next()) as T;
  if (Array.isArray(value)) return value.map((item) => poisoned(item as unknown, next, key)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      key === 'fields' ? next() : name,
      poisoned(item as unknown, next, name),
    ]),
  ) as T;
}
