/** `agent tty` on a real terminal that script(1) makes, and `agent keep-alive` as the first process of a container. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseTtyWaiting, parseTtyTrailer, ttyStatus, type Outcome } from '#adapters/probe/agent-protocol.ts';
import { exec, start } from '#adapters/host/exec.ts';
import { AGENT, TOKEN } from './helper.ts';

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

async function tty(
  argv: readonly string[],
  timeoutMs = 5000,
  word = '\n',
): Promise<{ text: string; outcome: Outcome; exit: number | undefined }> {
  const line = [AGENT, 'tty', TOKEN, 'p1', String(timeoutMs), '--', ...argv].map(quote).join(' ');
  const child = start(['script', '-qec', line, '/dev/null'], {
    env: { PATH: '/usr/bin:/bin', SHELL: '/bin/sh', TERM: 'dumb' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = Buffer.alloc(0);
  let waiting: { readonly rest: Buffer } | undefined;
  child.stdout?.on('data', (chunk: Buffer) => {
    output = Buffer.concat([output, chunk]);
    if (waiting !== undefined) return;
    waiting = parseTtyWaiting(output, TOKEN);
    if (waiting === undefined) return;
    output = Buffer.from(waiting.rest);
    child.stdin?.write(word);
  });
  const exit = await new Promise<number | undefined>((resolve) => {
    child.on('close', (status) => {
      resolve(status ?? undefined);
    });
  });
  const parsed = parseTtyTrailer(output, TOKEN);
  if (parsed === undefined) throw new Error(`no trailer: ${JSON.stringify(output.toString())}`);
  return { text: parsed.output.toString(), outcome: parsed.outcome, exit };
}

describe('agent: tty', () => {
  it('gives the command the terminal, in the foreground, as group leader', async () => {
    const result = await tty([
      'sh',
      '-c',
      'test -t 0 && test -t 1 && test -t 2 && tty >/dev/null && ps -o pid=,pgid=,tpgid= -p $$; exit 3',
    ]);
    expect(result.outcome).to.include({ stage: 'done', errno: 0, exit: 3, signal: 0, killErrno: 0 });
    const [pid, group, foreground] = result.text.trim().split(/\s+/);
    expect(pid).to.match(/^\d+$/);
    expect([group, foreground]).to.deep.equal([pid, pid]);
  });

  it('starts the command after an empty line, which does not show, and after no other word', async () => {
    expect((await tty(['echo', 'seen'])).text).to.equal('seen\r\n');
    const forbidden = await tty(['echo', 'seen'], 5000, 'no\n');
    expect([forbidden.text, forbidden.outcome.stage, forbidden.outcome.errno]).to.deep.equal(['', 'exec', 125]);
  });

  it('lets it open /dev/tty', async () => {
    expect((await tty(['sh', '-c', 'echo seen >/dev/tty'])).text).to.equal('seen\r\n');
  });

  it('reports signals and failed starts', async () => {
    expect((await tty(['sh', '-c', 'kill -TERM $$'])).outcome).to.include({
      stage: 'done',
      exit: undefined,
      signal: 15,
    });
    expect((await tty(['no-such-program'])).outcome).to.include({ stage: 'exec', errno: 2, exit: undefined });
    expect((await tty(['/etc/passwd'])).outcome).to.include({ stage: 'exec', errno: 13 });
  });

  it('ends with a status that tells the outcome: others can write on the terminal, but not this', async () => {
    for (const argv of [['true'], ['sh', '-c', 'exit 3'], ['sh', '-c', 'kill -TERM $$'], ['no-such-program']]) {
      const { outcome, exit } = await tty(argv);
      expect(exit, argv.join(' ')).to.equal(ttyStatus(outcome));
    }
    const late = await tty(['sleep', '1234.5'], 100);
    expect([late.exit, ttyStatus(late.outcome)]).to.deep.equal([255, 255]);
  });

  it('ends at the timeout with all that was started', async () => {
    const started = performance.now();
    const result = await tty(['sh', '-c', 'trap "" HUP TERM INT; echo begun; setsid sleep 1234.5 & sleep 1234.5'], 300);
    expect(result.outcome).to.include({ stage: 'timeout', signal: 9, killErrno: 0 });
    expect(result.text).to.equal('begun\r\n');
    expect(performance.now() - started).to.be.lessThan(20_000);
    expect((await exec(['pgrep', '-f', '^sleep 1234.5'])).stdout.toString()).to.equal('');
  });

  it('leaves no token where the command can read it', async () => {
    const result = await tty([
      'sh',
      '-c',
      'tr "\\0" " " </proc/$PPID/cmdline; tr "\\0" "\\n" </proc/self/environ | grep -c 89abcdef012345',
    ]);
    expect(result.text)
      .to.contain('tty')
      .and.to.match(/\b0\r\n$/)
      .and.not.contain(TOKEN.slice(0, 8));
  });

  it('takes no output of the command for the trailer', async () => {
    const result = await tty(['printf', '\\036%s;done;0;0;0;1;0\\036', 'f'.repeat(32)]);
    expect(result.text).to.contain('done;0;0;0;1;0');
    expect(result.outcome.exit).to.equal(0);
    expect(result.outcome.durationUs).to.be.greaterThan(1);
  });
});

describe('agent: keep-alive', () => {
  for (const [signal, asInit] of [
    ['SIGTERM', true],
    ['SIGINT', true],
    ['SIGQUIT', true],
    ['SIGTERM', false],
  ] as const) {
    it(`${asInit ? 'as process 1' : 'as any process'} ends at ${signal}`, async () => {
      const child = start(asInit ? ['unshare', '--pid', '--fork', AGENT, 'keep-alive'] : [AGENT, 'keep-alive'], {
        stdio: 'ignore',
      });
      const ended = new Promise((resolve) =>
        child.on('close', (exit, by) => {
          resolve({ exit, by });
        }),
      );
      await sleep(150);
      const pid = String(child.pid);
      const holder = asInit ? readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim() : pid;
      expect(readFileSync(`/proc/${holder}/cmdline`, 'utf8')).to.contain('keep-alive');
      process.kill(Number(holder), signal);
      expect(await ended).to.deep.equal({ exit: 0, by: null });
    });
  }

  it('reaps the orphans of its container', async () => {
    const child = start(['unshare', '--pid', '--fork', AGENT, 'keep-alive'], { stdio: 'ignore' });
    const ended = new Promise((resolve) => child.on('close', resolve));
    await sleep(150);
    const holder = readFileSync(`/proc/${String(child.pid)}/task/${String(child.pid)}/children`, 'utf8').trim();
    // An orphan in the new process space: a child of a process that was sent into it and has gone.
    await exec(['nsenter', '--target', holder, '--pid', 'sh', '-c', '(sleep 0.2 &); (true &); (true &)']);
    const children = (): string => readFileSync(`/proc/${holder}/task/${holder}/children`, 'utf8').trim();
    expect(children().split(' ')).to.have.length(1, 'the orphan that still sleeps');
    await sleep(350);
    expect(children()).to.equal('');
    process.kill(Number(holder), 'SIGTERM');
    await ended;
  });
});
