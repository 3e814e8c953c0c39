/** The arm64 agent under qemu-user, which comes from Debian as the toolchain does: the same codec, the same answers. */
import { expect } from 'chai';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { extractTree } from '#adapters/lab/image/tools.ts';
import { errnoName } from '#core/model/linux.ts';
import { encodeOp } from '#adapters/probe/agent-protocol.ts';
import { command, AGENT, results, talk, withFolder } from './helper.ts';

describe('agent: arm64', function () {
  this.timeout(180_000);
  let argv: readonly string[] = [];

  before(async () => {
    // A machine that has emulation installed is served by it; others fetch it once into their cache. It is static.
    const installed = '/usr/bin/qemu-aarch64';
    const own = await access(installed).then(
      () => true,
      () => false,
    );
    const qemu = own
      ? installed
      : join(await extractTree('qemu-user', ['qemu-user'], 'trixie'), 'usr/bin/qemu-aarch64');
    argv = [qemu, join(AGENT, '..', 'agent-aarch64')];
  });

  it('serves operations and commands', () =>
    withFolder(async (folder) => {
      const session = await talk(
        [
          encodeOp({ tag: 'p1', name: 'open', args: ['read', '/nowhere'] }),
          encodeOp({ tag: 'p2', name: 'open', args: ['create', join(folder, 'new')] }),
          encodeOp({ tag: 'p3', name: 'mkdir', args: [folder] }),
          encodeOp({ tag: 'p4', name: 'unlink', args: [join(folder, 'missing')], isolated: true }),
          encodeOp({ tag: 'p5', name: 'exec', args: ['/etc/passwd'] }),
          command({
            tag: 'p6',
            timeoutMs: 20_000,
            capBytes: 100,
            argv: ['sh', '-c', 'echo out; echo err >&2; exit 5'],
          }),
          command({ tag: 'p7', timeoutMs: 20_000, capBytes: 100, argv: ['sh', '-c', 'kill -TERM $$'] }),
          command({ tag: 'p8', timeoutMs: 20_000, capBytes: 100, argv: ['no-such-program'] }),
          command({ tag: 'p9', timeoutMs: 500, capBytes: 100, argv: ['sleep', '30'] }),
        ],
        { argv: [...argv, 'serve'] },
      );
      expect(session.frames[0]).to.include({ type: 'hello' });
      const got = results(session).map(
        (result) =>
          `${result.tag} ${result.stage} ${errnoName(result.errno) ?? 'ok'} ${String(result.exit)} ${result.signal}`,
      );
      expect(got).to.deep.equal([
        'p1 done ENOENT undefined 0',
        'p2 done ok undefined 0',
        'p3 done EEXIST undefined 0',
        'p4 done ENOENT undefined 0',
        'p5 done EACCES undefined 0',
        'p6 done ok 5 0',
        'p7 done ok undefined 15',
        'p8 exec ENOENT undefined 0',
        'p9 timeout ok undefined 9',
      ]);
      const output = session.frames.flatMap((frame) =>
        frame.type === 'output' ? [`${frame.stream} ${frame.data.toString()}`] : [],
      );
      expect(output).to.have.members(['stdout out\n', 'stderr err\n']);
      expect(session.exit).to.equal(0);
    }));

  // Numbers and flags differ between the architectures. What the emulator does not pass on (ptrace, io_uring, bpf,
  // perf) is left out.
  it('makes the same system calls as the agent for x86-64', () =>
    withFolder(async (folder) => {
      writeFileSync(join(folder, 'file'), 'content');
      mkdirSync(join(folder, 'dir'));
      const lines = [
        'open read,write,truncate ~/file',
        'open read,create ~/new',
        'readdir ~',
        'readdir ~/file',
        'getattr ~/file',
        'delete ~/file',
        'delete ~/dir',
        'rename ~/file ~/renamed',
        'link ~/file ~/linked',
        'symlink x ~/linked',
        'mknod char ~/node',
        'chmod ~/file',
        'chown ~/file',
        'utimens ~/file',
        'getxattr ~/file',
        'setxattr ~/file',
        'truncate ~/file',
        'lock fcntl write ~/file',
        'lock flock read ~/file',
        'mmap ~/file',
        'mprotect ~/file',
        'socket 2 3 1',
        'bind 1 1 ~/socket',
        'accept 2 1 -',
        'connect 10 1 -',
        'receive 1 1',
        'receive 2 2',
        'receive-fd ~/file',
        'getpeername 2 1',
        'shutdown 2 1',
        'getsockopt 2 1',
        'setsockopt 2 1',
        'umount /proc',
        'pivot_root ~ ~/dir',
        'fsmount tmpfs ~/dir',
        'open_tree ~ ~/dir',
        'signal 0 child',
        'rlimit nofile 100',
        'mqueue create /apparmor-probe-arm64',
        ...[
          'chown',
          'dac_override',
          'dac_read_search',
          'fowner',
          'fsetid',
          'kill',
          'setuid',
          'setpcap',
          'ipc_lock',
          'ipc_owner',
          'sys_chroot',
          'sys_boot',
          'sys_nice',
          'sys_time',
          'sys_tty_config',
          'mknod ~/node',
          'lease',
          'setfcap',
          'syslog',
        ].map((name) => `capable ${name}`),
      ];
      const session = await talk(
        lines.map((line) => {
          const [name = '', ...args] = line.split(' ').map((word) => (word === '-' ? '' : word.replace(/^~/, folder)));
          return encodeOp({ tag: 'p1', name, args });
        }),
        { argv: [...argv, 'serve'] },
      );
      expect(
        results(session).map((result, at) => `${lines[at] ?? ''}: ${errnoName(result.errno) ?? 'ok'}`),
      ).to.deep.equal(lines.map((line) => `${line}: ${line === 'readdir ~/file' ? 'ENOTDIR' : 'ok'}`));
      expect(readdirSync(folder).sort()).to.deep.equal(['dir', 'file']);
      expect(readFileSync(join(folder, 'file'), 'utf8')).to.equal('content');
    }));

  it('refuses a request that makes no sense', async () => {
    expect(await talk([Buffer.from([255, 255, 255, 255])], { raw: true, argv: [...argv, 'serve'] })).to.include({
      exit: 70,
    });
    expect(await talk([], { raw: true, argv: [...argv, 'nonsense'] })).to.include({ exit: 64 });
  });
});
