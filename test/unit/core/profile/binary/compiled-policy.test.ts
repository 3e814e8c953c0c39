import { expect } from 'chai';
import { automatonOf, fieldsOf } from '#core/profile/binary/compiled-policy.ts';
import { automaton, blob, named, number, struct, tables, text } from './policy-bytes.ts';

describe('fieldsOf', () => {
  it('reads numbers, texts, blobs and structs with their names', () => {
    const policy = Buffer.concat([
      named('version', number(5)),
      struct('profile', text('p\0'), named('aadfa', blob(Buffer.from('dfa')))),
    ]);
    expect(fieldsOf(policy)?.map(({ kind, name, value }) => [kind, name, value])).to.deep.equal([
      ['number', 'version', '5'],
      ['open', 'profile', '7'],
      ['text', '', 'p\0'],
      ['blob', 'aadfa', ''],
      ['close', '', '8'],
    ]);
  });

  it('gives the bytes of a blob', () => {
    const [field] = fieldsOf(blob(Buffer.from('dfa'))) ?? [];
    expect(Buffer.from(field?.blob ?? []).toString()).to.equal('dfa');
  });

  it('refuses a policy that is cut off anywhere', () => {
    const field = named('aadfa', blob(Buffer.from('dfa')));
    const afterName = named('aadfa', Buffer.alloc(0)).length;
    for (let length = 1; length < field.length; length += 1) {
      if (length === afterName) continue; // a name alone is a whole field of the stream
      expect(fieldsOf(field.subarray(0, length)), `${length} bytes`).to.equal(undefined);
    }
  });

  it('refuses an unknown code', () => {
    expect(fieldsOf(Buffer.from([99]))).to.equal(undefined);
  });
});

describe('automatonOf', () => {
  /** The permissions of a string. */
  function permissions(bytes: Buffer, string: string): object | undefined {
    const read = automatonOf(bytes);
    const state = read && Buffer.from(string).reduce((from, byte) => read.next(from, byte), 1);
    return state === undefined ? undefined : read?.accepts(state);
  }

  it('follows a string to the permissions that it has', () => {
    const bytes = automaton({ '/a': { allow: 4 }, '/ab': { allow: 2, audit: 2 } });
    expect(permissions(bytes, '/a')).to.deep.equal({ allow: 4, audit: 0 });
    expect(permissions(bytes, '/ab')).to.deep.equal({ allow: 2, audit: 2 });
    expect(permissions(bytes, '/b')).to.deep.equal({ allow: 0, audit: 0 });
  });

  it('reads one that padding stands before', () => {
    const bytes = Buffer.concat([Buffer.alloc(3), automaton({ '/a': { allow: 4 } })]);
    expect(permissions(bytes, '/a')).to.deep.equal({ allow: 4, audit: 0 });
  });

  it('asks the default state of a state that lists only what differs', () => {
    const a = 'a'.charCodeAt(0);
    const next = new Array<number>(1024).fill(0);
    const check = new Array<number>(1024).fill(0);
    next[512 + a] = 3; // state 2 moves from `a` to 3
    check[512 + a] = 2;
    const diffEncoded = 0x80000000;
    const bytes = tables({
      1: [0, 0, 0, 7],
      2: [0, diffEncoded + 256, 512, 768],
      3: check,
      4: [0, 2, 0, 0], // the default of state 1 is 2
      8: next,
    });
    expect(permissions(bytes, 'a')).to.deep.equal({ allow: 7, audit: 0 });
  });

  it('refuses bytes without a header, and tables that are cut off', () => {
    const bytes = automaton({ '/a': { allow: 4 } });
    expect(automatonOf(Buffer.from('no automaton at all'))).to.equal(undefined);
    expect(automatonOf(bytes.subarray(0, bytes.length - 100))).to.equal(undefined);
  });
});
