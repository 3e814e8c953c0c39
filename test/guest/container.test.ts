/** Containers and the agent in them: an empty image, nothing allowed, users, terminals, limits, services that die. */
import { expect } from 'chai';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exec } from '#adapters/host/exec.ts';
import { docker, entry, folder, harness, IMAGE, profileText, spec, story } from './kit.ts';

const EMPTY = 'apparmor-probe/empty:test';

describe('an image with nothing in it', () => {
  before(async () => {
    const made = await exec(['sh', '-c', `tar --create --file=- --files-from=/dev/null | docker import - ${EMPTY}`]);
    expect(made.exit, made.stderr).to.equal(0);
  });
  after(() => docker('rmi', '--force', EMPTY));

  it('is probed under a profile that allows nothing, with a read-only root and no network', async () => {
    const { ledger, exit } = await harness([
      spec(
        'abi <abi/3.0>,\nprofile nothing flags=(attach_disconnected) {\n  signal (receive),\n  /etc/hostname r,\n}\n',
        [
          {
            name: 'denied',
            open: '/etc/hosts',
            expect: {
              access: 'denied',
              errno: 'EACCES',
              audit: { operation: 'open', name: '/etc/hosts', denied_mask: 'r' },
            },
          },
          { name: 'allowed', open: '/etc/hostname', expect: 'allowed' },
          { name: 'mkdir', mkdir: '/dev/shm/x', expect: { access: 'denied', audit: { operation: 'mkdir' } } },
        ],
        { container: { image: EMPTY, hold: undefined, 'read-only': true, network: 'none' } },
      ),
    ]);
    expect(exit, story(ledger)).to.equal(0);
  });
});

describe('commands', () => {
  it('run as the declared user, on a terminal or not, with an empty input, and report how they ended', async () => {
    const { ledger, exit } = await harness([
      spec(
        profileText('plain', ''),
        [
          { name: 'root', run: 'id -un', expect: { access: 'allowed', stdout: 'root' } },
          { name: 'user', run: 'id -un', user: 'www-data', expect: { access: 'allowed', stdout: 'www-data' } },
          {
            name: 'home',
            run: 'echo ~/thing',
            user: 'www-data',
            expect: { access: 'allowed', stdout: '/var/www/thing' },
          },
          { name: 'no terminal', run: 'tty', expect: { access: 'denied', exit: 1 } },
          {
            name: 'terminal',
            run: 'tty',
            terminal: true,
            expect: { access: 'allowed', stdout: { matches: '^/dev/' } },
          },
          { name: 'input', run: 'cat', expect: { access: 'allowed', stdout: { equals: '' } } },
          {
            name: 'words',
            run: 'printf %s: "a b" \'$c\' d\\ e',
            expect: { access: 'allowed', stdout: { equals: 'a b:$c:d e:' } },
          },
          { name: 'status', shell: 'exit 7', expect: { access: 'denied', exit: 7 } },
          { name: 'signal', shell: 'kill -SEGV $$', expect: 'denied' },
        ],
        { control: false },
      ),
    ]);
    expect(exit).to.not.equal(0);
    const code = (name: string): string => entry(ledger, name).verdict.code;
    for (const name of ['root', 'user', 'home', 'terminal', 'input', 'words'])
      expect(code(name), story(ledger)).to.equal('allowed');
    expect(entry(ledger, 'no terminal').observation?.exit).to.equal(1);
    expect(entry(ledger, 'status').observation?.exit).to.equal(7);
    expect(entry(ledger, 'signal').observation?.signal).to.equal('SIGSEGV');
    // nothing denied them, so they do not pass
    expect(['no terminal', 'status', 'signal'].map(code)).to.deep.equal(Array(3).fill('silent-denial'));
  });

  it("show a denial on a terminal too, where ~ is the user's home", async () => {
    const { ledger, exit } = await harness([
      spec(profileText('tty', '  deny /root/** w,\n  deny /dev/** w,'), [
        {
          name: 'touch',
          run: 'touch ~/thing',
          terminal: true,
          expect: { access: 'denied', stdout: 'Permission denied', audit: { operation: 'mknod', name: '/root/thing' } },
        },
      ]),
    ]);
    expect(exit, story(ledger)).to.equal(0);
  });

  it('have their output counted beyond the cap and never compared, and their time limited', async () => {
    const { ledger } = await harness([
      spec(
        profileText('loud', ''),
        [
          { name: 'much', run: 'head -c 3000000 /dev/zero', expect: 'allowed' },
          { name: 'compared', run: 'head -c 3000000 /dev/zero', expect: { access: 'allowed', stdout: 'x' } },
          { name: 'slow', shell: 'setsid sleep 300 & sleep 300', timeout: '1s', expect: 'allowed' },
          { name: 'nothing is left', shell: '! grep -l "^Name:.sleep" /proc/[0-9]*/status', expect: 'allowed' },
        ],
        { control: false },
      ),
    ]);
    expect(entry(ledger, 'much').observation?.stdout).to.include({ bytes: 3_000_000, truncated: true });
    expect(entry(ledger, 'compared').verdict.code).to.equal('output-cut');
    expect(entry(ledger, 'slow').verdict.code).to.equal('timeout');
    expect(entry(ledger, 'nothing is left').verdict.kind, story(ledger)).to.equal('pass');
  });
});

