/** Waits until the service of a container is up, or says why it is not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HarnessError } from '#core/model/errors.ts';
import type { Readiness } from '#core/model/model.ts';
import type { Container, ContainerState } from './container.ts';
import { httpGet, tcpAccepts } from './http-get.ts';

const POLL_MS = 200;
/** Without a readiness check: a service that its profile kills at once is dead by then. */
const SETTLE_MS = 500;
const LOG_LINES = 200;

/** @throws HarnessError `container-exited` or `not-ready`, with the last lines of its output in `details`. */
export async function waitReady(
  container: Container,
  role: string,
  ready: Readiness | undefined,
): Promise<ContainerState> {
  const end = performance.now() + (ready?.timeoutMs ?? SETTLE_MS);
  for (;;) {
    const state = await container.state();
    if (!state.running)
      throw new HarnessError(
        'container-exited',
        `The ${role} container exited with status ${state.exit}${state.oomKilled ? ' (out of memory)' : ''} before it was ready.`,
        { details: await lastLines(container) },
      );
    const late = performance.now() > end;
    if (ready === undefined) {
      if (late) return state;
    } else if (await isReady(container, state, ready)) return state;
    else if (late)
      throw new HarnessError(
        'not-ready',
        `The service in the ${role} container was not ready within ${ready.timeoutMs / 1000} s.`,
        { details: await lastLines(container) },
      );
    await sleep(POLL_MS);
  }
}

async function isReady(container: Container, { address }: ContainerState, ready: Readiness): Promise<boolean> {
  if (ready.log !== undefined) return new RegExp(ready.log, 'u').test(await container.logs(LOG_LINES));
  if (address === undefined) return false;
  if (ready.tcp !== undefined) return tcpAccepts(ready.tcp, address, 2000);
  const answer = await httpGet(ready.http ?? '', address, 2000, 1024);
  return answer.status !== undefined && answer.status < 400;
}

async function lastLines(container: Container): Promise<string[]> {
  return (await container.logs(10))
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-10);
}
