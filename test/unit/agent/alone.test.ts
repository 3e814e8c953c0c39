/** The agent needs nothing: no file, no library, no writable place. */
import { expect } from 'chai';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { extractTree, treeArgv } from '#adapters/lab/image/tools.ts';
import { exec } from '#adapters/host/exec.ts';
import { errnoName } from '#core/model/linux.ts';
import { encodeHello, encodeOp } from '#adapters/probe/agent-protocol.ts';
import { command, AGENT, results, talk, TOKEN, withFolder } from './helper.ts';

/** A root file system with nothing in it but the agent, read-only for the user who runs it. */
function emptyRoot(folder: string): readonly string[] {
  chmodSync(folder, 0o755);
  const root = join(folder, 'root');
  mkdirSync(root);
  copyFileSync(AGENT, join(root, 'agent'));
  chmodSync(join(root, 'agent'), 0o555);
  chmodSync(root, 0o555);
  return ['/usr/sbin/chroot', '--userspec=65534:65534', '--groups=', root, '/agent'];
}

describe('agent: alone in an empty root file system', () => {
  it('serves operations and commands', () =>
    withFolder(async (folder) => {
      const session = await talk(
        [
          encodeOp({ tag: 'p1', name: 'open', args: ['read', '/dev/null'] }),
          encodeOp({ tag: 'p2', name: 'open', args: ['read', '/agent'] }),
          encodeOp({ tag: 'p3', name: 'open', args: ['create', '/new'] }),
          encodeOp({ tag: 'p4', name: 'exec', args: ['/agent'] }),
          encodeOp({ tag: 'p5', name: 'exec', args: ['/bin/sh'], isolated: true }),
          command({ tag: 'p6', timeoutMs: 1000, capBytes: 100, argv: ['true'] }),
          command({ tag: 'p7', timeoutMs: 1000, capBytes: 100, argv: ['/agent', 'nonsense'] }),
          command({ tag: 'p8', timeoutMs: 100, capBytes: 100, argv: ['/agent', 'keep-alive'] }),
          command({ tag: 'p9', timeoutMs: 1000, capBytes: 100, argv: ['/agent', 'serve'] }),
        ],
        { argv: [...emptyRoot(folder), 'serve'] },
      );
      const got = results(session).map(
        (result) => `${result.tag} ${result.stage} ${errnoName(result.errno) ?? 'ok'} ${result.exit ?? result.signal}`,
      );
      expect(got).to.deep.equal([
        'p1 done ENOENT 0',
        'p2 done ok 0',
        'p3 done EACCES 0',
        'p4 done ok 0',
        'p5 done ENOENT 0',
        'p6 exec ENOENT 0',
        'p7 done ok 64',
        'p8 timeout ok 9',
        'p9 done ok 0',
      ]);
      expect(session.exit).to.equal(0);
    }));

  it('has no file names in it but those of operations, and the default search path', () => {
    const asked = [
      '/proc/', // and the number of the process: attr/apparmor/current
      '/proc/self',
      '/proc/self/fd/',
      '/proc/self/fdinfo/',
      '/proc/self/ns/pid',
      '/proc/thread-self',
      '/sys/kernel/security/apparmor/.remove',
    ];
    for (const name of readdirSync(join(AGENT, '..')).filter((file) => file.startsWith('agent-'))) {
      const paths =
        readFileSync(join(AGENT, '..', name))
          .toString('latin1')
          .match(/\/[a-zA-Z][\x20-\x7e]*/g) ?? [];
      expect(
        paths.filter((path) => /dev|proc|sys|tmp|etc|home|work/.test(path)),
        name,
      ).to.have.members(asked);
      expect(paths, name).to.include('/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin');
    }
  });

  it('is static, with no segment both writable and executable', async () => {
    for (const name of ['agent-x86_64', 'agent-aarch64']) {
      const shown = (await exec(['readelf', '-lW', join(AGENT, '..', name)])).stdout.toString();
      expect(shown, name)
        .to.match(/EXEC/)
        .and.not.match(/INTERP|DYNAMIC|RWE/);
      expect(shown, name).to.match(/GNU_STACK .* RW /);
    }
  });
});

describe('agent: its own system calls', () => {
  it('are few, and none opens a file or sends a signal', async function () {
    this.timeout(180_000);
    // a fixed one, the same everywhere
    const strace = treeArgv(await extractTree('strace', ['strace'], 'trixie'), 'usr/bin/strace', []);
    await withFolder(async (folder) => {
      const log = join(folder, 'log');
      const requests = [
        encodeOp({ tag: 'tag-op', name: 'mkdir', args: ['/nowhere/x'] }),
        encodeOp({ tag: 'tag-exec', name: 'exec', args: ['/bin/true'] }),
        command({ tag: 'tag-run', timeoutMs: 150, capBytes: 100, argv: ['/bin/sh', '-c', 'setsid sleep 5 & sleep 5'] }),
      ];
      const traced = await exec([...strace, '-f', '-qq', '-o', log, AGENT, 'serve'], {
        input: Buffer.concat([encodeHello(TOKEN), ...requests]),
        env: { PATH: '/usr/bin:/bin' },
      });
      expect(traced.exit, traced.stderr).to.equal(0);
      const lines = readFileSync(log, 'utf8').trim().split('\n');
      const agent = /^\d+/.exec(lines[0] ?? '')?.[0] ?? '';
      const own = lines
        .filter((line) => line.startsWith(`${agent} `))
        .map((line) => /^\d+ +(?:<\.\.\. )?(\w+)/.exec(line)?.[1] ?? '')
        .filter((call) => call !== '');
      const allowed = [
        'execve',
        'rt_sigaction',
        'rt_sigprocmask',
        'close_range',
        'prctl',
        'fcntl',
        'signalfd4',
        'read',
        'write',
        'getpid',
        'getuid',
        'getgid',
        'mkdirat',
        'pipe2',
        'clone',
        'close',
        'wait4',
        'waitid',
        'ppoll',
        'clock_gettime',
        'exit_group',
      ];
      expect([...new Set(own)].filter((call) => !allowed.includes(call))).to.deep.equal([]);
      expect(own.filter((call) => call === 'execve')).to.have.length(1);

      // The process that makes an access sets the name that the kernel writes into audit records before it does.
      const order = (tag: string, call: RegExp): void => {
        const made = lines.findIndex((line) => call.test(line));
        const pid = /^\d+/.exec(lines[made] ?? '')?.[0] ?? 'none';
        const named = lines.findLastIndex(
          (line, at) => at < made && line.startsWith(`${pid} `) && line.includes(`prctl(PR_SET_NAME, "${tag}"`),
        );
        expect(named, tag).to.be.greaterThan(-1);
        expect(made, `${tag}: ${String(call)}`).to.be.greaterThan(-1);
        expect(
          lines.slice(named + 1, made).some((line) => line.startsWith(`${pid} `) && line.includes('PR_SET_NAME')),
          tag,
        ).to.equal(false);
      };
      order('tag-op', /mkdirat\(.*"\/nowhere\/x"/);
      order('tag-exec', /execve\("\/bin\/true"/);
      order('tag-run', /execve\("\/bin\/sh"/);
    });
  });
});
