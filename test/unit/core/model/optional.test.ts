import { expect } from 'chai';
import { defined } from '#core/model/optional.ts';

describe('defined', () => {
  it('leaves out the keys whose value is undefined', () => {
    const grep: string | undefined = undefined;
    expect(defined({ file: 'a.yml', grep })).to.deep.equal({ file: 'a.yml' });
  });

  it('keeps null, zero, false and the empty string', () => {
    const values = { nothing: null, zero: 0, off: false, empty: '' };
    expect(defined(values)).to.deep.equal(values);
  });
});
