/**
 * Each class that AppArmor mediates: one access that a rule denies, and that is allowed without it. The results become
 * docs/classes.md.
 */
import { expect } from 'chai';
import { mkdirSync, writeFileSync } from 'node:fs';
import { unmediatedClasses } from '#adapters/kernel/mediation.ts';
import type { Entry } from '#core/model/model.ts';
import { exec } from '#adapters/host/exec.ts';
import { blockOf, entry, file, harness, spec, story } from './kit.ts';

interface Case {
  readonly class: string;
  readonly access: string;
  /** Rule of the profile that denies it; the other profile has the second. */
  readonly deny: string;
  readonly allow?: string;
  readonly operation: string;
}

// prettier-ignore
const CASES: readonly Case[] = [
  { class: 'file', access: 'write', deny: 'deny /etc/passwd w,', operation: 'open write /etc/passwd' },
  { class: 'file', access: 'append', deny: 'deny /etc/group a,', operation: 'open append /etc/group' },
  { class: 'file', access: 'create', deny: 'deny /opt/new w,', operation: 'mknod file /opt/new' },
  { class: 'file', access: 'remove', deny: 'deny /etc/issue.net w,', operation: 'unlink /etc/issue.net' },
  { class: 'file', access: 'rename', deny: 'deny /etc/renamed w,', operation: 'rename /etc/host.conf /etc/renamed' },
  { class: 'file', access: 'link', deny: 'deny /opt/linked l,', operation: 'link /etc/issue /opt/linked' },
  { class: 'file', access: 'symlink', deny: 'deny /opt/symlinked w,', operation: 'symlink /etc/issue /opt/symlinked' },
  { class: 'file', access: 'lock', deny: 'deny /etc/issue k,', operation: 'lock flock read /etc/issue' },
  { class: 'file', access: 'map executable', deny: 'deny /usr/bin/free m,', operation: 'mmap /usr/bin/free' },
  { class: 'file', access: 'execute', deny: 'deny /usr/bin/top x,', operation: 'exec /usr/bin/top' },
  { class: 'file', access: 'mode', deny: 'deny /etc/debian_version w,', operation: 'chmod /etc/debian_version' },
  { class: 'capability', access: 'sys_time', deny: 'deny capability sys_time,', operation: 'capable sys_time' },
  { class: 'capability', access: 'sys_boot', deny: 'deny capability sys_boot,', operation: 'capable sys_boot' },
  { class: 'network', access: 'raw socket', deny: 'deny network inet raw,', operation: 'socket inet raw icmp' },
  { class: 'network', access: 'packet socket', deny: 'deny network packet,', operation: 'socket packet dgram' },
  { class: 'mount', access: 'new', deny: 'deny mount fstype=tmpfs,', operation: 'mount tmpfs none /mnt' },
  { class: 'mount', access: 'bind', deny: 'deny mount options=bind,', operation: 'mount "" /etc /mnt bind' },
  { class: 'mount', access: 'umount', deny: 'deny umount /dev/shm/,', operation: 'umount /dev/shm' },
  { class: 'ptrace', access: 'trace', deny: 'deny ptrace trace,', operation: 'ptrace trace child' },
  { class: 'signal', access: 'send', deny: 'deny signal (send) set=(urg),', operation: 'signal urg child' },
  { class: 'rlimit', access: 'nofile', deny: 'set rlimit nofile <= 1024,', allow: '', operation: 'rlimit nofile 4096' },
  { class: 'userns', access: 'create', deny: 'deny userns create,', allow: 'userns,', operation: 'userns' },
  { class: 'io_uring', access: 'sqpoll', deny: 'deny io_uring sqpoll,', allow: 'io_uring,', operation: 'io_uring sqpoll' },
  { class: 'mqueue', access: 'create', deny: 'deny mqueue create /apparmor-probe,', allow: 'mqueue,', operation: 'mqueue create /apparmor-probe' },
  { class: 'dbus', access: 'send', deny: 'deny dbus send,', operation: 'dbus send system org.freedesktop.DBus' },
  { class: 'unix', access: 'connect', deny: 'deny unix (connect) type=stream peer=(label=classes-other),', operation: 'connect unix stream peer other' },
  { class: 'change_profile', access: 'to unconfined', deny: '', allow: 'change_profile -> unconfined,', operation: 'change_profile unconfined' },
];

const OPEN_RULES = [
  ...['network,', 'capability,', 'file,', 'mount,', 'umount,', 'pivot_root,'],
  ...['signal,', 'ptrace,', 'unix,'],
];

const name = (one: Case): string => `${one.class}: ${one.access}`;
/** Newer kernels list it, for bus daemons; no kernel checks it by itself. */
const unasked = (one: Case): boolean => one.class === 'dbus';
let mediated: readonly Case[] = [];
let reasons: ReadonlyMap<string, string>;
let abi = '';

