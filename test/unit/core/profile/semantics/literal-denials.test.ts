import { expect } from 'chai';
import { literalDenials } from '#core/profile/semantics/literal-denials.ts';

const PROFILE = `profile p {
  deny /bin/sh mrwklx,
  audit deny owner /a r,
  deny /b/** w,
  /c r,
  # deny /d r,
  deny "/e f" r,
}`;

describe('literalDenials', () => {
  it('finds deny rules with a plain path, and their lines', () => {
    expect(literalDenials(PROFILE)).to.deep.equal([
      { line: 2, path: '/bin/sh' },
      { line: 3, path: '/a' },
      { line: 7, path: '/e f' },
    ]);
  });
});
