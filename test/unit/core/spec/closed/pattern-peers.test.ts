import { expect } from 'chai';
import { policyOf } from '#core/profile/semantics/policy.ts';
import { withPatternPeers } from '#core/spec/closed/pattern-peers.ts';
import { readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import { plan } from '../../../harness/fakes/probes.ts';

/** The labels that rules need a peer for, beside one that is unconfined and one of another label. */
function labelsFor(rules: string, closed = ['signal']): readonly string[] {
  const read = readProfileText('/p', `profile p {\n${rules}\n}\n`, () => undefined);
  if (!('profiles' in read)) throw new Error(read.message);
  const policies = read.profiles.map((block) => policyOf(block));
  const classes = closed.map((name) => ({
    class: name,
    allow: [],
    attempts: [],
    untried: [],
    at: { file: '', line: 1, column: 1 },
  }));
  const before = plan([], { closed: classes, peers: [{ name: 'runc', profile: 'runc' }] });
  const { peers } = withPatternPeers(before, { policies, names: ['p'] });
  return peers.slice(1).map(({ profile }) => profile);
}

describe('withPatternPeers', () => {
  it('has a label for an expression that no peer matches', () => {
    const [label = '', ...more] = labelsFor('signal (send) peer=docker-*,');
    expect(label).to.match(/^docker-/);
    expect(more).to.deep.equal([]);
  });

  it('has one for each set of expressions that match the same', () => {
    const labels = labelsFor('ptrace (trace) peer=a{b,c},\nsignal (receive) peer=ab,');
    expect([...labels].sort()).to.deep.equal(['ab', 'ac']);
  });

  it('needs none for labels that peers have, or that everybody has', () => {
    expect(labelsFor('signal peer=runc,\nsignal peer=unconfined,\nsignal peer=p,\nptrace,')).to.deep.equal([]);
  });

  it('has none that nobody can load', () => {
    expect(labelsFor('signal peer=":ns:*",\nsignal peer=p//&q,')).to.deep.equal([]);
  });

  it('adds nothing where neither class is closed', () => {
    expect(labelsFor('signal peer=docker-*,', ['mount'])).to.deep.equal([]);
  });
});
