import { expect } from 'chai';
import fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import type { Ledger } from '#core/model/model.ts';
import { junit } from '#core/report/junit-report.ts';
import { countsOf, exitCode, faultsOf, isProfileFault, shortfallsOf } from '#core/report/summary.ts';
import { byteLength } from '#core/text/visible.ts';
import { ATTACKS, poisoned } from './hostile-text.ts';
import {
  ALL_KINDS,
  captured,
  entries,
  entry,
  fault,
  ledger,
  observation,
  record,
  run,
  success,
  suite,
} from './ledger.ts';

interface Node {
  readonly [key: string]: unknown;
}
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseAttributeValue: false,
  trimValues: false,
  htmlEntities: false,
  processEntities: { enabled: true, maxTotalExpansions: Infinity, maxExpandedLength: Infinity },
  isArray: (name, path) =>
    name === 'testcase' || name === 'property' || (name === 'testsuite' && String(path).includes('testsuites')),
});

function nodes(parent: unknown, name: string): readonly Node[] {
  const found = (parent as Node | undefined)?.[name];
  return [found ?? []].flat() as Node[];
}

interface Parsed {
  readonly root: Node;
  readonly suites: readonly Node[];
  readonly cases: readonly Node[];
}

/** Parses a report as a viewer would, after checks that hold for every report. */
function parse(xml: string): Parsed {
  expect(
    /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.exec(xml)?.[0],
    'a character that XML 1.0 forbids',
  ).to.equal(undefined);
  expect(xml).not.to.match(/<!|<\?(?!xml version="1.0" encoding="UTF-8"\?>)/);
  /* eslint-disable-next-line @typescript-eslint/no-deprecated --
     `true` makes it throw for what is not well-formed; the package that is to replace it is not a dependency of ours */
  const root = nodes(parser.parse(xml, true), 'testsuites')[0] as Node;
  const suites = nodes(root, 'testsuite');
  return { root, suites, cases: suites.flatMap((node) => nodes(node, 'testcase')) };
}

function outcome(node: Node): string {
  const found = ['failure', 'error', 'skipped'].filter((name) => name in node);
  expect(found.length, 'one outcome a case').to.be.at.most(1);
  return found[0] ?? 'pass';
}

/** What must hold between any ledger and its report. */
function check(made: Ledger): Parsed {
  const parsed = parse(junit(made));
  const counts = countsOf(made);
  const extra = faultsOf(made).length + shortfallsOf(made).length;
  const tally = (want: string, list = parsed.cases): number => list.filter((node) => outcome(node) === want).length;
  const ofProfile = faultsOf(made).filter(isProfileFault).length;
  expect(parsed.cases.length).to.equal(counts.total + extra);
  expect([tally('pass'), tally('failure'), tally('error'), tally('skipped')]).to.deep.equal([
    counts.pass,
    counts.fail + ofProfile,
    counts.vacuous + counts.inconclusive + extra - ofProfile,
    counts.skipped,
  ]);
  const groups: readonly (readonly [Node, readonly Node[]])[] = [
    [parsed.root, parsed.cases],
    ...parsed.suites.map((one) => [one, nodes(one, 'testcase')] as const),
  ];
  for (const [node, list] of groups) {
    expect([node['@tests'], node['@failures'], node['@errors'], node['@skipped']].map(Number)).to.deep.equal([
      list.length,
      tally('failure', list),
      tally('error', list),
      tally('skipped', list),
    ]);
  }
  expect(tally('failure') + tally('error') > 0, 'looks green').to.equal(exitCode(made) !== 0);
  const names = parsed.suites.map((node) => String(node['@name']));
  expect(new Set(names).size).to.equal(names.length);
  const keys = parsed.cases.map((node) => `${String(node['@classname'])}\0${String(node['@name'])}`);
  expect(new Set(keys).size, 'unique cases').to.equal(keys.length);
  for (const name of [...names, ...parsed.cases.map((node) => String(node['@name']))])
    expect(name.trim()).not.to.equal('');
  for (const node of [...parsed.suites, ...parsed.cases]) expect(node['@time']).to.match(/^\d+(\.\d{1,3})?$/);
  return parsed;
}

