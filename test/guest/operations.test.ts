/**
 * Every operation of the language on the real kernel: allowed where no rule denies it, denied by one with the record
 * that the docs name.
 */
import { expect } from 'chai';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { unmediatedClasses } from '#adapters/kernel/mediation.ts';
import { compileForKernel } from '#adapters/kernel/parser/apparmor-parser.ts';
import { CAPABILITIES } from '#core/model/linux.ts';
import type { Entry, Suite } from '#core/model/model.ts';
import { exec } from '#adapters/host/exec.ts';
import { OPERATIONS } from '#core/spec/operations.ts';
import { readOperation } from '#core/spec/read-operation.ts';
import { splitList } from '#core/text/split-words.ts';
import { blockOf, docker, file, harness, spec } from './kit.ts';
import { NEWER_CAPABILITIES, TABLES, type Row } from './operations-rows.ts';

/** The verdict on what no module has a hook for, whatever was expected of it. */
const UNMEDIATED = 'skipped not-mediated';

const ROWS = Object.values(TABLES).flatMap(({ rows }) => rows);
const RULES = [...new Set(ROWS.map(({ rule }) => rule))];
/** What can be allowed here, each attempt once. */
const PRESENT = [
  ...new Map(
    ROWS.filter(({ absent }) => absent === undefined).map((row) => [`${row.from ?? ''} ${row.line}`, row]),
  ).values(),
];
const ALLOWED = 'no rule against any';
const FEATURES = '/sys/kernel/security/apparmor/features';
const OTHERS = ['ops-a', 'ops-b', 'ops-c', 'ops-d', 'ops-other'];
const OPEN_RULES = [
  ...['network,', 'capability,', 'file,', 'mount,', 'umount,', 'pivot_root,'],
  ...['signal,', 'ptrace,', 'unix,', 'change_profile,'],
];

const name = ({ from, line, rule }: Row): string => `${from === undefined ? '' : `${from}: `}${line} ← ${rule}`;
const inFolder = (text: string, { rule }: Row): string => text.replaceAll('@', `/rows/${RULES.indexOf(rule)}/`);

function classOf(row: Row): string {
  const operation = readOperation(splitList(inFolder(row.line, row)));
  if ('problem' in operation) throw new Error(`${row.line}: ${operation.problem}`);
  return operation.class;
}

/**
 * `open r name=/x` to conditions on a record. A value may have blanks in it.
 * @param among the kernel checks several masks at once, and this is one of them.
 */
function audit(record: string, among: boolean): Record<string, unknown> {
  const [, operation = '', mask, fields = ''] = /^(\S+)(?: ([a-z]+)(?= |$))?(?: (.*))?$/.exec(record) ?? [];
  const more = Object.fromEntries(
    fields
      .split(/ (?=\w+=)/)
      .filter(Boolean)
      .map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]),
  );
  const masks = among ? { denied_mask: { contains: mask } } : { requested_mask: mask };
  return { operation, ...(mask === undefined ? {} : masks), ...more };
}

/** Verdict, and of a denial whose record: all of them carry the probe's own name. */
function seen({ verdict, witnesses }: Entry): string {
  const by = [...new Set(witnesses.map(({ by: how, record }) => `${record.type} by ${how}`))].join(', ');
  return `${verdict.kind} ${verdict.code}${by === '' ? '' : `, ${by}`}`;
}

