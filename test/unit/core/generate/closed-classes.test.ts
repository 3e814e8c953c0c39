/** The closed classes that `init` writes: what was seen to be allowed, in as few words as tell it from the rest. */
import { expect } from 'chai';
import { foundClasses } from '#core/generate/closed-classes.ts';
import type { ClosedResult, Entry } from '#core/model/model.ts';
import { verdict } from '#core/verdict/verdicts.ts';
import { entry, probe, seen } from '../../builders.ts';

const DENIED = verdict('denied', { denial: 'x' });
const PASSED = verdict('let-through', { action: 'x' });

function member(name: string, judged: Entry['verdict'], label?: string): Entry {
  const observation = label === undefined ? seen() : seen({ carried: { pid: 1, label } });
  return entry({ probe: probe({ closed: { class: 'x', member: name } }), verdict: judged, observation, witnesses: [] });
}

function resultOf(name: string, entries: readonly Entry[]): ClosedResult {
  return { class: name, allow: [], entries, untried: [], durationMs: 1 };
}

describe('the classes of a generated spec', () => {
  it('are closed where something is denied, with the fewest words for the rest', () => {
    const network = resultOf('network', [
      ...['inet stream', 'inet stream tcp', 'inet dgram', 'unix stream', 'unix raw'].map((name) =>
        member(name, PASSED),
      ),
      ...['inet raw', 'packet raw'].map((name) => member(name, DENIED)),
    ]);
    expect(foundClasses([network])).to.deep.equal({
      closed: [{ name: 'network', allow: ['inet stream', 'inet dgram', 'unix'] }],
      open: [],
    });
  });

  it('are open where nothing is denied', () => {
    const result = resultOf('capability', [member('chown', PASSED), member('kill', PASSED)]);
    expect(foundClasses([result, resultOf('mqueue', [])])).to.deep.equal({
      closed: [],
      open: ['capability', 'mqueue'],
    });
  });

  it('name the label of programs that leave the profile', () => {
    const stays = verdict('allowed', { denials: 0 });
    const leaves = verdict('other-label', { problem: 'x' });
    const exec = resultOf('exec', [member('/bin/a', stays, 'p'), member('/bin/b', leaves, 'unconfined')]);
    expect(foundClasses([exec]).closed).to.deep.equal([{ name: 'exec', allow: ['/bin/b unconfined'] }]);
  });
});
