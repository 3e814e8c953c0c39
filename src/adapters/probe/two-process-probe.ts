/** An attempt of one process on another, each under a label of its own: the other end is prepared, looked at, and let go of. */
import type { Observation, Probe } from '#core/model/model.ts';
import { sameLabel } from '#core/model/labels.ts';
import type { AgentSession } from './agent-session.ts';

/** What has agents: a container, or a peer of it. */
interface End {
  agent(user: string | undefined): Promise<AgentSession>;
}

/** @param probe an operation whose last argument is the place for the other end. */
export async function tryOnPeer(actor: End, other: End, probe: Probe): Promise<Observation> {
  const { action } = probe;
  if (action.kind !== 'operation') throw new Error('only an operation has another end');
  const [active, passive] = await Promise.all([actor.agent(probe.user), other.agent(probe.user)]);
  const socket = action.class === 'unix';
  const address = `@apparmor-probe-${probe.id}`;
  let tried: Observation | undefined;
  const prepared = await passive.pause(
    probe,
    socket ? 'listen-pause' : 'target-pause',
    socket ? [action.args[1] ?? '', address] : [],
    async (seen, inner) => {
      const { right: _right, ...proof } = passive.confirm(inner);
      const args = [...action.args.slice(0, -1), socket ? address : `paused:${inner}`];
      // one that carries another label is not touched: the verdict says so
      tried = {
        ...(sameLabel(proof.label, proof.expected)
          ? await active.perform({ ...probe, action: { ...action, args } })
          : seen),
        other: proof,
      };
      return seen;
    },
  );
  return (
    tried ?? {
      ...prepared,
      errno: 'ECANCELED',
      remark: `the other end could not be prepared: ${prepared.errno ?? prepared.problem ?? 'no answer'}`,
    }
  );
}
