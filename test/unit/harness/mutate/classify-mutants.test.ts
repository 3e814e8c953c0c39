/** What becomes of mutants on a bench in memory, and which probes are tried first. */
import { expect } from 'chai';
import { verdict } from '#core/verdict/verdicts.ts';
import { MutantClassifier, type ClassifierOptions } from '#harness/mutate/classify-mutants.ts';
import type { PolicyChange } from '#harness/mutate/noticing-probes.ts';
import { openedClasses } from '#harness/mutate/opened-classes.ts';
import { probe } from '../fakes/probes.ts';
import type { Probe } from '#core/model/model.ts';
import { FakeBench } from './fake-bench.ts';
import { mutant } from './fake-mutant.ts';

/** A policy that no reader understands, so that it differs from every other. */
function policy(bytes: string): { readonly policy: Buffer } {
  return { policy: Buffer.from(bytes) };
}

const open = probe('open');
const other = probe('other');

function classifierOn(bench: FakeBench, options: Partial<ClassifierOptions> = {}): MutantClassifier {
  return new MutantClassifier({
    bench,
    probes: [open, other],
    entries: [],
    probesByRule: new Map(),
    untestable: [],
    open: [],
    attemptsFor: () => [],
    ...options,
  });
}

/** The ids of the probes that were tried under a mutant, in order. */
function tried({ events }: FakeBench): string[] {
  return events.flatMap((event) => (event.includes(': ') ? [event.replace(/: .*/, '')] : []));
}

