/** Mutants a minute, and their floor in the same run: the bare parser replacing the policy, one round of the agent. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeProfile } from '#adapters/kernel/securityfs/loaded-profiles.ts';
import type { Plan } from '#core/model/model.ts';
import { mutateProfile } from '#harness/mutate/mutate-profile.ts';
import { LOOSENING } from '#core/mutation/operators.ts';
import { countMutants, scoreOf } from '#core/mutation/results.ts';
import { exec } from '#adapters/host/exec.ts';
import { withHostSession, runId, type SessionEvents } from '#harness/session/session.ts';
import { loadPlans } from '#adapters/host/load-specs.ts';
import { LivePolicy } from '#harness/mutate/live-policy.ts';
import { file, ROOT } from '../kit.ts';

const ROUNDS = 20;
const silent = (): void => undefined;
const EVENTS: SessionEvents = { progress: silent, fault: silent };
const OPTIONS = { keepAuditSwitch: false, signal: new AbortController().signal };

/**
 * The least that a mutant can cost: `apparmor_parser -r` of the profile under another name, then one operation through
 * the running agent.
 */
async function floorMs(plan: Plan, text: string): Promise<{ parserMs: number; roundMs: number }> {
  const copy = file('profile', text.replace('profile docker-nginx', 'profile bench-floor'));
  const times = { parserMs: 0, roundMs: 0 };
  await withHostSession({ run: runId(), options: OPTIONS, events: EVENTS }, async (session) => {
    const bench = await LivePolicy.open(plan, session);
    try {
      await bench.tryPlan();
      const probe = plan.probes.find(({ action }) => action.kind === 'operation');
      if (probe === undefined) throw new Error('the spec has no operation');
      for (let i = 0; i < ROUNDS; i += 1) {
        const started = performance.now();
        const { exit, stderr } = await exec(['apparmor_parser', '--replace', '--skip-cache', copy]);
        if (exit !== 0) throw new Error(stderr);
        const loaded = performance.now();
        if ((await bench.firstFailure([probe])) !== undefined) throw new Error('the probe does not pass');
        times.parserMs += (loaded - started) / ROUNDS;
        times.roundMs += (performance.now() - loaded) / ROUNDS;
      }
    } finally {
      await bench.close((thrown) => {
        throw thrown;
      });
      removeProfile('bench-floor');
    }
  });
  return times;
}

/** Every mutant of docker-nginx. @returns figures for JSON. */
export async function benchMutants(): Promise<Record<string, unknown>> {
  const spec = join(ROOT, 'specs/docker-nginx.yml');
  const [plan] = loadPlans([spec]);
  if (plan?.profile.from !== 'file') throw new Error('the spec has no profile');
  const floor = await floorMs(plan, readFileSync(plan.profile.file, 'utf8'));
  const { results, mutantsMs } = await mutateProfile(
    { spec, included: false, operators: LOOSENING, ...OPTIONS },
    { ...EVENTS, result: silent },
  );
  const mutantMs = mutantsMs / results.length;
  return {
    mutants: results.length,
    score: scoreOf(results),
    ...countMutants(results),
    perMinute: 60_000 / mutantMs,
    mutantMs,
    floorMs: floor.parserMs + floor.roundMs,
    ...floor,
    ratio: mutantMs / (floor.parserMs + floor.roundMs),
  };
}
