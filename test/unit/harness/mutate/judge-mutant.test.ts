/** Judging a mutant on a bench in memory: what kills it, and what has to be confirmed first. */
import { expect } from 'chai';
import type { Probe } from '#core/model/model.ts';
import { judgeMutant } from '#harness/mutate/judge-mutant.ts';
import { probe } from '../fakes/probes.ts';
import { FakeBench } from './fake-bench.ts';

const MUTANT = Buffer.from('mutant');

/** An operation, which undoes what it did. */
const open = probe('open');
const other = probe('other');

/** A removal, which cannot be tried twice in one container. */
const removal = probe('removal', {
  action: { kind: 'operation', name: 'unlink', args: ['/x'], words: ['unlink', '/x'], class: 'file' },
});

/** Judges the mutant, and expects the original to be put back. @returns the state, and the steps before that */
async function judge(
  bench: FakeBench,
  probes: readonly Probe[],
): Promise<{ readonly state: string; readonly steps: readonly string[] }> {
  const { state } = await judgeMutant(bench, MUTANT, probes);
  expect(bench.events.at(-1)).to.equal('load original');
  return { state, steps: bench.events.slice(0, -1) };
}

describe('judgeMutant', () => {
  it('kills with the first probe that fails, and tries no other', async () => {
    const bench = new FakeBench({ other: { mutant: ['fail'] } });
    const judgement = await judgeMutant(bench, MUTANT, [open, other, removal]);
    expect(judgement).to.deep.equal({ state: 'killed', probe: other, reason: 'The verdict is fail.' });
    expect(bench.events).to.deep.equal(['load mutant', 'open: pass', 'other: fail', 'load original']);
  });

  it('kills with a probe that has become vacuous, once it passes under the original', async () => {
    const bench = new FakeBench({ open: { mutant: ['vacuous'] } });
    expect(await judge(bench, [open, other])).to.deep.equal({
      state: 'killed',
      steps: ['load mutant', 'open: vacuous', 'load original', 'open: pass'],
    });
  });

  for (const errno of ['EEXIST', 'ENOENT'])
    it(`tries a probe again in a fresh container when it fails with ${errno} under the original, too`, async () => {
      const bench = new FakeBench({ open: { mutant: ['fail'], original: ['fail'], errno } });
      expect(await judge(bench, [open])).to.deep.equal({
        state: 'survived',
        steps: ['load mutant', 'open: fail', 'load original', 'open: fail', 'renew', 'load mutant', 'open: pass'],
      });
    });

  it('lets the mutant survive when every probe passes', async () => {
    const bench = new FakeBench();
    expect(await judge(bench, [open, other])).to.deep.equal({
      state: 'survived',
      steps: ['load mutant', 'open: pass', 'other: pass'],
    });
  });

  it('kills with a removal that failed, once it passes under the original', async () => {
    const bench = new FakeBench({ removal: { mutant: ['fail'] } });
    expect(await judge(bench, [removal])).to.deep.equal({
      state: 'killed',
      steps: ['load mutant', 'removal: fail', 'load original', 'removal: pass'],
    });
  });

  it('tries a removal again in a fresh container when it fails under the original, too', async () => {
    const bench = new FakeBench({ removal: { mutant: ['fail'], original: ['fail'] } });
    expect(await judge(bench, [removal, other])).to.deep.equal({
      state: 'survived',
      steps: [
        ...['load mutant', 'removal: fail', 'load original', 'removal: fail', 'renew'],
        ...['load mutant', 'removal: pass', 'load mutant', 'other: pass'],
      ],
    });
  });

  it('renews a container that the confirmation spoilt, too', async () => {
    const bench = new FakeBench({ removal: { mutant: ['fail', 'fail'], original: ['fail', 'fail'] } });
    expect(await judge(bench, [removal])).to.deep.equal({
      state: 'killed',
      steps: [
        ...['load mutant', 'removal: fail', 'load original', 'removal: fail', 'renew'],
        ...['load mutant', 'removal: fail', 'load original', 'removal: fail', 'renew'],
      ],
    });
  });

  it('checks everything of the batch that may have left traces, not only what failed first', async () => {
    const bench = new FakeBench({ open: { mutant: ['fail'] }, removal: { mutant: ['fail'] } });
    bench.isBatched = true;
    expect(await judge(bench, [open, removal])).to.deep.equal({
      state: 'killed',
      steps: ['load mutant', 'open: fail', 'removal: fail', 'load original', 'removal: pass'],
    });
  });

  it('tries a probe again in a fresh container when an operation could not be undone', async () => {
    const bench = new FakeBench({ open: { mutant: ['fail', 'fail'] } });
    bench.canUndo = false;
    expect(await judge(bench, [open])).to.deep.equal({
      state: 'killed',
      steps: ['load mutant', 'open: fail', 'renew', 'load mutant', 'open: fail'],
    });
  });

  it('is undecided when a probe comes to no verdict once, and every other passes', async () => {
    const bench = new FakeBench({ open: { mutant: ['inconclusive'] } });
    const judgement = await judgeMutant(bench, MUTANT, [open, other]);
    expect(judgement).to.deep.equal({ state: 'undecided', reason: 'open: The verdict is inconclusive.' });
    expect(bench.events).to.deep.equal([
      ...['load mutant', 'open: inconclusive', 'load original', 'open: pass'],
      ...['load mutant', 'open: pass', 'load mutant', 'other: pass', 'load original'],
    ]);
  });

  it('kills with a later probe although an earlier one came to no verdict', async () => {
    const bench = new FakeBench({ open: { mutant: ['inconclusive'] }, other: { mutant: ['fail'] } });
    expect(await judgeMutant(bench, MUTANT, [open, other])).to.include({ state: 'killed', probe: other });
  });

  it('kills with a probe that comes to no verdict twice, and passes under the original in between', async () => {
    const bench = new FakeBench({ open: { mutant: ['inconclusive', 'inconclusive'] } });
    expect(await judge(bench, [open, other])).to.deep.equal({
      state: 'killed',
      steps: ['load mutant', 'open: inconclusive', 'load original', 'open: pass', 'load mutant', 'open: inconclusive'],
    });
  });

  it('puts the original back when it throws', async () => {
    const bench = new FakeBench();
    bench.error = new Error('interrupted');
    const thrown: unknown = await judgeMutant(bench, MUTANT, [open]).catch((error: unknown) => error);
    expect(thrown).to.equal(bench.error);
    expect(bench.events).to.deep.equal(['load mutant', 'load original']);
    expect(bench.loaded).to.equal(bench.original);
  });
});
