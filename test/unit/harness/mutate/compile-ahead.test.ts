import { expect } from 'chai';
import { setImmediate } from 'node:timers/promises';
import { HarnessError } from '#core/model/errors.ts';
import { CompileAhead } from '#harness/mutate/compile-ahead.ts';
import { mutant } from './fake-mutant.ts';

const first = mutant('0');
const second = mutant('1');
const MUTANTS = [first, second, ...Array.from({ length: 10 }, (_, i) => mutant(`${i + 2}`))];

function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}

describe('CompileAhead', () => {
  it('gives each mutant its own policy', async () => {
    const compiler = new CompileAhead(MUTANTS, ({ id }) => Promise.resolve(Buffer.from(id)));
    for (const next of MUTANTS) expect(await compiler.take(next)).to.deep.equal({ policy: Buffer.from(next.id) });
  });

  it('compiles up to eight mutants, each once, and one at a time', async () => {
    const begun: string[] = [];
    let running = 0;
    const compiler = new CompileAhead(MUTANTS, async ({ id }) => {
      begun.push(id);
      running += 1;
      expect(running).to.equal(1);
      await setImmediate();
      running -= 1;
      return Buffer.from(id);
    });
    await compiler.take(first);
    while (begun.length < 8) await setImmediate();
    for (let i = 0; i < 10; i += 1) await setImmediate();
    expect(begun).to.deep.equal(['0', '1', '2', '3', '4', '5', '6', '7']);

    await compiler.take(second);
    while (begun.length < 9) await setImmediate();
    expect(begun.slice(8)).to.deep.equal(['8']);
  });

  for (const code of ['profile-invalid', 'profile-not-isolated'] as const)
    it(`says why there is no policy when compiling ends with ${code}`, async () => {
      const rejected = new HarnessError(code, 'No policy.', { details: ['line 1: syntax error'] });
      const compiler = new CompileAhead(MUTANTS, () => Promise.reject(rejected));
      expect(await compiler.take(first)).to.deep.equal({ problem: 'line 1: syntax error' });
    });

  it('throws every other error, and compiles the next mutant all the same', async () => {
    const broken = new HarnessError('no-parser', 'No parser.');
    const compiler = new CompileAhead(MUTANTS, ({ id }) =>
      id === '0' ? Promise.reject(broken) : Promise.resolve(Buffer.from(id)),
    );
    expect(await errorOf(compiler.take(first))).to.equal(broken);
    expect(await compiler.take(second)).to.deep.equal({ policy: Buffer.from('1') });
  });

  it('leaves no error unhandled of a mutant that is never taken', async () => {
    const unhandled: unknown[] = [];
    const listener = (thrown: unknown): void => void unhandled.push(thrown);
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', listener);
    try {
      const compiler = new CompileAhead(MUTANTS, ({ id }) =>
        id === '0' ? Promise.resolve(Buffer.from(id)) : Promise.reject(new HarnessError('no-parser', 'No parser.')),
      );
      await compiler.take(first);
      for (let i = 0; i < 20; i += 1) await setImmediate();
    } finally {
      process.off('unhandledRejection', listener);
      for (const other of listeners) process.on('unhandledRejection', other);
    }
    expect(unhandled).to.deep.equal([]);
  });
});
