/**
 * The label of a program after exec, and of a process after it changed its own; and the label proof of every probing
 * process.
 */
import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { entry, file, harness, profileText, spec, story } from './kit.ts';
import { loadedProfiles, removeProfile } from '#adapters/kernel/securityfs/loaded-profiles.ts';
import { exec } from '#adapters/host/exec.ts';

/** The profile, with `rules`, a child, a hat, and a second profile in the same file. */
function withOthers(name: string, rules: string): string {
  const body = '    file,\n    signal,\n    capability,\n    network,\n';
  return (
    profileText(name, `${rules}\n  change_profile,\n  profile inner {\n${body}  }\n  hat corner {\n${body}  }`) +
    `profile ${name}-next flags=(attach_disconnected) {\n${body}  change_profile,\n}\n`
  );
}

const EXEC_RULES = `
  /usr/bin/top ix,
  /usr/bin/free px -> moving-next,
  /usr/bin/uptime Px -> moving-next,
  /usr/bin/vmstat cx -> inner,
  /usr/bin/pmap Cx -> inner,
  /usr/bin/w ux,
  /usr/bin/pwdx Ux,`;

describe('exec transitions', () => {
  it('end in the label and mode of the rule, with the environment scrubbed where it says so', async () => {
    // bare file, rules of the kit would conflict with transitions: files are allowed without x
    const text = withOthers('moving', EXEC_RULES).replace('  file,\n', '  /** rwmlk,\n  /{,**/} r,\n');
    const carries = (path: string, label: string, secure: boolean): object => ({
      name: path,
      exec: `/usr/bin/${path}`,
      expect: { access: 'allowed', label, secure, mode: 'enforce' },
    });
    const { ledger, exit } = await harness([
      spec(
        { file: file('moving', text), name: 'moving' },
        [
          carries('top', 'moving', false),
          carries('free', 'moving-next', false),
          carries('uptime', 'moving-next', true),
          carries('vmstat', 'moving//inner', false),
          carries('pmap', 'moving//inner', true),
          { name: 'w', exec: '/usr/bin/w', expect: { access: 'allowed', label: 'unconfined', secure: false } },
          {
            name: 'pwdx',
            exec: '/usr/bin/pwdx',
            expect: { access: 'allowed', label: { matches: '^unconfined$' }, secure: true },
          },
          {
            name: 'without a rule',
            exec: '/usr/bin/slabtop',
            expect: { access: 'denied', audit: { operation: 'exec' } },
          },
          {
            name: 'no_new_privs',
            try: 'exec /usr/bin/free no_new_privs',
            expect: { access: 'denied', errno: 'EPERM', audit: { info: 'no new privs' } },
          },
          {
            name: 'no_new_privs, inherited',
            try: 'exec /usr/bin/top no_new_privs',
            expect: { access: 'allowed', label: 'moving' },
          },
          {
            name: 'change_profile',
            try: 'change_profile moving-next',
            expect: { access: 'allowed', label: 'moving-next', mode: 'enforce' },
          },
          {
            name: 'change_profile, no_new_privs',
            try: 'change_profile moving-next no_new_privs',
            expect: { access: 'denied', errno: 'EPERM', audit: 'none' },
            control: false,
          },
          {
            name: 'change_hat',
            try: 'change_hat corner',
            expect: { access: 'allowed', label: 'moving//corner' },
            control: false,
          },
          {
            name: 'stack',
            try: 'stack moving-next',
            expect: { access: 'allowed', label: 'moving//&moving-next', mode: 'enforce' },
          },
          {
            name: 'exec-as',
            try: 'exec-as moving-next /usr/bin/top',
            expect: { access: 'allowed', label: 'moving-next' },
          },
          {
            name: 'another label than was expected',
            exec: '/usr/bin/top',
            expect: { access: 'allowed', label: 'moving-next' },
          },
          { name: 'not scrubbed as expected', exec: '/usr/bin/free', expect: { access: 'allowed', secure: true } },
          { name: 'another mode', exec: '/usr/bin/free', expect: { access: 'allowed', mode: 'complain' } },
        ],
        { control: true },
      ),
    ]);
    const codes = Object.fromEntries(
      ledger.suites[0]!.entries.map(({ probe, verdict }) => [probe.name, `${verdict.kind} ${verdict.code}`]),
    );
    expect(codes, story(ledger)).to.deep.equal({
      top: 'pass allowed',
      free: 'pass allowed',
      uptime: 'pass allowed',
      vmstat: 'pass allowed',
      pmap: 'pass allowed',
      w: 'pass allowed',
      pwdx: 'pass allowed',
      'without a rule': 'pass denied',
      no_new_privs: 'pass denied',
      'no_new_privs, inherited': 'pass allowed',
      change_profile: 'pass allowed',
      'change_profile, no_new_privs': 'inconclusive no-witness',
      change_hat: 'pass allowed',
      stack: 'pass allowed',
      'exec-as': 'pass allowed',
      'another label than was expected': 'fail other-label',
      'not scrubbed as expected': 'fail other-label',
      'another mode': 'fail other-label',
    });
    expect(exit).to.equal(1);
    expect(entry(ledger, 'pmap').observation?.carried).to.include({
      label: 'moving//inner',
      mode: 'enforce',
      secure: true,
    });
    expect(entry(ledger, 'top').control?.carried).to.include({ label: 'unconfined', secure: false });
  });
});

