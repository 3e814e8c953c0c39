/** A command through `docker exec`, with an engine that plays back how it ended. */
import { expect } from 'chai';
import { PassThrough } from 'node:stream';
import type { Container, Exec } from '#adapters/container/container.ts';
import { runThroughDockerExec } from '#adapters/probe/docker-exec-probe.ts';
import { defined } from '#core/model/optional.ts';
import type { Observation, Probe } from '#core/model/model.ts';

const PROBE: Probe = {
  id: 'a',
  name: 'a',
  action: { kind: 'run', argv: ['/bin/x'], tildes: [], terminal: false },
  timeoutMs: 50,
  direct: true,
  control: false,
  expect: { access: 'allowed' },
  at: { file: 'f', line: 1, column: 1 },
};

interface Ending {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exit?: number;
  /** The command goes on until it is killed. */
  readonly hangs?: boolean;
  /** Its process, as the engine reports it; 0 where none was started. */
  readonly pid?: number;
}

/** Runs a command that ends like this. */
async function observe({ stdout = '', stderr = '', exit, hangs = false, pid = 0 }: Ending): Promise<Observation> {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const exec: Exec = {
    ...streams,
    pid: () => Promise.resolve(pid),
    exit: () => Promise.resolve(exit),
    close: () => undefined,
  };
  const container = { exec: () => Promise.resolve(exec) } as Partial<Container> as Container;
  streams.stdout.write(stdout);
  streams.stderr.write(stderr);
  if (!hangs) {
    streams.stdout.end();
    streams.stderr.end();
  }
  return runThroughDockerExec(container, ['/bin/x'], PROBE, 'p (enforce)');
}

describe('runThroughDockerExec', () => {
  it('observes the exit status and both streams', async () => {
    const { stage, exit, stdout, stderr } = await observe({ stdout: 'out', stderr: 'err', exit: 3 });
    expect([stage, exit, stdout.text, stderr.text]).to.deep.equal(['done', 3, 'out', 'err']);
  });

  const refusals = [
    { stdout: 'OCI runtime exec failed: exec failed: "/bin/x": permission denied', exit: 126, errno: 'EACCES' },
    { stdout: 'OCI runtime exec failed: exec failed: "/bin/x": no such file or directory', exit: 127, errno: 'ENOENT' },
    { stdout: '', exit: 127, errno: 'ENOENT' },
  ];
  for (const { errno, ...ending } of refusals)
    it(`observes ${errno} when none started: "${ending.stdout.slice(-9)}", status ${ending.exit}`, async () => {
      expect(await observe(ending)).to.include({ stage: 'exec', errno });
    });

  it("takes no words of a program that was started for the runtime's", async () => {
    const { stdout } = refusals[0] ?? {};
    for (const exit of [0, 126])
      expect(await observe(defined({ stdout, exit, pid: 2 ** 30 }))).to.include({ stage: 'done', exit });
  });

  it('gives up a command that does not end in time, keeps what it wrote, and does not kill this program', async () => {
    const { stage, stdout } = await observe({ stdout: 'begin', hangs: true });
    expect([stage, stdout.text]).to.deep.equal(['timeout', 'begin']);
  });

  it('is lost when the engine reports no exit status', async () => {
    expect(await observe({})).to.include({ stage: 'lost', problem: 'docker exec gave no exit status' });
  });

  it('keeps the beginning of a long output and counts the rest', async () => {
    const { stdout } = await observe({ stdout: 'x'.repeat(40_000), exit: 0 });
    expect([stdout.text.length, stdout.bytes, stdout.truncated]).to.deep.equal([32 * 1024, 40_000, true]);
  });
});