describe('a file that both containers can write', () => {
  it('is executed, written and renamed by both and by two users, never by two at once', async () => {
    const shared = folder();
    chmodSync(shared, 0o777);
    writeFileSync(join(shared, 'program'), '#!/bin/sh\n');
    chmodSync(join(shared, 'program'), 0o777);
    const attempts = [
      { exec: '/shared/program' },
      { open: '/shared/program', for: 'write' },
      { try: 'rename /shared/program /shared/other' },
    ];
    const probes = Array.from({ length: 48 }, (_, i) => ({
      name: `attempt ${i}`,
      ...attempts[i % 3],
      ...(i % 2 === 0 ? {} : { user: 'www-data' }),
      expect: 'allowed',
    }));
    const { ledger, exit } = await harness([
      spec(profileText('sharing', ''), probes, {
        control: true,
        container: { mounts: [{ source: shared, target: '/shared', 'read-only': false }] },
      }),
    ]);
    expect(exit, story(ledger)).to.equal(0);
    expect(
      ledger.suites[0]?.entries.filter(({ control }) => control?.errno !== undefined),
      story(ledger),
    ).to.deep.equal([]);
  });
});

describe('an image that is missing', () => {
  it('is built from a folder with a Dockerfile', async () => {
    const context = folder();
    writeFileSync(join(context, 'Dockerfile'), `FROM ${IMAGE}\nCOPY greeting /greeting\n`);
    writeFileSync(join(context, 'greeting'), 'hello');
    const { ledger, exit } = await harness([
      spec(
        profileText('built', '  deny /greeting w,'),
        [
          { open: '/greeting', expect: 'allowed' },
          { open: '/greeting', for: 'write', expect: 'denied' },
        ],
        { container: { image: 'apparmor-probe/built:test', build: context } },
      ),
    ]);
    await docker('rmi', '--force', 'apparmor-probe/built:test');
    expect(exit, story(ledger)).to.equal(0);
  });
});

describe('a service', () => {
  it('that its profile kills is reported with its last output and the denials before it', async () => {
    const { ledger, exit } = await harness([
      spec(
        profileText('deadly', '  deny /etc/nginx/nginx.conf r,\n  deny /etc/passwd w,'),
        [
          { name: 'page', http: 'http://container/', expect: 'allowed' },
          { name: 'still probed', open: '/etc/passwd', for: 'write', expect: 'denied' },
        ],
        { container: { hold: false }, ready: { http: 'http://container/' } },
      ),
    ]);
    expect(exit).to.equal(1);
    const [suite] = ledger.suites;
    expect(suite?.faults.map(({ code }) => code)).to.deep.equal(['container-exited']);
    expect(suite?.faults[0]?.message).to.match(/nginx\.conf.*Permission denied/);
    expect(suite?.otherRecords.map(({ fields }) => fields['name'])).to.include('/etc/nginx/nginx.conf');
    expect(entry(ledger, 'page').verdict.code).to.equal('service-down');
    expect(entry(ledger, 'still probed').verdict.kind, story(ledger)).to.equal('pass');
  });

  it('that does not work without the profile either is not blamed on the profile', async () => {
    const { ledger, exit } = await harness([
      spec(profileText('fine', ''), [{ open: '/etc/passwd', expect: 'allowed' }], {
        control: true,
        container: { hold: false, command: 'false' },
      }),
    ]);
    expect([exit, ledger.suites[0]!.faults.map(({ code }) => code)]).to.deep.equal([4, ['control-failed']]);
  });
});