/** A run with everything in it that a ledger can hold. */
function full(): Ledger {
  const list = ALL_KINDS.flatMap((kind, index) => [
    entry(kind, `a${index}`),
    entry(kind, `b${index}`, {
      probe: {
        id: `b${index}`,
        name: 'runs top',
        because: 'It matters.',
        action: { kind: 'run', argv: ['top', '-b', "it's"], tildes: [], terminal: false },
        user: 'www-data',
        control: true,
        direct: false,
        timeoutMs: 1,
        expect: {
          access: 'denied',
          exit: 'nonzero',
          stdout: { contains: 'x', not: { matches: 'y' } },
          audit: { name: { equals: 'z' } },
        },
        at: { file: '/repo/specs/docker-nginx.yml', line: 20, column: 1 },
      },
      verdict: { kind, code: 'let-through', reason: 'r', notes: ['n'], hint: 'h' },
      observation: observation({
        exit: 1,
        signal: 'SIGKILL',
        stdout: captured('out'),
        stderr: captured('err'),
        problem: 'p',
      }),
      control: success({ stdout: captured('control out'), remark: 'left a file' }),
      witnesses: [{ record: record(), by: 'window' }],
    }),
  ]);
  return ledger(
    [
      suite(list, { faults: [fault('container-exited')], imageId: 'sha256:1', profileFile: '/p' }),
      suite([entry('pass', 'c1')]),
    ],
    { faults: [fault('no-records')] },
  );
}

