/** What a session puts back, however its work ends. */
import { expect } from 'chai';
import { HarnessError } from '#core/model/errors.ts';
import { runId, withHostSession } from '#harness/session/session.ts';
import { FakeHost } from '../fakes/host.ts';

const EVENTS = { progress: (): void => undefined, fault: (): void => undefined };

describe('withHostSession', () => {
  it('undoes the changes of an interrupted session even when its containers cannot be removed', async () => {
    const host = new FakeHost();
    const interruption = new AbortController();
    host.engine.removeRun = () => Promise.reject(new HarnessError('no-docker', 'The engine has gone.'));

    const session = withHostSession(
      { run: runId(), options: { keepAuditSwitch: false, signal: interruption.signal }, events: EVENTS, host },
      () => {
        interruption.abort();
        return Promise.resolve();
      },
    );

    const error: unknown = await session.catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'no-docker');
    expect(host.events).to.deep.equal(['begin changes', 'undo changes']);
    expect(host.left).to.deep.equal([]);
  });
});
