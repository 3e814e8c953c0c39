import { expect } from 'chai';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exec } from '#adapters/host/exec.ts';
import { errnoName, signalName } from '#core/model/linux.ts';
import { observed } from '#adapters/probe/captured-output.ts';
import { encodeGo, encodeHello, encodeOp, encodeRun, encodeStop } from '#adapters/probe/agent-protocol.ts';
import { command, AGENT, results, run, talk, TOKEN, withFolder } from './helper.ts';

const sh = (script: string): string[] => ['/bin/sh', '-c', script];

/** Processes on this machine whose command line carries the mark. */
function alive(mark: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return pid !== process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark);
      } catch {
        return false;
      }
    });
}

/** A number of seconds that no other process sleeps for. */
let marks = 0;
const mark = (): string => `${1000 + marks++}.${process.pid}`;

describe('agent: run, how it ended', () => {
  it('reports the exit status', async () => {
    expect(await run(['true'])).to.include({ stage: 'done', errno: 0, exit: 0, signal: 0, killErrno: 0, remark: '' });
    expect((await run(sh('exit 7'))).exit).to.equal(7);
    expect((await run(sh('exit 255'))).exit).to.equal(255);
  });

  it('reports the signal', async () => {
    const result = await run(sh('kill -TERM $$'));
    expect(result).to.include({ stage: 'done', exit: undefined, signal: constants.signals.SIGTERM });
    expect(signalName(result.signal)).to.equal('SIGTERM');
    expect(await run(sh('kill -KILL $$'))).to.include({ stage: 'done', signal: constants.signals.SIGKILL });
  });

  it('reports why a program could not be started', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'file');
      const why = async (argv: string[]): Promise<string> => {
        const result = await run(argv);
        expect(result.exit).to.equal(undefined);
        return `${result.stage} ${errnoName(result.errno) ?? 'ok'}${result.remark === '' ? '' : `: ${result.remark}`}`;
      };
      expect(await why(['no-such-program'])).to.equal('exec ENOENT');
      expect(await why([file])).to.equal('exec ENOENT');
      expect(await why([''])).to.equal('exec ENOENT');
      writeFileSync(file, 'text without a format\n', { mode: 0o644 });
      expect(await why([file])).to.equal('exec EACCES');
      expect(await why([folder])).to.equal('exec EACCES');
      chmodSync(file, 0o755);
      expect(await why([file])).to.equal('exec ENOEXEC');
    }));

  it('looks through PATH as execvp does', () =>
    withFolder(async (folder) => {
      writeFileSync(join(folder, 'prog'), 'x', { mode: 0o644 });
      const paths = async (path: string, name = 'prog'): Promise<string> => {
        const result = await run([name], {}, { cwd: folder, env: { PATH: path } });
        return result.stage === 'exec' ? (errnoName(result.errno) ?? '') : `exit ${String(result.exit)}`;
      };
      expect(await paths(`${folder}:/usr/bin:/nowhere`)).to.equal(
        'EACCES',
        'a refusal is remembered over what follows',
      );
      expect(await paths(`/etc/passwd:${folder}/missing`)).to.match(/ENOTDIR|ENOENT/);
      expect(await paths(`${folder}:/usr/bin`, 'true')).to.equal('exit 0');
      writeFileSync(join(folder, 'prog'), '#!/bin/sh\nexit 3\n');
      chmodSync(join(folder, 'prog'), 0o755);
      expect(await paths(`/nowhere:${folder}`)).to.equal('exit 3');
      expect(await paths('')).to.equal('exit 3', 'an empty entry is the working directory');
      expect(await paths('/nowhere:')).to.equal('exit 3');
      expect((await run(['true'], {}, { env: {} })).exit).to.equal(0);
    }));

  it('starts a script', () =>
    withFolder(async (folder) => {
      writeFileSync(join(folder, 'script'), '#!/bin/sh\necho "$1" "$0"\n', { mode: 0o755 });
      expect((await run([join(folder, 'script'), 'argument'])).out).to.equal(`argument ${folder}/script\n`);
    }));
});