/** The feature ABI is this kernel's own list: no rule is left out because an ABI does not know its class. */
function profile(rules: readonly string[]): string {
  return file('classes', `abi "${abi}",\n${blockOf('classes', [...OPEN_RULES, ...rules])}`);
}

function specFor(rules: readonly string[], access: string, control = true): string {
  return spec(
    { file: profile(rules) },
    CASES.map((one) => ({ name: name(one), try: one.operation, expect: access })),
    {
      control,
      // no such profile is loaded: a permissive placeholder is
      peers: { other: { profile: 'classes-other' } },
      container: { 'cap-add': ['ALL'], 'security-opt': ['seccomp=unconfined', 'systempaths=unconfined'] },
    },
  );
}

describe('each mediated class', () => {
  const rows: Record<string, { denied?: Entry; allowed?: Entry }> = {};

  before(async () => {
    const features = await exec(['aa-features-abi', '--extract']);
    expect(features.exit, features.stderr).to.equal(0);
    abi = file('kernel.abi', features.stdout.toString());
    reasons = await unmediatedClasses(CASES.map((one) => one.class));
    mediated = CASES.filter((one) => !reasons.has(one.class));
  });

  it('is denied by a rule, with its record', async () => {
    const { ledger } = await harness([specFor(mediated.map(({ deny }) => deny).filter(Boolean), 'denied')]);
    for (const one of CASES) rows[name(one)] = { denied: entry(ledger, name(one)) };
    expect(ledger.suites[0]!.faults, story(ledger)).to.deep.equal([]);
  });

  it('is allowed without it', async () => {
    const { ledger } = await harness([
      specFor(
        mediated.flatMap(({ allow }) => (allow === undefined || allow === '' ? [] : [allow])),
        'allowed',
      ),
    ]);
    for (const one of CASES) rows[name(one)]!.allowed = entry(ledger, name(one));
    expect(ledger.suites[0]!.faults, story(ledger)).to.deep.equal([]);
  });

  for (const one of CASES) {
    it(`is denied and allowed as the rules say: ${name(one)}`, () => {
      const { denied, allowed } = rows[name(one)] ?? {};
      const reason = reasons.get(one.class);
      if (reason !== undefined) {
        expect([denied?.verdict.kind, allowed?.verdict.kind], reason).to.deep.equal(['skipped', 'skipped']);
        expect(denied?.verdict.reason).to.equal(reason);
        return;
      }
      const shown = JSON.stringify([denied, allowed], null, 1);
      if (unasked(one)) {
        expect([denied?.verdict.code, allowed?.verdict.code], shown).to.deep.equal(['not-asked', 'not-asked']);
        return;
      }
      expect(denied?.verdict.kind, shown).to.equal('pass');
      expect(
        denied?.witnesses.some(({ by, record }) => by === 'comm' && record.type === 'DENIED'),
        shown,
      ).to.equal(true);
      expect(allowed?.verdict.kind, shown).to.equal('pass');
    });
  }

  // each rule is taken away in one of two profiles and stands in the other: exactly what was taken away is red
  for (const [which, odd] of [
    ['every second rule', 0],
    ['the others', 1],
  ] as const) {
    it(`is red when its rule is weakened: ${which}`, async () => {
      const weakened = (one: Case): boolean => mediated.indexOf(one) % 2 === odd;
      const rules = mediated.map((one) => (weakened(one) ? (one.allow ?? '') : one.deny)).filter(Boolean);
      const { ledger } = await harness([specFor(rules, 'denied', false)]);
      expect(ledger.suites[0]!.faults, story(ledger)).to.deep.equal([]);
      const codes = Object.fromEntries(mediated.map((one) => [name(one), entry(ledger, name(one)).verdict.code]));
      const wanted = (one: Case): string => {
        if (unasked(one)) return 'not-asked';
        return weakened(one) ? 'let-through' : 'denied';
      };
      expect(codes).to.deep.equal(Object.fromEntries(mediated.map((one) => [name(one), wanted(one)])));
    });
  }

  after(() => {
    mkdirSync('/run/results', { recursive: true });
    writeFileSync(
      '/run/results/classes.json',
      JSON.stringify(
        CASES.map((one) => ({
          class: one.class,
          access: one.access,
          rule: one.deny,
          operation: one.operation,
          denied: rows[name(one)]?.denied?.verdict,
          allowed: rows[name(one)]?.allowed?.verdict,
          record: rows[name(one)]?.denied?.witnesses[0]?.record.fields['operation'],
        })),
        null,
        1,
      ),
    );
  });
});
