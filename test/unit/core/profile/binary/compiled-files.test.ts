/** What compiled policy says of files to owners and others, in the older form of policy. */
import { expect } from 'chai';
import { CompiledFiles } from '#core/profile/binary/compiled-files.ts';
import { lettersIn, type Masks } from '#core/profile/semantics/file-masks.ts';
import { automaton, blob, named, number, struct, text, type Strings } from './policy-bytes.ts';

/** Owner's bits, and those of others 14 bits higher. */
function bits(owner: number, other: number): { readonly allow: number } {
  return { allow: owner | (other << 14) };
}

function policy(strings: Strings | undefined): Buffer {
  const flags = struct('flags', number(0), number(0), number(0));
  const files = strings === undefined ? [] : [named('aadfa', blob(automaton(strings))), named('dfa_start', number(1))];
  return Buffer.concat([struct('profile', text('p\0'), flags, ...files)]);
}

function shown({ owner, other }: Masks): string {
  return `${lettersIn(owner).join('')}/${lettersIn(other).join('')}`;
}

describe('CompiledFiles', () => {
  const strings = {
    '/a': bits(0x7f, 4),
    '/ab': bits(4, 4),
    '/ab/': bits(2, 0),
    '/l\0/t': bits(0x10, 0),
    '/l': bits(0x10, 0x10),
  };

  it('says what each path allows, to its owner and to others', () => {
    const files = CompiledFiles.of(policy(strings), 'p');
    const answers = ['/a', '/ab', '/ab/', '/b', '/', '/abc', '/a'].map((path) => shown(files!.at(path)));
    expect(answers).to.deep.equal(['rwalkmx/r', 'r/r', 'wa/', '/', '/', '/', 'rwalkmx/r']);
  });

  it('reads a table of permissions, also where its version stands between the two', () => {
    const entry = (allow: number): readonly Buffer[] => [0, allow, ...Array<number>(12).fill(0)].map(number);
    const array = Buffer.concat([Buffer.from([11, 2, 0]), ...entry(4), ...entry(2), Buffer.from([12])]);
    const table = [struct('perms', named('version', number(1)), array)];
    const dfa = named('aadfa', blob(automaton({ '/a': { allow: 0, audit: 1 } })));
    for (const version of [[], [named('permsv', number(3))]]) {
      const bytes = struct('profile', text('p\0'), struct('flags', number(0)), ...table, ...version, dfa);
      expect(shown(CompiledFiles.of(bytes, 'p')!.at('/a'))).to.equal('r/wa');
    }
  });

  it('says which links a name may be', () => {
    const files = CompiledFiles.of(policy(strings), 'p');
    expect(['/t', '/u'].map((target) => shown(files!.link('/l', target)))).to.deep.equal(['l/', '/']);
    expect(shown(files!.at('/l'))).to.equal('l/l');
  });

  it('allows nothing without file rules, and is nothing where there is no such profile', () => {
    expect(shown(CompiledFiles.of(policy(undefined), 'p')!.at('/a'))).to.equal('/');
    expect(CompiledFiles.of(policy(strings), 'q')).to.equal(undefined);
    expect(CompiledFiles.of(Buffer.from('x'), 'p')).to.equal(undefined);
  });
});