describe('agent: run, what the command finds', () => {
  it("is empty input, the agent's directory and environment", () =>
    withFolder(async (folder) => {
      const result = await run(
        sh('wc -c; pwd; echo "$WORD"'),
        {},
        { cwd: folder, env: { PATH: '/usr/bin:/bin', WORD: 'given' } },
      );
      expect(result.out).to.equal(`0\n${folder}\ngiven\n`);
    }));

  it('is three descriptors, default signals and a session of its own', async () => {
    const result = await run(
      sh('ls /proc/self/fd; cat /proc/self/status; ps -o sid=,pgid= -p $$; echo $$'),
      {},
      { argv: ['sh', '-c', 'trap "" HUP INT TERM; exec "$0" serve 7</dev/null 9>/dev/null', AGENT] },
    );
    const lines = result.out
      .trim()
      .split('\n')
      .map((line) => line.trim().replace(/\s+/g, ' '));
    expect(lines.slice(0, 4)).to.deep.equal(['0', '1', '2', '3']); // 3 is the folder that ls reads
    expect(lines.filter((line) => /^Sig(Blk|Ign|Cgt)/.test(line))).to.deep.equal([
      'SigBlk: 0000000000000000',
      'SigIgn: 0000000000000000',
      'SigCgt: 0000000000000000',
    ]);
    expect(lines.at(-2)).to.equal(`${String(lines.at(-1))} ${String(lines.at(-1))}`);
  });

  it('is no way into the agent', async () => {
    // As the same ordinary user: neither its descriptors nor its memory.
    // (root with CAP_SYS_PTRACE is the machine's owner.)
    const script = [
      'for f in fd/1 mem environ; do cat /proc/$PPID/$f >/dev/null && echo open; done',
      'echo x >/proc/$PPID/fd/1',
      'grep -c 0123456789abcdef /proc/$PPID/cmdline',
    ].join('; ');
    const result = await run(
      sh(script),
      {},
      { argv: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', AGENT, 'serve'] },
    );
    expect(result.out).to.equal('0\n');
    expect(result.err.match(/Permission denied/g)).to.have.length(4);
  });
});

describe('agent: run, output', () => {
  it('keeps the two streams apart and counts them', async () => {
    const result = await run(sh('printf out; printf error >&2'));
    expect(result).to.include({ out: 'out', err: 'error', stdoutBytes: 3, stderrBytes: 5 });
  });

  it('sends no more than the cap and counts the rest', async () => {
    const result = await run(sh('head -c 200000 /dev/zero | tr "\\0" a; head -c 50 /dev/zero | tr "\\0" b >&2'), {
      capBytes: 1000,
    });
    expect(result.out).to.equal('a'.repeat(1000));
    expect(result.err).to.equal('b'.repeat(50));
    expect(result).to.include({ stdoutBytes: 200_000, stderrBytes: 50, exit: 0 });
    expect(await run(sh('echo silence'), { capBytes: 0 })).to.include({ out: '', stdoutBytes: 8 });
  });

  it('arrives whole, 10 MB of it', async () => {
    const result = await run(sh('head -c 10000000 /dev/zero | tr "\\0" a'), { capBytes: 1e9 });
    expect(result.out.length).to.equal(10_000_000);
    expect(result.out).to.match(/^a+$/);
    expect(result.stdoutBytes).to.equal(10_000_000);
  });

  it('arrives byte by byte as it was written', async () => {
    expect(await run(sh('printf "\\000\\377\\000"'))).to.include({ stdoutBytes: 3, out: '\0\ufffd\0' });
  });

  it('arrives while the command runs', async () => {
    let printed = Infinity;
    await run(
      sh('echo now; sleep 0.5'),
      {},
      {
        onFrame: (frame) => {
          if (frame.type === 'output') printed = performance.now();
        },
      },
    );
    expect(performance.now() - printed).to.be.greaterThan(300); // however busy the machine is
  });
});

describe('agent: run, what stays behind', () => {
  it('is killed after a quarter of a second when it keeps the pipe open in the background', async () => {
    const time = mark();
    const started = performance.now();
    const result = await run(sh(`echo first; sleep ${time} & exit 4`));
    const took = performance.now() - started;
    expect(result).to.include({ stage: 'done', exit: 4, out: 'first\n', killErrno: 0 });
    expect(took).to.be.within(240, 5000);
    expect(result.durationUs / 1000).to.be.lessThan(took - 200); // the command itself
    await sleep(50);
    expect(alive(time)).to.deep.equal([]);
  });

  it('is heard as long as that', async () => {
    expect((await run(sh('(sleep 0.1; echo late) & echo early'))).out).to.equal('early\nlate\n');
  });

  it('is killed by a timeout', async () => {
    const time = mark();
    const result = await run(sh(`echo begun; sleep ${time} & sleep ${time}`), { timeoutMs: 300 });
    expect(result).to.include({ stage: 'timeout', errno: 0, exit: undefined, signal: 9, killErrno: 0, out: 'begun\n' });
    expect(result.durationUs).to.be.within(300_000, 5_000_000);
    expect(alive(time)).to.deep.equal([]);
  });

  it('is killed by a timeout when it left the group and the session', async () => {
    const time = mark();
    const script = [
      `setsid sleep ${time} &`,
      `setsid sh -c 'setsid sleep ${time} & sleep ${time}' &`,
      `(setsid setsid sleep ${time} &)`,
      'trap "" TERM HUP INT',
      `sleep ${time}`,
      `sleep ${time}`,
    ].join('\n');
    const result = await run(sh(script), { timeoutMs: 400 });
    expect(result).to.include({ stage: 'timeout', signal: 9, killErrno: 0 });
    expect(alive(time)).to.deep.equal([]);
  });

  it('is killed by a timeout while its output has no end', async () => {
    const result = await run(['yes'], { timeoutMs: 200, capBytes: 10 });
    expect(result).to.include({ stage: 'timeout', signal: 9, killErrno: 0, out: 'y\ny\ny\ny\ny\n' });
    expect(result.durationUs).to.be.within(200_000, 5_000_000);
  });

  it('is killed when it is stopped', async () => {
    expect(await run(sh('kill -STOP $$'), { timeoutMs: 200 })).to.include({
      stage: 'timeout',
      signal: 9,
      killErrno: 0,
    });
  });

  it('does not stop the agent when it cannot be killed', async function () {
    this.timeout(10_000);
    // A command of another user: the agent's user may not signal it, as a profile without signal rules would refuse.
    await withFolder(async (folder) => {
      chmodSync(folder, 0o755);
      const time = mark();
      const suid = join(folder, 'become-root');
      writeFileSync(suid, readFileSync('/usr/bin/setpriv'));
      chmodSync(suid, 0o4755);
      const session = await talk(
        [
          command({ tag: 'p1', timeoutMs: 200, capBytes: 100, argv: [suid, '--reuid=0', 'sleep', time] }),
          command({ tag: 'p2', timeoutMs: 2000, capBytes: 100, argv: ['true'] }),
        ],
        { argv: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', AGENT, 'serve'] },
      );
      try {
        const [stuck, next] = results(session);
        expect(stuck).to.include({ stage: 'timeout', exit: undefined, signal: 0 });
        expect(stuck === undefined ? undefined : observed(stuck).remark).to.contain('could not be killed: EPERM');
        expect(next).to.include({ tag: 'p2', exit: 0 });
      } finally {
        for (const pid of alive(time)) process.kill(pid, 'SIGKILL');
      }
    });
  });

  it('is no zombie, after many commands', async () => {
    let zombies = '';
    const count = 200;
    const session = await talk(
      Array.from({ length: count }, (_, at) =>
        command({ tag: `p${at}`, timeoutMs: 5000, capBytes: 100, argv: sh('(true &) ; true') }),
      ),
      {
        openFor: count,
        onFrame: (frame, pid) => {
          if (frame.type === 'result' && frame.tag === `p${count - 1}`) {
            zombies = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
          }
        },
      },
    );
    expect(results(session)).to.have.length(count);
    // the last orphan may still be on its way
    expect(zombies.trim().split(' ').filter(Boolean).length).to.be.lessThan(2);
  });

  it('is killed when nobody reads the answers any more', async () => {
    const time = mark();
    const request = command({
      tag: 'p1',
      timeoutMs: 60_000,
      capBytes: 1e6,
      argv: sh(`while echo line; do sleep 0.02; : ${time}; done`),
    });
    await exec(['sh', '-c', '"$0" serve | head -c 60 >/dev/null', AGENT], {
      input: Buffer.concat([encodeHello(TOKEN), request]),
      timeoutMs: 5000,
    });
    await sleep(200);
    expect(alive(time)).to.deep.equal([]);
  });

  it('does not delay the answers before it', async () => {
    let first = Infinity;
    await talk(
      [
        encodeOp({ tag: 'p1', name: 'open', args: ['read', '/'] }),
        command({ tag: 'p2', timeoutMs: 5000, capBytes: 10, argv: ['sleep', '0.5'] }),
      ],
      {
        onFrame: (frame) => {
          if (frame.type === 'result') first = Math.min(first, performance.now());
        },
      },
    );
    expect(performance.now() - first).to.be.greaterThan(300);
  });
});

describe('agent: a command that waits for its word', () => {
  const request = encodeRun({ tag: 'p1', timeoutMs: 5000, capBytes: 100, argv: ['echo', 'begun'] });

  it('is a child of the agent that has executed nothing', async () => {
    let seen = '';
    const session = await talk([request, encodeGo('p1')], {
      onFrame: (frame, pid) => {
        if (frame.type === 'waiting') seen = `${String(frame.pid > pid)} ${frame.tag}`;
      },
    });
    expect(seen).to.equal('true p1');
    expect(session.frames.map(({ type }) => type)).to.deep.equal(['hello', 'waiting', 'output', 'result']);
  });

  for (const [name, word] of [
    ['stop', [encodeStop('p1')]],
    ['go for another', [encodeGo('p2')]],
    ['another request', [encodeOp({ tag: 'p2', name: 'getattr', args: ['/'] })]],
    ['the end of the input', []],
  ] as const) {
    it(`executes nothing after ${name}`, async () => {
      const session = await talk([request, ...word]);
      expect(session.frames.map(({ type }) => type)).to.deep.equal(['hello', 'waiting', 'result']);
      expect(results(session)[0]).to.include({ stage: 'exec', errno: 125 });
    });
  }
});
