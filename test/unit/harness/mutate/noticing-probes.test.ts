/** Which probes are tried under a mutant that only allows more. */
import { expect } from 'chai';
import type { AuditRecord, Entry, Probe } from '#core/model/model.ts';
import { NoticingProbes } from '#harness/mutate/noticing-probes.ts';
import { probe } from '../fakes/probes.ts';
import { mutant } from './fake-mutant.ts';

function record(fields: Readonly<Record<string, string>>): AuditRecord {
  return { timeMs: 0, serial: 1, type: 'DENIED', fields, raw: '' };
}

const RECORDS = {
  capability: record({ operation: 'capable', capname: 'chown' }),
  file: record({ operation: 'open', name: '/etc/passwd', denied_mask: 'w' }),
  network: record({ operation: 'create', family: 'inet', sock_type: 'raw', denied_mask: 'create' }),
  umount: record({ operation: 'umount', name: '/mnt/' }),
  otherFile: record({ operation: 'open', name: '/etc/shadow', denied_mask: 'w' }),
  unknown: record({ operation: 'something new' }),
};

function entry(of: Probe, ...records: readonly AuditRecord[]): Entry {
  return {
    probe: of,
    verdict: { kind: 'pass', code: 'denied', reason: '', notes: [] },
    witnesses: records.map((one) => ({ record: one, by: 'probe-id' }) as never),
  };
}

const command = { kind: 'shell', script: 'true', terminal: false } as const;
const named = {
  capability: probe('capability'),
  file: probe('file'),
  network: probe('network'),
  umount: probe('umount'),
  otherFile: probe('otherFile'),
  unknown: probe('unknown'),
  silent: probe('silent'),
  deniedCommand: probe('deniedCommand', { action: command }),
  allowed: probe('allowed', { expect: { access: 'allowed' } as never }),
  allowedAfterDenial: probe('allowedAfterDenial', { expect: { access: 'allowed' } as never, action: command }),
};
const ENTRIES = [
  ...(['capability', 'file', 'network', 'umount', 'otherFile', 'unknown'] as const).map((id) =>
    entry(named[id], RECORDS[id]),
  ),
  entry(named.silent),
  entry(named.deniedCommand, RECORDS.network),
  entry(named.allowed),
  entry(named.allowedAfterDenial, RECORDS.file),
];
const PROBES = ENTRIES.map(({ probe: one }) => one);
const noticing = new NoticingProbes(Buffer.from('original'), ENTRIES);

function tried(areas: readonly string[] | undefined, widens = true): string[] {
  const movesFile = (name: string): boolean => name === '/etc/passwd';
  const change = areas && { areas: new Set(areas), isOpening: true, newProfiles: [], movesExec: movesFile, movesFile };
  const chosen = noticing.among(PROBES, mutant('1', { widens }), change);
  return chosen.map(({ id }) => id);
}

describe('the probes that are tried under a mutant', () => {
  it('are those that were denied something of its class that is decided otherwise, or that no record names', () => {
    expect(tried(['network'])).to.deep.equal(['network', 'unknown', 'silent', 'deniedCommand']);
    expect(tried(['mount'])).to.deep.equal(['umount', 'unknown', 'silent']);
    expect(tried(['file'])).to.deep.equal(['file', 'unknown', 'silent', 'allowedAfterDenial']);
  });

  it('are also denied commands where it allows a capability, which the kernel records only once', () => {
    expect(tried(['capability'])).to.deep.equal(['capability', 'unknown', 'silent', 'deniedCommand']);
  });

  it('are attempts of a closed class only where that class changes; of a program, where its own name does', () => {
    const of = (name: string, args: readonly string[], kind: string, member: string): Probe =>
      probe(member, {
        action: { kind: 'operation', name, args, words: [name, ...args], class: kind },
        closed: { class: kind === 'file' ? 'exec' : kind, member },
      });
    const attempts = [
      of('capable', ['chown'], 'capability', 'chown'),
      of('exec', ['/etc/passwd'], 'file', 'moved'),
      of('exec', ['/bin/true'], 'file', 'same'),
      named.allowed,
    ];
    const closed = (areas: readonly string[]): string[] =>
      noticing
        .among(attempts, mutant('1', { widens: false }), {
          areas: new Set(areas),
          isOpening: true,
          newProfiles: [],
          movesExec: () => false,
          movesFile: (name) => name === '/etc/passwd',
        })
        .map(({ id }) => id);
    expect(closed(['file'])).to.deep.equal(['moved', 'allowed']);
    expect(closed(['capability'])).to.deep.equal(['chown', 'allowed']);
    expect(closed(['flags'])).to.have.lengthOf(4);
  });

  it('are all where it can also deny, and where its difference is not known', () => {
    const all = PROBES.map(({ id }) => id);
    expect(tried(['network'], false)).to.deep.equal(all);
    expect(tried(undefined)).to.deep.equal(all);
    expect(tried(['flags'])).to.deep.equal(all);
    expect(tried(['policy'])).to.deep.equal(all);
    expect(noticing.changeTo(Buffer.from('mutant'))).to.equal(undefined);
  });
});
