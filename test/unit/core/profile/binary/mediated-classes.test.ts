import { expect } from 'chai';
import { mediatedClasses } from '#core/profile/binary/mediated-classes.ts';
import { automaton, blob, named, number, struct, text, type Strings } from './policy-bytes.ts';

function policy(name: string, rules?: Strings): Buffer {
  return struct(
    'profile',
    text(name),
    struct('flags', number(0)),
    ...(rules === undefined ? [] : [struct('policydb', named('aadfa', blob(automaton(rules))))]),
    named('aadfa', blob(automaton({ '\x15': { allow: 4 } }))),
    named('dfa_start', number(1)),
  );
}

describe('the classes that a compiled policy mediates', () => {
  const mediated = { allow: 4 };
  const classesOf = (bytes: Buffer): Record<string, string[]> =>
    Object.fromEntries([...(mediatedClasses(bytes) ?? [])].map(([name, classes]) => [name, [...classes]]));

  it('are those whose byte leads somewhere in its rules, for each profile', () => {
    const one = policy('one', { '\x15': mediated, '\x0e': mediated });
    const two = policy('two//kid', { '\x16': mediated, '\x0f\x00\x01': mediated });
    expect(classesOf(Buffer.concat([one, two, policy('three')]))).to.deep.equal({
      one: ['network', 'userns'],
      'two//kid': ['network', 'unix', 'io_uring'],
      three: [],
    });
  });

  it('are not known of what is no policy', () => {
    expect(mediatedClasses(Buffer.from('no policy'))).to.equal(undefined);
    const broken = struct('profile', text('p'), struct('policydb', named('aadfa', blob(Buffer.from('no automaton')))));
    expect(mediatedClasses(broken)).to.equal(undefined);
  });
});
