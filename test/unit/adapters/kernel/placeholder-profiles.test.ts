import { expect } from 'chai';
import { placeholderNames } from '#adapters/kernel/placeholder-profiles.ts';

function namesFor(profiles: readonly string[], source = ''): string[] {
  const peers = profiles.map((profile, i) => ({ name: `peer${i}`, profile }));
  return placeholderNames({ peers }, { written: new Map([['own.run', 'own']]), source });
}

describe('placeholderNames', () => {
  it("are the names of peers' profiles, each once", () => {
    expect(namesFor(['runc', 'runc', 'crun'])).to.deep.equal(['runc', 'crun']);
  });

  it("leave out unconfined peers and profiles of the spec's own file", () => {
    expect(namesFor(['unconfined', 'own'])).to.deep.equal([]);
  });

  it('may have any signs, and be of a child', () => {
    const names = ['/usr/bin/x', 'a b', 'other//child', 'say "x"'];
    expect(namesFor(names)).to.deep.equal(names);
  });

  it('leave out children of the file, stacks and other namespaces', () => {
    expect(namesFor(['own//child', 'a//&b', ':ns:a'])).to.deep.equal([]);
  });

  it('leave out what the profile executes into, which must not find a placeholder there', () => {
    expect(namesFor(['helper'], '/bin/x px -> helper,')).to.deep.equal([]);
    expect(namesFor(['helper'], '/bin/x px -> helper2,')).to.deep.equal(['helper']);
  });
});
