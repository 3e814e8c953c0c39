import { expect } from 'chai';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { exec } from '#adapters/host/exec.ts';
import { errnoName } from '#core/model/linux.ts';
import { encodeOp, type ResultFrame } from '#adapters/probe/agent-protocol.ts';
import { AGENT, op, results, run, talk, withFolder } from './helper.ts';

const shown = (result: ResultFrame): string => `${result.stage} ${errnoName(result.errno) ?? 'ok'}`;

describe('agent: open', () => {
  it('opens what is there in every mode and changes nothing', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'file');
      writeFileSync(file, 'content');
      for (const mode of ['read', 'write', 'append', 'create']) {
        const result = await op('open', mode, file);
        expect(shown(result), mode).to.equal('done ok');
        expect(result).to.include({ tag: 'p1', remark: '', exit: undefined, signal: 0, killErrno: 0, undoErrno: 0 });
      }
      expect(readFileSync(file, 'utf8')).to.equal('content');
    }));

  it('says why not', () =>
    withFolder(async (folder) => {
      symlinkSync('loop', join(folder, 'loop'));
      expect(shown(await op('open', 'read', join(folder, 'missing')))).to.equal('done ENOENT');
      expect(shown(await op('open', 'write', folder))).to.equal('done EISDIR');
      expect(shown(await op('open', 'create', folder))).to.equal('done EISDIR');
      expect(shown(await op('open', 'read', join(folder, 'loop')))).to.equal('done ELOOP');
      expect(shown(await op('open', 'create', join(folder, 'missing', 'file')))).to.equal('done ENOENT');
      expect(shown(await op('open', 'read', `/${'x'.repeat(300)}`))).to.equal('done ENAMETOOLONG');
      expect(shown(await op('open', 'read', ''))).to.equal('done ENOENT');
    }));

  it('removes what it created', () =>
    withFolder(async (folder) => {
      const result = await op('open', 'create', join(folder, 'new'));
      expect(shown(result)).to.equal('done ok');
      expect(result).to.include({ undoErrno: 0, remark: '' });
      expect(existsSync(join(folder, 'new'))).to.equal(false);
    }));

  it('takes away what it filled a dangling link with, and leaves the link', () =>
    withFolder(async (folder) => {
      symlinkSync('target', join(folder, 'link'));
      symlinkSync('link', join(folder, 'to-link'));
      const result = await op('open', 'create', join(folder, 'to-link'));
      expect(shown(result)).to.equal('done ok');
      expect(result).to.include({ undoErrno: 0, remark: '' });
      expect(existsSync(join(folder, 'target'))).to.equal(false);
      expect(lstatSync(join(folder, 'link')).isSymbolicLink()).to.equal(true);
    }));

  it('never waits for the other end of a fifo', () =>
    withFolder(async (folder) => {
      const fifo = join(folder, 'fifo');
      await exec(['mkfifo', fifo]);
      expect(shown(await op('open', 'read', fifo))).to.equal('done ok');
      expect(shown(await op('open', 'write', fifo))).to.equal('done ENXIO');
    }));
});

describe('agent: unlink and mkdir', () => {
  it('unlink takes its effect', () =>
    withFolder(async (folder) => {
      writeFileSync(join(folder, 'file'), '');
      expect(shown(await op('unlink', join(folder, 'file')))).to.equal('done ok');
      expect(existsSync(join(folder, 'file'))).to.equal(false);
      expect(shown(await op('unlink', join(folder, 'file')))).to.equal('done ENOENT');
      expect(shown(await op('unlink', folder))).to.equal('done EISDIR');
    }));

  it('mkdir is taken back', () =>
    withFolder(async (folder) => {
      const result = await op('mkdir', join(folder, 'new'));
      expect(shown(result)).to.equal('done ok');
      expect(result).to.include({ undoErrno: 0, remark: '' });
      expect(existsSync(join(folder, 'new'))).to.equal(false);
      expect(shown(await op('mkdir', folder))).to.equal('done EEXIST');
      expect(shown(await op('mkdir', join(folder, 'a', 'b')))).to.equal('done ENOENT');
    }));

  it('mkdir and open succeed when they cannot be undone, and say so', () =>
    withFolder(async (folder) => {
      // Append-only folders let files be made and not be removed.
      const set = await exec(['chattr', '+a', folder]);
      expect(set.exit, `chattr: ${set.stderr}`).to.equal(0);
      try {
        const made = await op('mkdir', join(folder, 'stays'));
        const created = await op('open', 'create', join(folder, 'file'));
        expect(shown(made)).to.equal('done ok');
        expect(made).to.include({ undoErrno: constants.errno.EPERM, remark: '' });
        expect(created).to.include({ undoErrno: constants.errno.EPERM, remark: '' });
      } finally {
        await exec(['chattr', '-a', folder]);
      }
    }));
});

