import { expect } from 'chai';
import type { Details, Outcome } from '#adapters/probe/agent-protocol.ts';
import { observed } from '#adapters/probe/captured-output.ts';

const DONE: Outcome = { stage: 'done', errno: 0, exit: undefined, signal: 0, durationUs: 1500, killErrno: 0 };
const NO_DETAILS: Details = { undoErrno: 0, askedOnlyErrno: 0, pausedPid: 0, stoppedAt: '', remark: '' };

describe('what the agent sent, as an observation', () => {
  it('leaves out what there is nothing to say of', () => {
    expect(observed({ ...DONE, ...NO_DETAILS })).to.deep.equal({ stage: 'done', durationMs: 1.5 });
    expect(observed(DONE)).to.deep.equal({ stage: 'done', durationMs: 1.5 });
  });

  it('keeps the step that failed when there is another remark', () => {
    const details = { ...NO_DETAILS, stoppedAt: 'fsopen', remark: 'no mount namespace of its own: errno 1' };
    expect(observed({ ...DONE, ...details, errno: 1 })).to.include({
      errno: 'EPERM',
      stoppedAt: 'fsopen',
      remark: 'no mount namespace of its own: errno 1; at fsopen',
    });
  });

  it('keeps a failed undo when there is another remark', () => {
    const details = { ...NO_DETAILS, undoErrno: 13, stoppedAt: 'truncate' };
    expect(observed({ ...DONE, ...details, errno: 13 })).to.include({
      undoErrno: 'EACCES',
      remark: 'at truncate; not undone: EACCES',
    });
  });

  it('says that only the permission was asked for', () => {
    expect(observed({ ...DONE, ...NO_DETAILS, askedOnlyErrno: 27 })).to.deep.equal({
      stage: 'done',
      durationMs: 1.5,
      remark: 'asked only: EFBIG',
    });
  });

  it('says what could not be killed', () => {
    const remark = 'it, or something that it started, could not be killed: EPERM';
    expect(observed({ ...DONE, killErrno: 1 })).to.include({ remark });
  });

  it('names no signal for a command that was killed for being late', () => {
    expect(observed({ ...DONE, stage: 'timeout', signal: 9 })).not.to.have.property('signal');
    expect(observed({ ...DONE, signal: 9 })).to.include({ signal: 'SIGKILL' });
  });
});
