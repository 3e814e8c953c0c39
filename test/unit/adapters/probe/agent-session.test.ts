/** A session with the real agent, started on this machine in place of a container. */
import { expect } from 'chai';
import type { Exec } from '#adapters/container/container.ts';
import { start } from '#adapters/host/exec.ts';
import { labelTextOf } from '#adapters/kernel/process-label.ts';
import type { AgentProver } from '#adapters/probe/agent-proof.ts';
import { AgentSession } from '#adapters/probe/agent-session.ts';
import { HarnessError } from '#core/model/errors.ts';
import type { Action, Expectation, Probe } from '#core/model/model.ts';
import { AGENT } from '../../agent/helper.ts';

/** What the session needs of a container: here a process of this machine. */
const thisMachine = {
  exec(argv: readonly string[]): Promise<Exec> {
    const child = start(argv, { stdio: ['pipe', 'pipe', 'pipe'] });
    const { stdin, stdout, stderr, pid = 0 } = child;
    if (stdin === null || stdout === null || stderr === null) throw new Error('no pipes');
    stdin.on('error', () => undefined);
    return Promise.resolve({
      stdin,
      stdout,
      stderr,
      pid: () => Promise.resolve(pid),
      exit: () => Promise.resolve(child.exitCode ?? undefined),
      close: () => {
        stdin.end();
      },
    });
  },
};

const confining = {
  expected: labelTextOf(process.pid),
  killed: false,
  names: new Map<string, string>(),
  control: true,
};

/** Takes every process for the agent. */
const trusting: AgentProver = {
  prove: () => Promise.resolve(),
  isAgent: () => true,
  proveAgain: () => Promise.resolve(),
};

const options = { path: AGENT, user: undefined, confining, prover: trusting };

function probe(id: string, action: Action, expectation: Partial<Expectation> = {}): Probe {
  return {
    id,
    name: id,
    action,
    timeoutMs: 5000,
    control: true,
    direct: false,
    expect: { access: 'allowed', ...expectation },
    at: { file: 'spec.yml', line: 1, column: 1 },
  };
}

function operation(name: string, ...args: string[]): Action {
  return { kind: 'operation', name, args, words: [name, ...args], class: 'file' };
}

describe('a session with an agent', () => {
  let session: AgentSession;
  beforeEach(async () => {
    session = await AgentSession.start(thisMachine, options);
  });
  afterEach(() => {
    session.close();
  });

  it('tries operations, many at once', async () => {
    const [opened, missing] = await Promise.all([
      session.perform(probe('a', operation('open', 'read', '/dev/null'))),
      session.perform(probe('b', operation('lock', 'fcntl', 'read', '/nowhere'))),
    ]);
    expect(opened).not.to.have.any.keys('errno', 'remark', 'stoppedAt');
    expect(missing).to.include({ errno: 'ENOENT', stoppedAt: 'open', remark: 'at open' });
  });

  it('runs a command once its process is seen to have the right label', async () => {
    const {
      exit,
      stdout,
      process: proof,
    } = await session.perform(probe('a', { kind: 'run', argv: ['echo', 'begun'], tildes: [], terminal: false }));
    expect(exit).to.equal(0);
    expect(stdout.text).to.equal('begun\n');
    expect(proof?.label).to.equal(confining.expected);
  });

  it('lets a command under another label execute nothing', async () => {
    const other = await AgentSession.start(thisMachine, {
      ...options,
      confining: { ...confining, expected: 'another' },
    });
    const seen = await other.perform(probe('a', { kind: 'run', argv: ['echo', 'x'], tildes: [], terminal: false }));
    other.close();
    expect(seen).to.include({ stage: 'exec', errno: 'ECANCELED' });
    expect(seen.stdout.text).to.equal('');
  });

  it('pauses a process to read what it carries, and ends it', async () => {
    const wanted = probe('a', operation('exec', '/bin/true'), { secure: false });
    const { carried, remark } = await session.perform(wanted);
    expect(carried?.secure).to.equal(false);
    expect(carried?.pid).to.be.greaterThan(1);
    expect(remark).to.equal(undefined);
    expect(labelTextOf(carried?.pid ?? 0)).to.equal('none');
  });

  it('shows a paused process to whoever asked for it, one after another', async () => {
    const shown: number[] = [];
    const pause = (id: string): Promise<unknown> =>
      session.pause(probe(id, operation('exec', '/bin/true')), 'target-pause', [], (seen, inner) => {
        shown.push(inner);
        return Promise.resolve(seen);
      });
    await Promise.all([pause('a'), pause('b')]);
    expect(shown).to.have.length(2);
    expect(shown[0]).not.to.equal(shown[1]);
  });

  it('leaves no paused process behind, however many follow one another', async () => {
    const probes = ['a', 'b', 'c'].map((id) => probe(id, operation('exec', '/bin/true'), { secure: false }));
    const failing = probe('d', operation('exec', '/nowhere'), { secure: false });
    const seen = await Promise.all([...probes, failing].map((one) => session.perform(one)));
    const pids = seen.flatMap(({ carried }) => carried?.pid ?? []);
    expect(new Set(pids).size).to.equal(3);
    for (const pid of pids) expect(labelTextOf(pid)).to.equal('none');
  });

  it('answers a probe with what it failed with when nothing could be paused', async () => {
    const { errno, carried } = await session.perform(probe('a', operation('exec', '/nowhere'), { secure: false }));
    expect(errno).to.equal('ENOENT');
    expect(carried).to.equal(undefined);
  });

  it('loses what is asked of an agent that has ended', async () => {
    session.close();
    const seen = await session.perform(probe('a', operation('getattr', '/')));
    expect(seen).to.include({ stage: 'lost', problem: 'the agent was stopped' });
  });

  it('says what the process wrote that did not greet', async () => {
    const failed = AgentSession.start(
      { exec: () => thisMachine.exec(['sh', '-c', 'echo no such file >&2; sleep 0.1']) },
      { ...options, user: 'app' },
    );
    const error = await failed.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(HarnessError);
    expect(error).to.include({ code: 'agent-failed' });
    expect((error as Error).message).to.equal('The agent did not start as app: the agent has ended: no such file.');
  });

  it('sends nothing to a process that is not proved to be the agent', async () => {
    const prove = (): Promise<void> => Promise.reject(new HarnessError('agent-replaced', 'It is not.'));
    const forger = { exec: () => thisMachine.exec(['sh', '-c', 'read line && echo got it']) };
    const error = await AgentSession.start(forger, { ...options, prover: { ...trusting, prove } }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.include({ code: 'agent-replaced', message: 'It is not.' });
  });

  it('says in the words of the runtime why the agent cannot be executed', async () => {
    const words = 'OCI runtime exec failed: exec failed: exec: "/agent": permission denied';
    const refused = { exec: () => thisMachine.exec(['sh', '-c', `echo '${words}'; sleep 0.1`]) };
    const error = await AgentSession.start(refused, options).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.include({
      code: 'agent-not-executable',
      message: `The agent cannot be executed in the container: ${words}.`,
    });
  });

  it('counts no answer of a process that is not the agent any more, and lets it start no command', async () => {
    let isAgent = true;
    const other = await AgentSession.start(thisMachine, {
      ...options,
      prover: { ...trusting, isAgent: () => isAgent },
    });
    expect((await other.perform(probe('a', operation('getattr', '/')))).stage).to.equal('done');
    isAgent = false;
    const seen = await other.perform(probe('b', { kind: 'run', argv: ['echo', 'x'], tildes: [], terminal: false }));
    other.close();
    expect(seen.stage).to.equal('lost');
    expect(seen.stdout.text).to.equal('');
  });
});