describe('the label proof', () => {
  it("covers operations and commands, on a terminal and through docker exec, and the kernel's own hash", async () => {
    const { ledger, exit } = await harness([
      spec(
        profileText('proved', '  deny /etc/passwd w,'),
        [
          { name: 'operation', open: '/etc/passwd', for: 'write', expect: 'denied' },
          { name: 'run', run: 'true', expect: 'allowed' },
          { name: 'shell', shell: 'exit 3', expect: { access: 'allowed', exit: 3 } },
          { name: 'other user', run: 'true', user: 'www-data', expect: 'allowed' },
          {
            name: 'terminal',
            run: 'sh -c "test -t 0 && echo seen"',
            terminal: true,
            expect: { access: 'allowed', stdout: { equals: 'seen\r\n' } },
          },
          { name: 'direct', run: 'sleep 8', via: 'docker-exec', timeout: '1m', expect: 'allowed' },
        ],
        { control: true },
      ),
    ]);
    expect(exit, story(ledger)).to.equal(0);
    const suite = ledger.suites[0]!,
      label = `${suite.confinement!.loadedAs} (enforce)`;
    for (const { probe, observation, control } of suite.entries) {
      expect(observation?.process, probe.name).to.include({ label, expected: label });
      expect(observation?.process?.pid, probe.name).to.be.greaterThan(1);
      expect(control?.process, probe.name).to.include({ label: 'unconfined', expected: 'unconfined' });
    }
    const [first, second] = ['run', 'shell'].map((name) => entry(ledger, name).observation?.process?.pid);
    expect(first, 'each command is a process of its own').to.not.equal(second);
    expect(suite.confinement?.kernelHash?.policy).to.equal(suite.confinement?.policySha256);
    expect(suite.confinement?.policyMatchesKernel).to.equal(true);
  });

  it('makes probes inconclusive whose policy is taken away while they run', async () => {
    const running = harness([
      spec(profileText('taken-away', '  deny /etc/passwd w,'), [
        { name: 'before', open: '/etc/passwd', for: 'write', expect: 'denied' },
        { name: 'long', run: 'sleep 8', timeout: '1m', expect: 'allowed' },
        { name: 'operation', open: '/etc/group', for: 'write', expect: 'allowed' },
        { name: 'run', run: 'true', expect: 'allowed' },
        { name: 'terminal', run: 'true', terminal: true, expect: 'allowed' },
      ]),
    ]);
    let name: string | undefined;
    while (name === undefined) {
      await sleep(100);
      name = [...loadedProfiles().keys()].find((one) => one.startsWith('taken-away.'));
    }
    while ((await exec(['pgrep', '-f', '^sleep 8$'])).exit !== 0) await sleep(100);
    removeProfile(name);
    const { ledger, exit } = await running;
    expect(entry(ledger, 'before').verdict.kind, story(ledger)).to.equal('pass');
    expect(
      ledger.suites[0]!.entries.slice(2).map(({ verdict }) => verdict.kind),
      story(ledger),
    ).to.deep.equal(Array(3).fill('inconclusive'));
    expect(
      ledger.suites[0]!.entries.slice(2)
        .map(({ verdict }) => verdict.code)
        .slice(0, 2),
    ).to.deep.equal(['wrong-label', 'wrong-label']);
    expect(ledger.suites[0]!.faults.map(({ code }) => code)).to.include('not-loaded');
    expect(exit).to.be.oneOf([3, 4]);
  });
});
