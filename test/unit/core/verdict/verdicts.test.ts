import { expect } from 'chai';
import { VERDICTS, verdict } from '#core/verdict/verdicts.ts';

describe('verdict', () => {
  it('fills the sentences of a row with its facts', () => {
    expect(verdict('denied-twice', { denial: 'open /x (r)', how: 'EROFS; likely a read-only mount' })).to.deep.equal({
      kind: 'pass',
      code: 'denied-twice',
      reason: 'Denied: open /x (r); another layer denies it as well.',
      notes: ['The control, without the profile, fails too: EROFS; likely a read-only mount.'],
    });
  });

  it('has no hint where there is nothing to do', () => {
    expect(verdict('denied', { denial: undefined })).to.not.have.property('hint');
    expect(verdict('control-unclear', { why: 'x', isProgramMissing: false })).to.not.have.property('hint');
  });

  it('makes one sentence of a clause, and of a sentence', () => {
    expect(verdict('timeout', { why: 'it did not end' }).reason).to.equal('It did not end.');
    expect(verdict('not-tried', { why: 'The run was interrupted.' }).reason).to.equal(
      'Not tried: The run was interrupted.',
    );
  });

  describe('on a service that does not start', () => {
    const facts = {
      message: 'The container exited with status 1.\nnginx: [emerg] …',
      denial: 'denied create inet6 stream',
      advice: 'Read its last output.',
    };

    it('fails a probe that was to be allowed, with all that is known', () => {
      expect(verdict('service-down', { ...facts, expected: 'allowed' })).to.deep.equal({
        kind: 'fail',
        code: 'service-down',
        reason:
          'The service does not start under the profile: The container exited with status 1, ' +
          'after AppArmor denied create inet6 stream.',
        notes: ['nginx: [emerg] …'],
        hint: 'Read its last output.',
      });
    });

    it('is inconclusive for a probe that was to be denied', () => {
      expect(verdict('service-down', { ...facts, expected: 'denied' })).to.deep.equal({
        kind: 'inconclusive',
        code: 'service-down',
        reason: 'The service does not start under the profile, so it cannot be tested.',
        notes: [],
      });
    });
  });
});

describe('the table of verdicts', () => {
  for (const [code, { means }] of Object.entries(VERDICTS)) {
    it(`says in whole sentences what ${code} means`, () => {
      expect(means).to.match(/^[A-Z][^|\n]*\.$/);
    });
  }
});
