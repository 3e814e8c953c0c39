/** An attempt of one process on another, each under a label of its own. */
import type { Action, Observation, Probe } from '#core/model/model.ts';
import { sameLabel } from '#core/model/labels.ts';
import { controlId } from '../host/probe-ids.ts';
import { lost } from './captured-output.ts';
import type { AgentSession } from './agent-session.ts';

/** A container with agents: the confined one, the control, or a peer of them. */
interface End {
  agent(user: string | undefined): Promise<AgentSession>;
}

/** What the other end becomes for the attempt. */
interface OtherEnd {
  /** The agent's operation that prepares a process and leaves it paused. */
  readonly form: string;
  readonly args: readonly string[];
  /** @returns the last argument of the attempt: where it finds the other end. */
  readonly placeOf: (pausedPid: number) => string;
}

/**
 * Has the other end prepared and paused, checks its label, makes the attempt on it, and lets it go.
 * @param probe an operation whose last argument is left empty, for the place of the other end.
 */
export async function tryOnPeer(actor: End, other: End, probe: Probe): Promise<Observation> {
  const { action, id, user } = probe;
  if (action.kind !== 'operation') throw new Error('only an operation can have a peer');
  const { form, args, placeOf } = otherEndOf(action, `@apparmor-probe-${controlId(id)}`);
  const [active, passive] = await Promise.all([actor.agent(user), other.agent(user)]);

  let attempted: Observation | undefined;
  const prepared = await passive.pause(probe, form, args, async (paused, pausedPid) => {
    const { right, ...proof } = passive.confirm(pausedPid);
    const attempt = { ...probe, action: { ...action, args: [...action.args.slice(0, -1), placeOf(pausedPid)] } };
    // a process with another label is not touched: the verdict reports the label
    const isExpected = sameLabel(proof.label, proof.expected);
    if (isExpected && !right) {
      attempted = lost('the paused process of the peer is not of its agent');
      return paused;
    }
    attempted = { ...(isExpected ? await active.perform(attempt) : paused), other: proof };
    return paused;
  });
  return attempted ?? notPrepared(prepared);
}

/** For an access through a socket the other end listens; for a signal or a trace it only waits. */
function otherEndOf({ class: ruleClass, args }: Action & { kind: 'operation' }, address: string): OtherEnd {
  if (ruleClass !== 'unix') return { form: 'target-pause', args: [], placeOf: (pausedPid) => `paused:${pausedPid}` };
  return { form: 'listen-pause', args: [args[1] ?? '', address], placeOf: () => address };
}

function notPrepared(prepared: Observation): Observation {
  const why = prepared.errno ?? prepared.problem ?? 'no answer';
  return { ...prepared, errno: 'ECANCELED', remark: `the peer could not be prepared: ${why}` };
}