describe('every operation', () => {
  let reasons: ReadonlyMap<string, string>;
  let abi = '',
    folder = '',
    byAccess = true,
    byEnds = false,
    oldEngine = false;
  const suites = new Map<string, Suite>();

  /** This kernel does not ask, so the rule stops nothing. */
  const lacking = ({ feature }: Row): boolean => feature !== undefined && !existsSync(join(FEATURES, feature));
  /** Why the harness does not try it on this kernel. */
  const skipped = (row: Row): string | undefined => reasons.get(classOf(row));
  const stops = (row: Row): boolean => row.record !== undefined && !lacking(row) && !(byEnds && row.ends === '');
  const NOT_HELD = { allowed: 'inconclusive not-the-profile', denied: 'fail silent-denial' };
  /** Debian's kernel lets it be asked for only with bpf, which is not held either. */
  const UNASKED = { allowed: 'inconclusive not-asked', denied: 'inconclusive not-asked' };
  const notHeld = (row: Row): typeof NOT_HELD => (row.line === 'capable perfmon' ? UNASKED : NOT_HELD);
  const oddOf = (row: Row): Readonly<Record<'allowed' | 'denied', string>> | undefined =>
    row.odd ?? (oldEngine && NEWER_CAPABILITIES.has(row.line) ? notHeld(row) : undefined);

  /** The row's rule and record as this kernel and this parser have them. */
  function ruled(row: Row): { rule: string; record: string; by?: string } {
    const { rule, record = '', step, ends, by } = row;
    if (step !== true) return { rule: inFolder(rule, row), record, ...(by === undefined ? {} : { by }) };
    if (!byAccess) return { rule: rule.replace(/\([a-z]+\) /, ''), record: 'create create', by: 'socket' };
    // where the parser writes no unix rules for such a kernel, network rules by access still hold
    const unix =
      byEnds && !reasons.has('unix')
        ? rule.replace(/^deny network (\([a-z]+\)) unix (\w+),/, 'deny unix $1 type=$2,')
        : rule;
    return { rule: unix, record: byEnds ? (ends ?? record) : record };
  }

  /** What the spec expects of a row. */
  function expected(row: Row, access: 'allowed' | 'denied'): string | object {
    if (access === 'allowed') return 'allowed';
    if (oddOf(row) !== undefined) return 'denied';
    if (!stops(row)) return 'allowed';
    const { record, by } = ruled(row);
    return { access, audit: audit(record, byEnds && / unix /.test(row.line)), ...(by === undefined ? {} : { by }) };
  }

  /** The verdict that a row must have. */
  function wantedVerdict(row: Row, access: 'allowed' | 'denied'): string {
    if (skipped(row) !== undefined || row.unmediated) return UNMEDIATED;
    const odd = oddOf(row);
    if (odd !== undefined) return odd[access];
    return access === 'allowed' || !stops(row) ? 'pass allowed' : 'pass denied, DENIED by comm';
  }

  /** One profile of these rows' rules, or of none. */
  function specOf(rows: readonly Row[], access: 'allowed' | 'denied', others: boolean): string {
    const rules =
      access === 'allowed'
        ? []
        : [
            ...new Set(
              rows.filter((row) => row.rule !== '' && skipped(row) === undefined).map((row) => ruled(row).rule),
            ),
          ];
    const newer = ['userns', 'io_uring', 'mqueue'].filter((one) => !reasons.has(one)).map((one) => `${one},`);
    const hat = others ? ['hat corner {', ...OPEN_RULES, '}'] : [];
    const text = blockOf('ops', [...OPEN_RULES, ...newer, ...rules, ...hat]);
    const more = others ? OTHERS.map((other) => blockOf(other, OPEN_RULES)).join('') : '';
    return spec(
      { file: file('ops', `abi "${abi}",\n${text}${more}`), name: 'ops' },
      rows.map((row) => ({
        name: name(row),
        try: inFolder(row.line, row),
        ...(row.from === undefined ? {} : { from: row.from }),
        expect: expected(row, access),
      })),
      {
        ...(others ? { peers: { other: { profile: 'ops-other' } } } : {}),
        container: {
          'only-apparmor': true,
          network: 'none',
          sysctls: {
            'net.ipv4.ip_unprivileged_port_start': 1024,
            'net.ipv6.conf.all.disable_ipv6': 0 /* Docker 20.10 */,
          },
          mounts: [
            { source: folder, target: '/rows', 'read-only': false },
            { source: '/sys/kernel/security', target: '/sys/kernel/security', 'read-only': false },
          ],
        },
      },
    );
  }

  /** Compares all rows of a suite at once: what differs stands in one list. */
  function check(title: string, rows: readonly Row[], access: 'allowed' | 'denied'): void {
    const { entries, faults } = suites.get(title)!;
    expect(faults).to.deep.equal([]);
    expect(entries.length).to.equal(rows.length);
    const wrong = rows.flatMap((row, i) => {
      const one = entries[i]!;
      const actual = seen(one);
      const wanted = wantedVerdict(row, access);
      if (actual === wanted && (skipped(row) === undefined || one.verdict.reason === skipped(row))) return [];
      return [
        [
          one.probe.name,
          `${actual}, not ${wanted}`,
          one.verdict.reason,
          one.observation?.errno,
          one.observation?.remark,
          ...one.witnesses.map(({ record }) => record.raw),
        ]
          .filter(Boolean)
          .join('\n    '),
      ];
    });
    expect(wrong.length, wrong.join('\n')).to.equal(0);
  }

  before(async () => {
    const features = await exec(['aa-features-abi', '--extract']);
    expect(features.exit, features.stderr).to.equal(0);
    abi = file('kernel.abi', features.stdout.toString());
    reasons = await unmediatedClasses(ROWS.map(classOf));
    byAccess = await compileForKernel('profile p {\n  deny network (bind) inet stream,\n}\n').then(
      () => true,
      () => false,
    );
    byEnds = existsSync(join(FEATURES, 'network_v9/af_unix'));
    oldEngine =
      Number.parseInt((await docker('version', '--format', '{{.Server.Version}}')).stdout.toString(), 10) < 23;
    // on the disk: there the kernel checks attributes of files, and what is made executable
    folder = mkdtempSync('/var/tmp/rows-');
    for (const [i, rule] of RULES.entries()) {
      if (!ROWS.some((row) => row.rule === rule && row.line.includes('@'))) continue;
      const own = join(folder, String(i));
      for (const one of ['d', 'e']) mkdirSync(join(own, one), { recursive: true });
      for (const one of ['f', 'g', 'u']) copyFileSync('/usr/bin/true', join(own, one));
      symlinkSync('f', join(own, 'l'));
    }
    const titles = [...Object.keys(TABLES), ALLOWED]; // allowed is last: there, what is to be removed is removed
    const specs = [
      ...Object.values(TABLES).map(({ rows, others }) => specOf(rows, 'denied', others === true)),
      specOf(PRESENT, 'allowed', true),
    ];
    const { ledger } = await harness(specs);
    expect(ledger.faults).to.deep.equal([]);
    titles.forEach((title, i) => suites.set(title, ledger.suites[i]!));
    if (!byAccess)
      console.log('      this parser knows no network rules by access: a socket is refused at its creation');
    if (oldEngine)
      console.log(`      this Docker knows no ${[...NEWER_CAPABILITIES].join(', ')}: the container does not hold them`);
    if (byEnds) console.log('      unix sockets are ruled by both ends');
    for (const row of ROWS)
      if (lacking(row))
        console.log(`      not asked by this kernel, which has no features/${row.feature!}: ${row.line}`);
    for (const [one, reason] of reasons) console.log(`      ${one}: ${reason}`);
    for (const [title, { durationMs, entries }] of suites)
      console.log(`      ${(durationMs / 1000).toFixed(1)} s, ${entries.length} attempts: ${title}`);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('has a row here, and so has every word that it can be written with', () => {
    const written = (operation: string, word: string): boolean =>
      ROWS.some((row) => {
        const [first, ...rest] = splitList(row.line);
        return first === operation && rest.includes(word);
      });
    const missing = Object.entries(OPERATIONS).flatMap(([operation, { args, optional }]) => {
      const alternatives = [...args, ...(optional ?? []).map(({ kind }) => kind)].flatMap(({ word }) => {
        if (word === 'CAPABILITY') return CAPABILITIES;
        return /^[a-z_]+(\|[a-z_]+)*$/.test(word) ? word.split('|') : [];
      });
      return [
        ...(ROWS.some(({ line }) => splitList(line)[0] === operation) ? [] : [operation]),
        ...alternatives.filter((word) => !written(operation, word)).map((word) => `${operation} ${word}`),
      ];
    });
    expect(missing).to.deep.equal([]);
    expect(new Set(ROWS.map(name)).size, 'no row twice').to.equal(ROWS.length);
  });

  for (const [title, { rows }] of Object.entries(TABLES))
    it(`is denied by its rule, with its record: ${title}`, () => {
      check(title, rows, 'denied');
    });
  it('is allowed, without a record, where no rule denies it', () => {
    check(ALLOWED, PRESENT, 'allowed');
  });

  it('leaves nothing behind, even where it was refused half way', () => {
    expect(
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('/n'))
        .map((path) => RULES[Number(path.split('/')[0])]),
    ).to.deep.equal([]);
  });
});