describe('agent: exec tries the access, not the effect', () => {
  const first = (target: string): string => `
    static long sys(long n, long a, long b, long c, long d) {
      register long r10 __asm__("r10") = d;
      long r;
      __asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
      return r;
    }
    static const char path[] = ${JSON.stringify(target)};
    void _start(void) { sys(257, -100, (long)path, 0101, 0600); sys(60, 0, 0, 0, 0); for (;;) ; }`;

  const constructor = (target: string): string => `
    #include <fcntl.h>
    __attribute__((constructor)) static void early(void) { creat(${JSON.stringify(target)}, 0600); }
    int main(void) { return 0; }`;

  async function gcc(folder: string, name: string, source: string, ...flags: string[]): Promise<string> {
    const file = join(folder, name);
    writeFileSync(`${file}.c`, source);
    const built = await exec(['gcc', '-O1', ...flags, `${file}.c`, '-o', file]);
    expect(built.exit, built.stderr).to.equal(0);
    return file;
  }

  const BARE = ['-nostdlib', '-ffreestanding', '-fno-stack-protector'];
  const kinds: [string, (folder: string, effect: string) => Promise<string>][] = [
    ['static', (folder, effect) => gcc(folder, 'static', first(effect), ...BARE, '-static', '-no-pie')],
    [
      'static, one page, tiny',
      (folder, effect) => gcc(folder, 'tiny', first(effect), ...BARE, '-static', '-no-pie', '-Wl,-N', '-s'),
    ],
    ['static PIE', (folder, effect) => gcc(folder, 'pie', first(effect), ...BARE, '-static-pie')],
    ['dynamic', (folder, effect) => gcc(folder, 'dynamic', constructor(effect))],
    [
      'script',
      (folder, effect) => {
        const file = join(folder, 'script');
        writeFileSync(file, `#!/bin/sh\n: >${effect}\n`, { mode: 0o755 });
        return Promise.resolve(file);
      },
    ],
    [
      'script whose interpreter is static',
      async (folder, effect) => {
        const interpreter = await gcc(folder, 'interpreter', first(effect), ...BARE, '-static', '-no-pie');
        const file = join(folder, 'script2');
        writeFileSync(file, `#!${interpreter} argument\n`, { mode: 0o755 });
        return file;
      },
    ],
    [
      'set-user-id',
      async (folder, effect) => {
        const file = await gcc(folder, 'suid', first(effect), ...BARE, '-static', '-no-pie');
        chmodSync(file, 0o4755);
        return file;
      },
    ],
  ];

  for (const [kind, make] of kinds) {
    it(`permits a program without running one instruction: ${kind}`, () =>
      withFolder(async (folder) => {
        const effect = join(folder, 'effect');
        const program = await make(folder, effect);
        expect(shown(await op('exec', program))).to.equal('done ok');
        expect(existsSync(effect), 'the program ran').to.equal(false);
        expect((await run([program])).exit).to.equal(0);
        expect(existsSync(effect), 'the program does not show that it runs').to.equal(true);
      }));
  }

  it('says why not', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'file');
      writeFileSync(file, 'no format\n', { mode: 0o644 });
      expect(shown(await op('exec', file))).to.equal('done EACCES');
      chmodSync(file, 0o755);
      expect(shown(await op('exec', file))).to.equal('done ENOEXEC');
      writeFileSync(file, '#!/no/interpreter\n');
      expect(shown(await op('exec', file))).to.equal('done ENOENT');
      expect(shown(await op('exec', join(folder, 'missing')))).to.equal('done ENOENT');
      expect(shown(await op('exec', folder))).to.equal('done EACCES');
    }));

  it('asks for a path of almost a page before the argument space is asked for', () =>
    withFolder(async (folder) => {
      let deep = folder;
      while (deep.length < 3700) deep = join(deep, 'd'.repeat(200));
      mkdirSync(deep, { recursive: true });
      const file = join(deep, 'f'.repeat(200));
      writeFileSync(file, readFileSync('/bin/true'), { mode: 0o755 });
      expect(shown(await op('exec', file))).to.equal('done ok');
      chmodSync(file, 0o644);
      expect(shown(await op('exec', file))).to.equal('done EACCES');
    }));

  it('works where stack and core limits are odd', async () => {
    const session = await talk([encodeOp({ tag: 'p1', name: 'exec', args: ['/bin/true'] })], {
      argv: ['sh', '-c', 'ulimit -c 0; ulimit -s 64; exec "$0" serve', AGENT],
    });
    expect(results(session).map(shown)).to.deep.equal(['done ok']);
  });

  it('leaves no core', () =>
    withFolder(async (folder) => {
      await talk([encodeOp({ tag: 'p1', name: 'exec', args: ['/bin/true'] })], {
        cwd: folder,
        argv: ['sh', '-c', 'ulimit -c unlimited; exec "$0" serve', AGENT],
      });
      const made = await exec(['ls', '-A', folder]);
      expect(made.stdout.toString()).to.equal('');
    }));
});

