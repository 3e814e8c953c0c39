/** The agent's file, and processes of this machine that execute it or another. */
import { expect } from 'chai';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start } from '#adapters/host/exec.ts';
import { checkAgentFile } from '#adapters/probe/agent-file.ts';
import { agentIdentity, ContainerAgentProver } from '#adapters/probe/agent-proof.ts';
import { asHarnessError, type HarnessError } from '#core/model/errors.ts';
import { AGENT } from '../../agent/helper.ts';

function errorOf(work: Promise<unknown>): Promise<HarnessError | undefined> {
  return work.then(() => undefined, asHarnessError);
}

describe('the agent, proved from outside', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'agent-proof-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Starts a program, and has it looked at. */
  async function whileRunning<Result>(
    argv: readonly string[],
    look: (pid: number) => Promise<Result>,
  ): Promise<Result> {
    const child = start(argv, { stdio: 'ignore' });
    await new Promise((resolve) => child.once('spawn', resolve));
    try {
      return await look(child.pid ?? 0);
    } finally {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGKILL');
      await ended;
    }
  }

  async function prover(): Promise<ContainerAgentProver> {
    return new ContainerAgentProver({
      title: 'confined container',
      identity: await agentIdentity(AGENT),
      container: { id: 'none', pid: process.pid, besides: [] },
      seccomp: false,
    });
  }

  it('is the file by device, inode and bytes', async () => {
    const proof = await prover();
    await whileRunning([AGENT, 'keep-alive'], async (pid) => {
      expect(proof.isAgent(pid)).to.equal(true);
      await proof.proveAgain(pid);
    });
  });

  it('is not another program, not even a copy with the same bytes', async () => {
    const proof = await prover();
    const copy = join(folder, 'copy');
    copyFileSync(AGENT, copy);
    for (const argv of [
      ['sleep', '60'],
      [copy, 'keep-alive'],
    ])
      await whileRunning(argv, async (pid) => {
        expect(proof.isAgent(pid)).to.equal(false);
        const error = await errorOf(proof.proveAgain(pid));
        expect(error?.code).to.equal('agent-replaced');
        expect(error?.message).to.match(/^What runs as the agent in the confined container \(pid \d+\) is not/);
      });
  });

  it('is no agent of a container when it is not in the container', async () => {
    const proof = await prover();
    const error = await whileRunning([AGENT, 'keep-alive'], (pid) => errorOf(proof.prove(pid, { isServing: true })));
    expect(error?.message).to.include('it is not in the container');
  });

  it('can be executed, or says why not', async () => {
    await checkAgentFile(AGENT);
    const file = join(folder, 'agent');
    const missing = await errorOf(checkAgentFile(file));
    expect(missing).to.include({
      code: 'agent-not-executable',
      message: `The agent ${file} cannot be executed: it is not there.`,
    });
    writeFileSync(file, 'text');
    expect((await errorOf(checkAgentFile(file)))?.message).to.include('no x bit');
    chmodSync(file, 0o755);
    expect((await errorOf(checkAgentFile(file)))?.message).to.include('it ended with exit status');
    writeFileSync(file, '#!/bin/false\n');
    expect((await errorOf(checkAgentFile(file)))?.message).to.include('it ended with exit status 1');
  });
});
