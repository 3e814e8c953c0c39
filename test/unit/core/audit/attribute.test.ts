import { expect } from 'chai';
import { attribute, concerns } from '#core/audit/attribute.ts';
import type { ProbeTrace } from '#core/audit/attribute.ts';
import type { AuditRecord, RecordFit } from '#core/model/model.ts';
import { denial, record } from './records.ts';

const operation: ProbeTrace = { id: 'ap-7f3-1', kind: 'operation' };
const command: ProbeTrace = {
  id: 'ap-7f3-2',
  kind: 'command',
  pid: 200,
  window: { afterSerial: 10, beforeSerial: 20 },
  otherPids: new Set([50]),
  otherLabels: new Set(['web-1//svc']),
};
const file = 'operation="open" class="file" profile="web-1"';

function who(
  found: AuditRecord,
  probes: readonly ProbeTrace[] = [operation, command],
  names: readonly string[] = ['web-1'],
): string {
  const { witnesses, others } = attribute(names, probes, [found]);
  const held = [...witnesses].flatMap(([id, list]) => list.map(({ by }) => `${id} by ${by}`));
  expect(held.length + others.length).to.equal(1);
  return held[0] ?? 'others';
}

describe('attribute', () => {
  // prettier-ignore
  const cases: readonly [string, AuditRecord, string][] = [
    ['the thread name of an operation', denial(`${file} pid=100 comm="ap-7f3-1"`), 'ap-7f3-1 by comm'],
    ['the fork of an exec operation', denial(`${file} pid=101 comm="ap-7f3-1"`), 'ap-7f3-1 by comm'],
    ['an operation while a window is open', denial(`${file} pid=100 comm="ap-7f3-1"`, 15), 'ap-7f3-1 by comm'],
    ['the process about to exec a command', denial(`${file} pid=200 comm="ap-7f3-2"`, 15), 'ap-7f3-2 by comm'],
    ['another process that took the name of a command', denial(`${file} pid=201 comm="ap-7f3-2"`, 15), 'others'],
    ['a child under a label that the service has too', denial('operation="open" profile="web-1//svc" pid=201 comm="cat"', 15), 'others'],
    ['the command itself under a label that the service has too', denial('operation="open" profile="web-1//svc" pid=200 comm="cat"', 15), 'ap-7f3-2 by pid'],
    ['the process of the command', denial(`${file} pid=200 comm="top"`, 15), 'ap-7f3-2 by pid'],
    ['the process of the command, outside its window', denial(`${file} pid=200 comm="top"`, 21), 'others'],
    ['what the command does', denial(`${file} pid=201 comm="top"`, 15), 'ap-7f3-2 by window'],
    ['a hex comm', denial(`${file} pid=201 comm=6120`, 15), 'ap-7f3-2 by window'],
    ['a child profile', denial('operation="open" profile="web-1//kid" pid=201 comm="x"', 15), 'ap-7f3-2 by window'],
    ['a learning profile', denial('operation="open" profile="web-1//null-/usr/bin/x" pid=201 comm="x"', 15), 'ap-7f3-2 by window'],
    ['a stack', denial('operation="open" label="other//&web-1" pid=201 comm="x"', 15), 'ap-7f3-2 by window'],
    ['a stack across namespaces', denial('operation="open" label="web-1//&:ns://p" pid=201 comm="x"', 15), 'ap-7f3-2 by window'],
    ['a signal between two of the container', denial('operation="signal" profile="web-1" pid=201 comm="x" requested_mask="receive" denied_mask="receive" signal=term peer="web-1"', 15), 'ap-7f3-2 by window'],
    ['on the barriers', denial(`${file} pid=201 comm="top"`, 10), 'others'],
    ['on the later barrier', denial(`${file} pid=201 comm="top"`, 20), 'others'],
    ['outside the window', denial(`${file} pid=201 comm="top"`, 21), 'others'],
    ['a process that was there before', denial(`${file} pid=50 comm="nginx"`, 15), 'others'],
    ['a process that was there before and took the name', denial(`${file} pid=50 comm="ap-7f3-2"`, 15), 'others'],
    ['another profile', denial('operation="open" profile="web-2" pid=100 comm="ap-7f3-1"'), 'others'],
    ['a profile whose name starts alike', denial('operation="open" profile="web-10" pid=100 comm="ap-7f3-1"'), 'others'],
    ['the name in another namespace', denial('operation="open" namespace="lxd" profile="web-1" pid=100 comm="ap-7f3-1"'), 'others'],
    ['the name as a file', denial('operation="open" profile="x" name="web-1" pid=100 comm="ap-7f3-1"'), 'others'],
    ['a nested name that ends alike', denial('operation="open" profile="x//web-1" pid=100 comm="ap-7f3-1"'), 'others'],
    ['no profile', denial('operation="change_hat" info="unconfined" error=-1 pid=100 comm="ap-7f3-1"'), 'others'],
    ['a peer that signals the container for a probe', denial('operation="signal" profile="web-1" pid=900 comm="ap-7f3-1" requested_mask="receive" denied_mask="receive" signal=urg peer="unconfined"', 15), 'ap-7f3-1 by comm'],
    ['the runtime stopping the container', denial('operation="signal" profile="web-1" pid=900 comm="runc" requested_mask="receive" denied_mask="receive" signal=term peer="unconfined"', 15), 'others'],
    ['the engine tracing it', denial('operation="ptrace" profile="web-1" pid=900 comm="dockerd" requested_mask="tracedby" denied_mask="tracedby" peer="runc"', 15), 'others'],
    ['a record without a stamp', record(`AVC apparmor="DENIED" ${file} pid=201 comm="top"`), 'others'],
  ];
  for (const [name, found, expected] of cases)
    it(`${name}: ${expected}`, () => {
      expect(who(found)).to.equal(expected);
    });

  it('attributes records of accesses only', () => {
    for (const [type, counts] of [
      ['DENIED', true],
      ['ALLOWED', true],
      ['AUDIT', true],
      ['KILLED', true],
      ['STATUS', false],
      ['HINT', false],
      ['ERROR', false],
    ] as const) {
      expect(
        who(record(`audit: type=1400 audit(1.000:15): apparmor="${type}" ${file} pid=1 comm="ap-7f3-1"`)),
        type,
      ).to.equal(counts ? 'ap-7f3-1 by comm' : 'others');
    }
  });

  it('believes no record that a process of the container can send', () => {
    expect(
      who(
        record(`audit: type=1107 audit(1.000:15): pid=1 uid=0 msg='apparmor="DENIED" ${file} pid=1 comm="ap-7f3-1"'`),
      ),
    ).to.equal('others');
  });

  it('attributes a record in two windows to no probe', () => {
    const overlapping: ProbeTrace = { id: 'ap-7f3-3', kind: 'command', window: { afterSerial: 12, beforeSerial: 30 } };
    expect(who(denial(`${file} pid=201 comm="top"`, 15), [command, overlapping])).to.equal('others');
    expect(who(denial(`${file} pid=201 comm="top"`, 25), [command, overlapping])).to.equal('ap-7f3-3 by window');
  });

  it('gives operations no window', () => {
    expect(
      who(denial(`${file} pid=100 comm="top"`, 15), [{ ...operation, window: { afterSerial: 10, beforeSerial: 20 } }]),
    ).to.equal('others');
  });

  it('knows a profile in a namespace under both spellings', () => {
    const nested = denial('operation="open" namespace="lxd" profile="web-1" pid=100 comm="ap-7f3-1"');
    for (const name of [':lxd:web-1', ':lxd://web-1']) {
      expect(who(nested, [operation], [name])).to.equal('ap-7f3-1 by comm');
      expect(concerns(nested, [name])).to.equal(true);
    }
  });

  it('has a list for every probe, in the order of the records', () => {
    const records = [1, 2, 3].map((serial) => denial(`${file} pid=100 comm="ap-7f3-1"`, serial));
    const { witnesses, others } = attribute(['web-1'], [operation, command], records);
    expect(witnesses.get('ap-7f3-1')?.map((witness) => witness.record.serial)).to.deep.equal([1, 2, 3]);
    expect(witnesses.get('ap-7f3-2')).to.deep.equal([]);
    expect(others).to.deep.equal([]);
  });

  it('asks how a record with the name of an operation fits it', () => {
    const withFit = (fit: RecordFit): ProbeTrace => ({ ...operation, fitOf: () => fit });
    const named = denial(`${file} pid=100 comm="ap-7f3-1"`);
    expect(who(named, [withFit('access')])).to.equal('ap-7f3-1 by comm');
    expect(who(named, [withFit('foreign'), command])).to.equal('others');
    const { witnesses } = attribute(['web-1'], [withFit({ before: 'open' })], [named]);
    expect(witnesses.get('ap-7f3-1')?.map(({ before }) => before)).to.deep.equal(['open']);
  });
});