describe('the JUnit report', () => {
  it('gives each verdict its own outcome', () => {
    const { suites, cases } = check(run(ALL_KINDS));
    expect(cases.slice(0, 5).map(outcome)).to.deep.equal(['pass', 'failure', 'error', 'error', 'skipped']);
    expect(suites[0]).to.include({
      '@name': 'docker-nginx',
      '@timestamp': '2026-11-22T10:00:00.000Z',
      '@hostname': 'lab',
      '@file': '/repo/specs/docker-nginx.yml',
      '@time': '1.235',
    });
    expect(cases[1]).to.include({
      '@classname': 'docker-nginx.docker-nginx',
      '@name': 'probe p2',
      '@file': '/repo/specs/docker-nginx.yml',
      '@line': '14',
      '@time': '0',
    });
    expect(nodes(cases[1], 'failure')[0]).to.include({ '@message': 'It is a fail.', '@type': 'code-fail' });
    expect(nodes(cases[4], 'skipped')[0]).to.include({ '@message': 'It is a skipped.' });
  });

  it('names files as seen from the root', () => {
    expect(junit(run(['fail']), { root: '/repo' }))
      .to.contain('file="specs/docker-nginx.yml"')
      .and.not.to.contain('/repo/');
  });

  it('has the evidence in properties and system-out', () => {
    const node = check(full()).cases.find((one) => one['@name'] === 'runs top') as Node;
    const properties = Object.fromEntries(
      nodes(nodes(node, 'properties')[0], 'property').map((one) => [one['@name'], one['@value']] as const),
    ) as Record<string, unknown>;
    expect(properties).to.include({
      probe: 'b0',
      action: "run top -b 'it'\\''s' (as www-data)",
      errno: 'EACCES',
      exit: '1',
      signal: 'SIGKILL',
      control: 'succeeded (<1 ms); left a file',
      records: '1',
      verdict: 'pass',
    });
    expect(properties['expected']).to.equal(
      'denied, exit nonzero, stdout contains "x" and not (matches /y/), a record where name equals "z"',
    );
    const output = String(node['system-out']);
    for (const part of [
      'because   It matters.',
      'happened  failed with EACCES',
      'kernel    DENIED open /etc/shadow denied_mask=w requested_mask=w (by window)',
      '--- audit records, 1 ---\n| audit: type=1400 audit(1795359883.575:6)',
      '--- stdout, 3 bytes ---\n| out',
      '--- control stdout, 11 bytes ---\n| control out',
    ])
      expect(output).to.contain(part);
  });

  it('never looks green when the run broke', () => {
    for (const made of [
      ledger([]),
      ledger([suite([])]),
      ledger([], { faults: [fault('spec-invalid')] }),
      run(['skipped']),
      run(['pass'], { options: { bail: false, inPlace: false, planned: 2, selected: 2 } }),
      full(),
    ])
      check(made);
    expect(junit(ledger([], { faults: [fault('no-docker', 'It does not answer.')] }))).to.contain(
      '<error message="It does not answer." type="no-docker">',
    );
  });

  it('stays well-formed and counts right whichever attack stands in every field', () => {
    for (const attack of ATTACKS) check(poisoned(full(), () => attack));
  });

  it('keeps every visible character of an attack', () => {
    const output = ATTACKS[0] as string;
    const { cases } = check(
      ledger([suite([entry('pass', 'p1', { observation: observation({ stdout: captured(output) }) })])]),
    );
    expect(String(cases[0]?.['system-out'])).to.contain(`| ${output}`);
  });

  it('stays well-formed and counts right whatever strings stand in the fields', function () {
    this.timeout(60_000);
    const text = fc.oneof(
      fc.constantFrom(...ATTACKS.filter((one) => one.length < 1000)),
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
      fc
        .array(
          fc.constantFrom(
            ']',
            '>',
            '<',
            '&',
            '"',
            "'",
            ']]>',
            '<![CDATA[',
            '\ud800',
            '\udc00',
            '\0',
            '\ufffe',
            '\n',
            '\r',
            ';',
            '&#0;',
            '-->',
          ),
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 60 }), (texts) => {
        let at = 0;
        check(poisoned(full(), () => texts[at++ % texts.length] as string));
      }),
      { numRuns: 200 },
    );
  });

  it("lets no output pass for a line of the report or a viewer's command", () => {
    const forged = 'verdict   pass\n--- stdout, 0 bytes ---\n[[ATTACHMENT|/etc/shadow]]\n[cut: nothing]';
    const { cases } = check(
      ledger([suite([entry('fail', 'p1', { observation: observation({ stdout: captured(forged) }) })])]),
    );
    const output = String(cases[0]?.['system-out']);
    expect(output.split('\n').filter((line) => /^(verdict|---|\[cut)/.test(line))).to.have.length(2);
    expect(output).not.to.contain('[[ATTACHMENT|');
  });

  it('writes numbers and times that a schema accepts, whatever the ledger has', () => {
    for (const ms of [NaN, Infinity, -5, 1e-7, 1e12, 0.1 + 0.2])
      check(
        ledger(
          [
            suite([entry('pass', 'p1', { observation: observation({ durationMs: ms }) })], {
              durationMs: ms,
              startedAt: 'yesterday',
            }),
          ],
          { durationMs: ms, startedAt: 'never' },
        ),
      );
    const { TZ } = process.env;
    process.env['TZ'] = 'Pacific/Auckland';
    expect(junit(run(['pass']))).to.contain('timestamp="2026-11-22T10:00:00.000Z"');
    if (TZ === undefined) delete process.env['TZ'];
    else process.env['TZ'] = TZ;
  });

  it('limits the output of one case, and says so', () => {
    for (const text of ['x'.repeat(10_000_000), '\n'.repeat(3_000_000), '\0'.repeat(1_000_000), '<'.repeat(500_000)]) {
      const many = Array.from({ length: 5000 }, () => ({ record: record(), by: 'window' as const }));
      const { cases } = check(
        ledger([
          suite([
            entry('fail', 'p1', {
              observation: observation({ stdout: captured(text), stderr: captured(text) }),
              witnesses: many,
            }),
          ]),
        ]),
      );
      expect(byteLength(String(cases[0]?.['system-out']))).to.be.below(70_000);
      expect(String(cases[0]?.['system-out'])).to.match(/\n\[cut: [\d,]+ bytes in total; report.json has them\]/);
    }
  });

  it('writes 10,000 cases in reasonable time', function () {
    this.timeout(30_000);
    const made = ledger([
      suite(
        entries(Array.from({ length: 10_000 }, (_, index) => ALL_KINDS[index % 5] ?? 'pass')).map((one) => ({
          ...one,
          probe: { ...one.probe, name: 'the same name' },
        })),
      ),
    ]);
    const started = performance.now();
    const xml = junit(made);
    expect(performance.now() - started).to.be.below(10_000);
    expect(parse(xml).cases.length).to.equal(10_000);
  });
});
