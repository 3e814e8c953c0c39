import { expect } from 'chai';
import { NO_RECORD } from '#core/audit/pasted-form.ts';
import { parseRecord } from '#core/audit/parse-record.ts';
import { PasteReader } from '#core/audit/pasted-lines.ts';
import type { Pasted } from '#core/audit/pasted-lines.ts';
import { toJson } from '#core/audit/record-json.ts';
import { linesOf } from './records.ts';

const PAIRS =
  'apparmor="DENIED" operation="open" class="file" profile="web" name="/srv/keys" pid=42 comm="cat" ' +
  'requested_mask="r" denied_mask="r" fsuid=33 ouid=0';
const FIELDS = {
  apparmor: 'DENIED',
  operation: 'open',
  class: 'file',
  profile: 'web',
  name: '/srv/keys',
  pid: '42',
  comm: 'cat',
  requested_mask: 'r',
  denied_mask: 'r',
  fsuid: '33',
  ouid: '0',
};
const STAMP = { audit_id: '1800000000.250:19', epoch: 1800000000, serial: 19 };
const KERNEL = `type=1400 audit(1800000000.250:19): ${PAIRS}`;
const KERNEL_RECORD = { type: '1400', ...STAMP, ...FIELDS };
const AUDITD = `type=AVC msg=audit(1800000000.250:19): ${PAIRS}`;
const AUDITD_RECORD = { type: 'AVC', ...STAMP, ...FIELDS };
const INTERPRETED =
  'type=AVC msg=audit(03/02/2027 14:05:06.250:19) : apparmor=DENIED operation=open class=file profile=web ';
const INTERPRETED_HEADER = { type: 'AVC', date: '03/02/2027 14:05:06.250', serial: 19 };

function read(...lines: string[]): Pasted[] {
  const reader = new PasteReader();
  return [...lines.flatMap((line) => reader.push(line)), ...reader.end()];
}

/** Records as the command prints them, and the reasons of unread lines. */
function shown(...lines: string[]): unknown[] {
  return read(...lines).map((result) =>
    result.kind === 'record'
      ? (JSON.parse(toJson(result.record, result.damaged, result.header)) as unknown)
      : result.why,
  );
}