describe('agent: operations as such', () => {
  it('name the step that failed', async () => {
    const asNobody = { argv: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', AGENT, 'serve'] };
    const request = encodeOp({ tag: 'p1', name: 'fsmount', args: ['tmpfs', '/'] });
    const [result] = results(await talk([request], asNobody));
    expect(result).to.include({
      errno: constants.errno.EPERM,
      stoppedAt: 'capability sys_admin',
    });
  });

  it('name a step within a step first', async () => {
    const { stoppedAt } = await op('exec-loader', '/bin/true', '/nowhere');
    expect(stoppedAt).to.equal('open for the program');
  });

  it('take their effect in a child as well', () =>
    withFolder(async (folder) => {
      writeFileSync(join(folder, 'file'), '');
      const requests = [
        ['open', 'read', '/nowhere'],
        ['mkdir', join(folder, 'new')],
        ['unlink', join(folder, 'file')],
        ['exec', '/bin/true'],
      ].map(([name = '', ...args], at) => encodeOp({ tag: `p${at}`, name, args, isolated: true }));
      expect(results(await talk(requests)).map(shown)).to.deep.equal(['done ENOENT', 'done ok', 'done ok', 'done ok']);
      expect(existsSync(join(folder, 'file'))).to.equal(false);
    }));

  it('see an ordinary /proc/self in a child, and a hidden one in the agent', async () => {
    const asNobody = { argv: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', AGENT, 'serve'] };
    const at = (isolated: boolean): Buffer =>
      encodeOp({ tag: 'p1', name: 'open', args: ['read', '/proc/self/environ'], isolated });
    expect(results(await talk([at(false), at(true)], asNobody)).map(shown)).to.deep.equal(['done EACCES', 'done ok']);
  });

  it('obey file modes for an ordinary user', () =>
    withFolder(async (folder) => {
      chmodSync(folder, 0o755);
      writeFileSync(join(folder, 'file'), '', { mode: 0o600 });
      const asNobody = { argv: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', AGENT, 'serve'] };
      const requests = [
        ['open', 'read', join(folder, 'file')],
        ['open', 'create', join(folder, 'new')],
        ['unlink', join(folder, 'file')],
        ['mkdir', join(folder, 'd')],
      ].map(([name = '', ...args]) => encodeOp({ tag: 'p1', name, args }));
      const session = await talk(requests, asNobody);
      expect(results(session).map(shown)).to.deep.equal(['done EACCES', 'done EACCES', 'done EACCES', 'done EACCES']);
      expect(statSync(join(folder, 'file')).size).to.equal(0);
    }));

  it('set the thread name to the tag', async () => {
    const names: string[] = [];
    const tags = ['p1', 'fifteen-bytes-x'];
    for (const tag of tags) {
      await talk([encodeOp({ tag, name: 'open', args: ['read', '/nowhere'] })], {
        openFor: 1,
        onFrame: (frame, pid) => {
          if (frame.type === 'result') names.push(readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
        },
      });
    }
    expect(names).to.deep.equal(tags);
  });

  it('come back in order, 5,000 opens in one go', async function () {
    const requests = Array.from({ length: 5000 }, (_, at) =>
      encodeOp({ tag: `p${at}`, name: 'open', args: ['read', at % 2 === 0 ? '/nowhere' : '/etc/passwd'] }),
    );
    const all = results(await talk(requests));
    expect(all.map((result) => result.tag)).to.deep.equal(Array.from({ length: 5000 }, (_, at) => `p${at}`));
    expect(all.every((result, at) => result.errno === (at % 2 === 0 ? 2 : 0))).to.equal(true);
  });
});

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

describe('agent: a child that makes an attempt', () => {
  const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', AGENT, 'serve'];

  it('is closed to others of its user, who could write into its report', () =>
    withFolder(async (folder) => {
      chmodSync(folder, 0o777);
      const source = join(folder, 'source');
      writeFileSync(source, Buffer.alloc(48 << 20)); // to copy it takes a while
      const owners = new Set<number>();
      const lookAt = (pid: number): void => {
        try {
          for (const child of childrenOf(pid)) owners.add(statSync(`/proc/${child}/fd`).uid);
        } catch {
          // it has ended
        }
      };
      let timer: NodeJS.Timeout | undefined;
      const request = encodeOp({ tag: 'p1', name: 'exec-copy', args: [source, join(folder, 'copy')], isolated: true });
      const session = await talk([], {
        argv: asNobody,
        openFor: 1,
        onFrame: ({ type }, pid, send) => {
          if (type !== 'hello') return;
          timer = setInterval(() => {
            lookAt(pid);
          }, 1);
          send(request);
        },
      });
      clearInterval(timer);
      expect(results(session)).to.have.length(1);
      expect([...owners]).to.deep.equal([0]);
    }));

  it('passes none of that on to a target, which is open to be traced', async () => {
    const descriptors = new Set<string>();
    const lookAt = (pid: number): void => {
      try {
        for (const child of childrenOf(pid))
          for (const target of childrenOf(child)) {
            const folder = `/proc/${target}/fd`;
            if (statSync(folder).uid === 65534)
              for (const descriptor of readdirSync(folder)) descriptors.add(descriptor);
          }
      } catch {
        // it has ended
      }
    };
    const requests = Array.from({ length: 300 }, (_, i) =>
      encodeOp({ tag: `p${i}`, name: 'signal', args: ['0', 'child'] }),
    );
    let timer: NodeJS.Timeout | undefined;
    await talk([], {
      argv: asNobody,
      openFor: requests.length,
      onFrame: ({ type }, pid, send) => {
        if (type !== 'hello') return;
        timer = setInterval(() => {
          for (let i = 0; i < 20; i += 1) lookAt(pid);
        });
        send(Buffer.concat(requests));
      },
    });
    clearInterval(timer);
    expect([...descriptors].sort()).to.deep.equal(['0', '1']); // fewer, one by one, while it ends
  });

  it('is open to itself where a path leads through its own folder of /proc', async () => {
    const request = encodeOp({ tag: 'p1', name: 'open', args: ['read', '/proc/self/environ'], isolated: true });
    const [result] = results(await talk([request], { argv: asNobody }));
    expect(result && shown(result)).to.equal('done ok');
  });
});

describe('agent: exec', () => {
  it('takes no SIGSEGV of others for a permission', async () => {
    const script = 'kill -SEGV $PPID; sleep 0.1; echo alive';
    expect((await run(['sh', '-c', script])).out).to.equal('alive\n');
    expect(shown(await op('exec', '/usr/bin/true'))).to.equal('done ok');
  });
});
