import { expect } from 'chai';
import { compiledDifference } from '#core/profile/binary/compiled-difference.ts';
import { automaton, blob, named, number, struct, type Strings } from './policy-bytes.ts';

/** The fields of a profile in the order of the parser: flags, capabilities, rules but for files, file rules. */
interface Contents {
  readonly allowed?: number;
  readonly audited?: number;
  readonly quiet?: number;
  readonly rules?: Strings;
  readonly files?: Strings;
}

function policy({ allowed = 0, audited = 0, quiet = 0, rules = {}, files = {} }: Contents): Buffer {
  return struct(
    'profile',
    struct('flags', number(0)),
    number(allowed),
    number(audited),
    number(quiet),
    number(0),
    struct('policydb', named('aadfa', blob(automaton(rules)))),
    named('aadfa', blob(automaton(files))),
    named('dfa_start', number(1)),
  );
}

describe('compiledDifference', () => {
  it('is undefined for the same policy', () => {
    const same = { allowed: 1, files: { '/a': { allow: 4 } }, rules: { '\x04x': { allow: 2 } } };
    expect(compiledDifference(policy(same), policy(same))).to.equal(undefined);
  });

  it('gives the shortest path that is decided differently', () => {
    const base = policy({ files: { '/a': { allow: 4 }, '/abc': { allow: 4 } } });
    const head = policy({ files: { '/a': { allow: 4 }, '/ab': { allow: 4 }, '/abc': { allow: 2 } } });
    expect(compiledDifference(base, head)).to.deep.equal({ kind: 'path', what: '/ab' });
  });

  it('does not look at paths with two slashes in a row', () => {
    const base = policy({ files: { '/a': { allow: 4 }, '//b': { allow: 4 } } });
    const head = policy({ files: { '/a': { allow: 4 }, '//b': { allow: 2 } } });
    expect(compiledDifference(base, head)).to.equal(undefined);
  });

  it('spells the bytes of another rule', () => {
    const difference = compiledDifference(policy({ rules: { '\x04x': { allow: 2 } } }), policy({}));
    expect(difference).to.deep.equal({ kind: 'rule', what: '\\x04x' });
  });

  it('names the capabilities that are allowed on one side only', () => {
    const difference = compiledDifference(policy({ allowed: 0b0101 }), policy({ allowed: 0b0011 }));
    expect(difference?.kind).to.equal('capability');
    expect(difference?.what).to.equal('capabilities with the numbers 1, 2 of their word');
  });

  // prettier-ignore
  const recordsOnly: readonly (readonly [string, Contents, Contents])[] = [
    ['a quiet capability', {}, { quiet: 1 }],
    ['an audited capability that is denied', {}, { audited: 1 }],
    ['an audited permission that is denied', { files: { '/a': { allow: 4 } } }, { files: { '/a': { allow: 4, audit: 2 } } }],
  ];
  for (const [name, base, head] of recordsOnly) {
    it(`ignores ${name}`, () => {
      expect(compiledDifference(policy(base), policy(head))).to.equal(undefined);
    });
  }

  it('finds an audited permission that is allowed', () => {
    const base = policy({ files: { '/a': { allow: 4 } } });
    const head = policy({ files: { '/a': { allow: 4, audit: 4 } } });
    expect(compiledDifference(base, head)).to.deep.equal({ kind: 'path', what: '/a' });
  });

  it('reports policies of another form, and what cannot be read', () => {
    expect(compiledDifference(policy({}), number(1))).to.have.property('what', 'the policies have different parts');
    expect(compiledDifference(policy({}), Buffer.from([99]))).to.have.property('what', 'a policy could not be read');
  });
});