describe('PasteReader', () => {
  describe('reads a line in the form', () => {
    const journal = { _TRANSPORT: 'audit', _AUDIT_TYPE: '1400', _AUDIT_ID: '19', MESSAGE: `AVC ${PAIRS}` };
    const forms: readonly [string, string, object][] = [
      ['the kernel wrote it', `audit: ${KERNEL}`, KERNEL_RECORD],
      ['indented', `      [    7.250000] audit: ${KERNEL}`, KERNEL_RECORD],
      ['quoted in a mail', `> > Mar  2 14:05:06 vm kernel: audit: ${KERNEL}`, KERNEL_RECORD],
      ['dmesg colours', `\u001b[32m[    7.250000] \u001b[0m\u001b[33maudit: \u001b[0m${KERNEL}`, KERNEL_RECORD],
      ['grep colours', AUDITD.replace('DENIED', '\u001b[01;31m\u001b[KDENIED\u001b[m\u001b[K'), AUDITD_RECORD],
      ['grep FILE:', `/var/log/audit/audit.log:${AUDITD}`, AUDITD_RECORD],
      ['grep -n FILE:N:', `syslog.1:207:Mar  2 14:05:06 vm kernel: audit: ${KERNEL}`, KERNEL_RECORD],
      ['grep -n N:', `207:[    7.250000] audit: ${KERNEL}`, KERNEL_RECORD],
      ['grep -C FILE-N-', `kern.log-208-Mar  2 14:05:06 vm kernel: audit: ${KERNEL}`, KERNEL_RECORD],
      ['pairs alone', PAIRS, FIELDS],
      ['pairs alone, after FILE:', `denials.txt:${PAIRS}`, FIELDS],
      [
        'journal JSON of the kernel',
        JSON.stringify({ _TRANSPORT: 'kernel', SYSLOG_FACILITY: '0', MESSAGE: `audit: ${KERNEL}` }),
        KERNEL_RECORD,
      ],
      [
        'journal JSON of audit',
        JSON.stringify({ ...journal, _SOURCE_REALTIME_TIMESTAMP: '1800000000250000' }),
        AUDITD_RECORD,
      ],
      ['journal JSON without a time', JSON.stringify(journal), { type: 'AVC', serial: 19, ...FIELDS }],
      [
        'journal JSON in bytes',
        JSON.stringify({ ...journal, MESSAGE: [...Buffer.from(`AVC ${PAIRS}`)] }),
        { type: 'AVC', serial: 19, ...FIELDS },
      ],
      [
        'Docker JSON',
        JSON.stringify({ log: `${AUDITD}\n`, stream: 'stdout', time: '2027-03-02T14:05:06Z' }),
        AUDITD_RECORD,
      ],
      [
        'logstash JSON',
        JSON.stringify({ '@version': '1', message: `Mar  2 14:05:06 vm kernel: ${KERNEL}` }),
        KERNEL_RECORD,
      ],
      ['JSON of a logger', JSON.stringify({ level: 30, msg: PAIRS }), FIELDS],
      [
        'ausearch -i',
        `${INTERPRETED}name=/srv/keys pid=42 comm=cat requested_mask=r denied_mask=r fsuid=www-data ouid=root`,
        { ...INTERPRETED_HEADER, ...FIELDS, fsuid: 'www-data', ouid: 'root' },
      ],
      [
        'ausearch -i, ISO date',
        'type=AVC msg=audit(2027-03-02 14:05:06.250:19) : apparmor=DENIED operation=capable class=cap profile=web ' +
          'pid=42 comm=nginx capability=chown capname=chown',
        {
          type: 'AVC',
          date: '2027-03-02 14:05:06.250',
          serial: 19,
          apparmor: 'DENIED',
          operation: 'capable',
          class: 'cap',
          profile: 'web',
          pid: '42',
          comm: 'nginx',
          capability: 'chown',
          capname: 'chown',
        },
      ],
      [
        'ausearch -i, blanks in info',
        'type=AVC msg=audit(03/02/2027 14:05:06.250:19) : apparmor=DENIED operation=create class=net ' +
          'info=failed protocol match error=EACCES profile=web pid=42 ' +
          'comm=php family=unix sock_type=dgram protocol=0 ' +
          'requested=create denied=create addr=none',
        {
          ...INTERPRETED_HEADER,
          apparmor: 'DENIED',
          operation: 'create',
          class: 'net',
          info: 'failed protocol match',
          error: 'EACCES',
          profile: 'web',
          pid: '42',
          comm: 'php',
          family: 'unix',
          sock_type: 'dgram',
          protocol: '0',
          requested: 'create',
          denied: 'create',
          addr: 'none',
        },
      ],
    ];
    for (const [name, line, expected] of forms) {
      it(name, () => {
        expect(shown(line)).to.deep.equal([expected]);
      });
    }

    it('pretty-printed JSON', () => {
      const entry = JSON.stringify({ ...journal, _SOURCE_REALTIME_TIMESTAMP: '1800000000250000' }, null, 8);
      expect(shown(...entry.split('\n'), ...entry.split('\n'))).to.deep.equal([AUDITD_RECORD, AUDITD_RECORD]);
    });
  });

  describe('joins a record that is broken', () => {
    const broken: readonly [string, string[], object][] = [
      ['between pairs, indented', [AUDITD.replace(' class', '\n   class'), ''], AUDITD_RECORD],
      ['between pairs, not indented', [AUDITD.replace(' pid', '\npid').replace(' fsuid', '\nfsuid')], AUDITD_RECORD],
      ['in its header', [`  Mar  2 14:05:06 vm kernel: audit:\n    type=1400\n  ${KERNEL.slice(10)}`], KERNEL_RECORD],
      ['after its stamp', [`audit: ${KERNEL.replace(': apparmor', ':\napparmor')}`], KERNEL_RECORD],
      ['in a path', [KERNEL.replace('/keys', '/\n  keys')], KERNEL_RECORD],
      ['in a key', [KERNEL.replace('requested_mask', 'requested_\nmask')], KERNEL_RECORD],
      ['in a number', [KERNEL.replace('pid=42', 'pid=4\n2')], KERNEL_RECORD],
      ['after an equals sign', [KERNEL.replace('pid=42', 'pid=\n42')], KERNEL_RECORD],
      ['when it has no header', [PAIRS.replace(' profile', '\n  profile').replace(' fsuid', '\nfsuid')], FIELDS],
      [
        'when it is interpreted',
        [`${INTERPRETED}\n  name=/srv/keys pid=42 comm=cat\n  requested_mask=r denied_mask=r fsuid=33 ouid=0`],
        { ...INTERPRETED_HEADER, ...FIELDS },
      ],
    ];
    for (const [name, texts, expected] of broken) {
      it(name, () => {
        const lines = texts.flatMap((text) => text.split('\n'));
        expect(shown(...lines, `audit: ${KERNEL}`)).to.deep.equal([expected, KERNEL_RECORD]);
      });
    }

    it('at any column of a terminal', () => {
      for (let width = 24; width <= KERNEL.length; width++) {
        const count = Math.ceil(KERNEL.length / width);
        const lines = Array.from({ length: count }, (_, at) => KERNEL.slice(at * width, (at + 1) * width));
        const [first, ...rest] = shown(...lines) as [Record<string, string>, ...unknown[]];
        // a break at a blank, or within a mask, can leave a doubt, but no wrong record
        if (first['damaged'] === undefined) expect([first, ...rest], `${width}`).to.deep.equal([KERNEL_RECORD]);
      }
    });

    it('and says that a blank may be missing where it cannot know', () => {
      const [line = '', rest = ''] = KERNEL.replace('class="file"', 'class="file" info="Failed\n  lookup"').split('\n');
      expect(shown(line, rest)).to.deep.equal([
        {
          ...KERNEL_RECORD,
          info: 'Failed lookup',
          damaged: 'a line break falls within info=: a blank may be missing or added',
        },
      ]);
    });
  });

  describe('never shows half a record as a whole one', () => {
    const halves: readonly [string, string, string][] = [
      ['ends after a pair', AUDITD.slice(0, AUDITD.indexOf(' profile')), 'the record ends before comm='],
      ['ends before its access', AUDITD.slice(0, AUDITD.indexOf(' requested_mask')), 'the record ends before ouid='],
      [
        'ends before what was denied',
        AUDITD.slice(0, AUDITD.indexOf(' denied_mask')),
        'the record ends before denied_mask=',
      ],
      ['ends before its owner', AUDITD.slice(0, AUDITD.indexOf(' ouid')), 'the text ends within or after fsuid='],
      ['ends in a value', AUDITD.slice(0, AUDITD.indexOf('/keys')), 'the closing quote of name= is missing'],
      [
        'ends in a value, in JSON',
        JSON.stringify({ log: AUDITD.slice(0, AUDITD.indexOf('/keys')) }),
        'the closing quote of name= is missing',
      ],
      ['ends early, without a header', PAIRS.slice(0, PAIRS.indexOf(' comm')), 'the text ends within or after pid='],
      ['ends early, interpreted', `${INTERPRETED}name=/srv/keys`, 'the text ends within or after name='],
    ];
    for (const [name, line, damaged] of halves) {
      it(name, () => {
        const [first, second] = shown(line, 'eth0: link up') as [Record<string, string>, string];
        expect(first['damaged']).to.include(damaged);
        expect(second).to.equal(NO_RECORD);
      });
    }
  });

  describe('is not led astray by', () => {
    it('a record in a file name', () => {
      const name = `/tmp/x pid=1 comm="a" ${KERNEL}`;
      const line = KERNEL.replace('"/srv/keys"', Buffer.from(name).toString('hex').toUpperCase());
      expect(shown(line)).to.deep.equal([{ ...KERNEL_RECORD, name }]);
    });

    it('escapes and line breaks in a file name', () => {
      const name = '/tmp/\u001b[31mred\ntype=1400 audit(1.000:1): apparmor="ALLOWED"';
      const line = KERNEL.replace('"/srv/keys"', Buffer.from(name).toString('hex').toUpperCase());
      expect(shown(line)).to.deep.equal([{ ...KERNEL_RECORD, name }]);
      expect(shown(JSON.stringify({ log: line }))).to.deep.equal([{ ...KERNEL_RECORD, name }]);
    });

    it('pairs in an interpreted file name: it stays one value, and the record is marked', () => {
      const name = '/tmp/x pid=1 comm=init requested_mask=w';
      expect(
        shown(`${INTERPRETED}name=${name} pid=42 comm=cat requested_mask=r denied_mask=r fsuid=33 ouid=0`),
      ).to.deep.equal([
        {
          ...INTERPRETED_HEADER,
          ...FIELDS,
          name,
          damaged: 'a value holds what looks like pid= and comm=, and interpreted values have no quotes',
        },
      ]);
    });

    it('a key of another class in an interpreted process name', () => {
      const line = `${INTERPRETED}name=/x pid=42 comm=a capability=1 requested_mask=r denied_mask=r fsuid=0 ouid=0`;
      const [first] = shown(line) as [Record<string, string>];
      expect(first['damaged']).to.include('keys of two classes');
    });

    it('a journal entry that a program wrote', () => {
      const entry = { _TRANSPORT: 'stdout', SYSLOG_IDENTIFIER: 'kernel2', MESSAGE: KERNEL };
      expect(shown(JSON.stringify(entry))).to.deep.equal(['written by kernel2']);
      expect(shown(JSON.stringify({ _TRANSPORT: 'kernel', SYSLOG_FACILITY: '1', MESSAGE: KERNEL }))).to.deep.equal([
        'written to facility 1',
      ]);
    });

    it('a line that a program wrote to syslog', () => {
      expect(shown(`Mar  2 14:05:06 vm app[7]: ${PAIRS}`)).to.deep.equal(['written by app']);
      expect(shown(`app: ${PAIRS}`)).to.not.deep.equal([FIELDS]);
    });

    it('lines after a record that are not its own', () => {
      for (const line of [
        'Killed',
        'flags=1',
        'apparmor_parser: done',
        'name="/other"',
        'type=SYSCALL arch=c000003e',
      ]) {
        const [first, ...rest] = shown(AUDITD, line);
        expect(first, line).to.deep.equal(AUDITD_RECORD);
        expect(rest, line).to.have.length(1);
      }
    });

    it('a cut record before a whole one', () => {
      for (const end of ['operation="op', 'operation=', 'pid=42', 'requested_']) {
        const [first, second] = shown(`audit: ${KERNEL.slice(0, KERNEL.indexOf('operation'))}${end}`, KERNEL) as [
          Record<string, string>,
          object,
        ];
        expect(first['damaged'], end).to.be.a('string');
        expect(second, end).to.deep.equal(KERNEL_RECORD);
      }
      expect(shown('type=1400 audit(1800000000.250:18):', KERNEL)).to.deep.equal(['no apparmor= in it', KERNEL_RECORD]);
    });

    it('very long lines', () => {
      const started = Date.now();
      for (const text of [
        '\u001b[',
        'apparmor="',
        'a',
        '> ',
        'type=1400 audit(1.000:1): ',
        ' pid=1 comm=',
        '{"',
        'a=',
      ]) {
        read(`type=1400 audit(1.000:1): apparmor="DENIED" ${text.repeat(50_000)}`, text.repeat(50_000));
        read(`${INTERPRETED}${text.repeat(50_000)}`);
      }
      expect(Date.now() - started).to.be.lessThan(8000);
    });
  });

  it('marks only those records of a kernel and of auditd as damaged that were cut there', () => {
    for (const file of ['linux-6.12.107.txt', 'auditd-4.0.2-enriched.txt']) {
      const lines = linesOf(file);
      const strict = lines.map((line) => parseRecord(line)).filter((parsed) => parsed.kind === 'record');
      const pasted = read(...lines).filter((result) => result.kind === 'record');
      expect(
        pasted.map(({ record, damaged }) => ({ raw: record.raw, damaged })),
        file,
      ).to.deep.equal(strict.map(({ record, damaged }) => ({ raw: record.raw, damaged })));
    }
  });

  it('does not wait for the next line when the log pauses after a whole record', () => {
    const reader = new PasteReader();
    expect(reader.push(AUDITD)).to.deep.equal([]);
    expect(reader.pause()).to.have.length(1);
    expect(reader.push(AUDITD.slice(0, AUDITD.indexOf(' pid')))).to.deep.equal([]);
    expect(reader.pause()).to.deep.equal([]);
    expect(reader.end()).to.have.length(1);
  });

  it('counts lines, and leaves separators out', () => {
    const results = read(
      '----',
      'time->Tue Mar  2 14:05:06 2027',
      '',
      'link up',
      `  ${AUDITD.replace(' pid', '\n')}`,
      '```',
    );
    expect(results.map(({ kind, first, count }) => ({ kind, first, count }))).to.deep.equal([
      { kind: 'unread', first: 4, count: 1 },
      { kind: 'record', first: 5, count: 1 },
    ]);
  });
});
