import { expect } from 'chai';
import { baseCommit, diffArguments, diffSummary, withDiff } from '#action/pull-request.ts';
import type { Inputs } from '#action/inputs.ts';
import type { StepResult } from '#action/outputs.ts';

const SHA = 'a'.repeat(40);
const INPUTS: Inputs = {
  include: [],
  specs: ['specs/*.yml'],
  reportDir: 'reports',
  bail: false,
  inPlace: false,
  summary: true,
  diff: true,
};
const GREEN: StepResult = { verdict: 'green', exitCode: 0 };

describe('a pull request', () => {
  it('names its base commit, and only a commit', () => {
    const payload = (sha: unknown): string => JSON.stringify({ pull_request: { base: { sha } } });
    const group = JSON.stringify({ merge_group: { base_sha: SHA } });
    expect(baseCommit('pull_request', payload(SHA))).to.deep.equal({ commit: SHA });
    expect(baseCommit('pull_request_target', payload(SHA))).to.deep.equal({ commit: SHA });
    expect(baseCommit('merge_group', group)).to.deep.equal({ commit: SHA });
    expect(baseCommit('push', payload(SHA))).to.deep.equal({});
    expect(baseCommit(undefined, payload(SHA))).to.deep.equal({});
    for (const text of [payload('--output=x'), payload(7), '{', 'null', group, undefined])
      expect(baseCommit('pull_request', text).problem, text).to.include('names no base commit');
  });

  it('that names no base commit is an error, and not one without a comparison', () => {
    const { failure, verdict } = withDiff(GREEN, { startError: 'the payload names no base commit' });
    expect(verdict).to.equal('error');
    expect(failure).to.include('names no base commit');
  });

  it('gives no spec a chance to be an option', () => {
    const args = diffArguments(SHA, 'reports/diff.md', INPUTS, ['-x.yml']);
    expect(args.slice(args.indexOf('--'))).to.deep.equal(['--', '-x.yml']);
  });

  it('turns a green step red for what is newly allowed, and to an error when it could not be compared', () => {
    expect(withDiff(GREEN, { exit: 0 })).to.equal(GREEN);
    expect(withDiff(GREEN, { exit: 1 })).to.include({ verdict: 'red', exitCode: 1 });
    expect(withDiff(GREEN, { exit: 3 })).to.include({ verdict: 'undecided', exitCode: 3 });
    for (const ended of [{ exit: 2 }, { exit: 4 }, { signal: 'SIGKILL' }])
      expect(withDiff(GREEN, ended)).to.include({ verdict: 'error', exitCode: 4 });
    const red: StepResult = { verdict: 'red', exitCode: 1, failure: 'a probe failed' };
    expect(withDiff(red, { exit: 4 })).to.equal(red);
  });

  it('is summed up with what the comparison wrote', () => {
    expect(diffSummary('- x\n', { exit: 1 })).to.contain('- x');
    expect(diffSummary('', { exit: 0 })).to.equal('');
    expect(diffSummary(undefined, { exit: 4 })).to.contain('could not be compared');
  });
});