describe('MutantClassifier', () => {
  it('calls a mutant invalid that the parser rejects, with what the parser says', async () => {
    const bench = new FakeBench();
    const result = await classifierOn(bench).classify(mutant('1'), { problem: 'conflicting x modifiers' });
    expect(result).to.deep.equal({ state: 'invalid', reason: 'conflicting x modifiers' });
    expect(bench.events).to.deep.equal([]);
  });

  it('calls a mutant equivalent that compiles to the same bytes, and tries nothing', async () => {
    const bench = new FakeBench();
    const result = await classifierOn(bench).classify(mutant('1'), { policy: Buffer.from(bench.original) });
    expect(result.state).to.equal('equivalent');
    expect(bench.events).to.deep.equal([]);
  });

  it('names the probe that killed a mutant, and why', async () => {
    const bench = new FakeBench({ other: { mutant: ['fail'] } });
    expect(await classifierOn(bench).classify(mutant('1'), policy('a'))).to.deep.equal({
      state: 'killed',
      killedBy: 'other',
      reason: 'The verdict is fail.',
    });
  });

  it('tries nothing where the answers about files are no longer as declared', async () => {
    const bench = new FakeBench({ other: { mutant: ['fail'] } });
    const answer = verdict('answered-allowed', { path: '/x', permissions: 'w', whose: undefined, others: [] });
    bench.answered = { probe: probe('closed file: /x w is denied'), verdict: answer, witnesses: [] };
    expect(await classifierOn(bench).classify(mutant('1'), policy('a'))).to.deep.include({
      state: 'killed',
      killedBy: 'closed file: /x w is denied',
    });
    expect(tried(bench)).to.deep.equal([]);
  });

  it('tells of a survivor how its policy differs', async () => {
    expect(await classifierOn(new FakeBench()).classify(mutant('1'), policy('a'))).to.deep.equal({
      state: 'survived',
      reason: 'The compiled policies differ: a policy could not be read.',
    });
  });

  it('passes on why a mutant is undecided', async () => {
    const bench = new FakeBench({ open: { mutant: ['inconclusive'] } });
    expect(await classifierOn(bench).classify(mutant('1'), policy('a'))).to.deep.equal({
      state: 'undecided',
      reason: 'open: The verdict is inconclusive.',
    });
  });

  const untestable = [{ rule: 'deny /x w', becomes: '', because: 'nothing is there' }];

  it('calls a survivor untestable that the spec declares so', async () => {
    const classifier = classifierOn(new FakeBench(), { untestable });
    const declared = await classifier.classify(mutant('1'), policy('a'));
    expect(declared).to.deep.equal({ state: 'untestable', reason: 'nothing is there' });
    const changed = await classifier.classify(mutant('2', { after: '/x w' }), policy('b'));
    expect(changed.state).to.equal('survived');
  });

  it('keeps a mutant apart as open only where nothing but open classes is opened', () => {
    const change = (areas: readonly string[], isOpening = true): PolicyChange => ({
      areas: new Set(areas),
      isOpening,
      newProfiles: [],
      movesExec: () => false,
      movesFile: () => false,
    });
    const added = { kind: 'add-network' } as const;
    expect(openedClasses(added, change(['network']), ['signal', 'network'])).to.deep.equal(['network']);
    expect(openedClasses(added, change(['network', 'file']), ['network'])).to.equal(undefined);
    expect(openedClasses(added, change(['network'], false), ['network'])).to.equal(undefined);
    expect(openedClasses(added, undefined, ['network'])).to.equal(undefined);
    expect(openedClasses({ kind: 'add-exec' }, change(['file']), ['exec'])).to.deep.equal(['exec']);
    expect(openedClasses({ kind: 'add-file' }, change(['file']), ['exec'])).to.equal(undefined);
  });

  it('reads `nothing` in a declaration as what is added or removed', async () => {
    const nothing = [{ rule: 'nothing', becomes: 'umount', because: 'no rights' }];
    const classifier = classifierOn(new FakeBench(), { untestable: nothing });
    const added = await classifier.classify(mutant('1', { before: '', after: 'umount' }), policy('a'));
    expect(added).to.deep.equal({ state: 'untestable', reason: 'no rights' });
  });

  it('counts a mutant as killed although the spec declares it untestable', async () => {
    const bench = new FakeBench({ open: { mutant: ['fail'] } });
    expect((await classifierOn(bench, { untestable }).classify(mutant('1'), policy('a'))).state).to.equal('killed');
  });

  it('takes over the result of an earlier mutant with the same policy', async () => {
    const bench = new FakeBench({ open: { mutant: ['fail'] } });
    const classifier = classifierOn(bench);
    const first = await classifier.classify(mutant('1'), policy('a'));
    const events = bench.events.length;
    expect(await classifier.classify(mutant('2'), policy('a'))).to.deep.equal({ ...first, sameAs: '1' });
    expect(bench.events).to.have.lengthOf(events);
  });

  describe('tries the probes', () => {
    const unlink = { kind: 'operation', name: 'unlink', args: ['/x'], words: [], class: 'file' } as const;
    const removal = probe('removal', { action: unlink });
    const command = probe('command', { action: { kind: 'shell', script: 'true', terminal: false } });
    const request = probe('request', { action: { kind: 'http', url: 'http://container/' } });
    const all = [request, command, removal, open, other];

    it('in the order of their cost: the service last', async () => {
      const bench = new FakeBench();
      await classifierOn(bench, { probes: all }).classify(mutant('1'), policy('a'));
      expect(tried(bench)).to.deep.equal(['open', 'other', 'removal', 'command', 'request']);
    });

    it('that have words in common with the change before others of the same cost', async () => {
      const tries = (id: string, ...words: readonly string[]): Probe =>
        probe(id, { action: { kind: 'operation', name: words[0] ?? '', args: [], words, class: 'network' } });
      const raw = tries('raw', 'socket', 'inet', 'raw');
      const netlink = tries('netlink', 'socket', 'netlink', 'raw');
      const bench = new FakeBench();
      const added = mutant('1', { before: '', after: 'network netlink raw', kind: 'add-network' });
      await classifierOn(bench, { probes: [open, raw, netlink] }).classify(added, policy('a'));
      expect(tried(bench)).to.deep.equal(['netlink', 'raw', 'open']);
    });

    it('that exercise the rule first, those that leave traces after the others', async () => {
      const bench = new FakeBench();
      const probesByRule = new Map([['rule', ['removal', 'other']]]);
      await classifierOn(bench, { probes: all, probesByRule }).classify(mutant('1'), policy('a'));
      expect(tried(bench)).to.deep.equal(['other', 'removal', 'open', 'command', 'request']);
    });

    it('that killed a mutant of the same rule first', async () => {
      const bench = new FakeBench({ other: { mutant: ['fail', 'fail', 'fail'] } });
      const classifier = classifierOn(bench);
      await classifier.classify(mutant('1'), policy('a'));
      bench.events.length = 0;

      await classifier.classify(mutant('2'), policy('b'));
      expect(tried(bench)).to.deep.equal(['other']);
      bench.events.length = 0;

      await classifier.classify(mutant('3', { rule: 'another' }), policy('c'));
      expect(tried(bench)).to.deep.equal(['open', 'other']);
    });
  });
});
