import { expect } from 'chai';
import { literalDenials } from '#core/profile/semantics/literal-denials.ts';
import { findIn, readText } from '../reading.ts';

const PROFILE = `profile p {
  include <denied>
  deny /bin/sh mrwklx,
  audit deny owner /a r,
  deny /b/** w,
  /c r,
  # deny /d r,
  deny "/e f" r,
  deny {
    owner /g r,
    /h/@{profile_name} r,
  }
  signal (send,
    receive) peer=p,
}`;

describe('literalDenials', () => {
  it('finds deny rules with a plain path, and their lines', () => {
    const text = readText(PROFILE, findIn({ denied: 'deny /included r,' }));
    expect(literalDenials(text)).to.deep.equal([
      { line: 3, path: '/bin/sh' },
      { line: 4, path: '/a' },
      { line: 8, path: '/e f' },
      { line: 10, path: '/g' },
    ]);
  });
});
