/** Waits until the service of a container is ready, or finds out why it is not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HarnessError } from '#core/model/errors.ts';
import type { Readiness } from '#core/model/model.ts';
import type { Container, ContainerState } from './container.ts';
import { httpGet, tcpAccepts } from './http-get.ts';

const POLL_MS = 200;
/** Without a readiness check: a service that its profile kills at once is dead by then. */
const SETTLE_MS = 500;
/** How long one check of `http` or `tcp` may take. */
const CHECK_MS = 2000;
/** How much of an answer is read: its status is all that counts. */
const BODY_BYTES = 1024;
/** How many lines of output a `log` pattern is looked for in. */
const LOG_LINES = 200;
const LAST_LINES = 10;

/** @throws HarnessError `container-exited` or `not-ready`, with the last lines of its output in `details`. */
export async function waitReady(
  container: Container,
  role: string,
  ready: Readiness | undefined,
): Promise<ContainerState> {
  const timeoutMs = ready?.timeoutMs ?? SETTLE_MS;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const state = await container.state();
    if (!state.running) throw await exitedBeforeReady(container, role, state);

    const timedOut = performance.now() > deadline;
    const isUp = ready === undefined ? timedOut : await isReady(container, state, ready);
    if (isUp) return state;
    if (timedOut) throw await notReadyInTime(container, role, timeoutMs);

    await sleep(POLL_MS);
  }
}

async function exitedBeforeReady(container: Container, role: string, state: ContainerState): Promise<HarnessError> {
  const memory = state.oomKilled ? ' (out of memory)' : '';
  return new HarnessError(
    'container-exited',
    `The ${role} container exited with status ${state.exit}${memory} before it was ready.`,
    { details: await lastLines(container) },
  );
}

async function notReadyInTime(container: Container, role: string, timeoutMs: number): Promise<HarnessError> {
  return new HarnessError(
    'not-ready',
    `The service in the ${role} container was not ready within ${timeoutMs / 1000} s.`,
    { details: await lastLines(container) },
  );
}

async function isReady(container: Container, { address }: ContainerState, ready: Readiness): Promise<boolean> {
  if (ready.log !== undefined) return new RegExp(ready.log, 'u').test(await container.logs(LOG_LINES));
  if (address === undefined) return false;
  if (ready.tcp !== undefined) return tcpAccepts(ready.tcp, address, CHECK_MS);
  const { status } = await httpGet(ready.http ?? '', address, CHECK_MS, BODY_BYTES);
  return status !== undefined && status < 400;
}

async function lastLines(container: Container): Promise<string[]> {
  const text = await container.logs(LAST_LINES);
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-LAST_LINES);
}
