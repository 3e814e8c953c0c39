import { expect } from 'chai';
import type { ProbeTarget } from '#adapters/probe/probe-target.ts';
import type { FileLookup } from '#core/model/file-lookup.ts';
import { HarnessError } from '#core/model/errors.ts';
import type { Probe } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import { Trial, type TrialOptions, type TrialTarget } from '#harness/suite/trial.ts';
import { FakeAuditLog, type Mishaps } from '../fakes/audit-log.ts';
import { CONTAINER, observation, OUTSIDE, probe } from '../fakes/probes.ts';

/** A container in which everything is denied, and the trial of some probes in it. */
function trialOf(
  probes: readonly Probe[],
  {
    servicePids = [],
    watch,
    notUndone,
    control,
    outside = OUTSIDE,
    ...mishaps
  }: Mishaps & {
    readonly servicePids?: readonly number[];
    /** The id of a probe whose effect stays. */
    readonly notUndone?: string;
  } & Pick<Partial<TrialOptions>, 'watch' | 'control' | 'outside'> = {},
): { trial: Trial; tried: string[]; log: FakeAuditLog } {
  const log = new FakeAuditLog(mishaps);
  const tried: string[] = [];
  const confined = targetOf({
    pids: () => new Set(servicePids),
    attempt: ({ id }) => {
      tried.push(id);
      log.writeDenial({ profile: 'p', comm: id, path: '/x', pid: 2 });
      const left = id === notUndone ? { undoErrno: 'EBUSY' } : {};
      return Promise.resolve(observation({ errno: 'EACCES', ...left }));
    },
  });
  const trial = new Trial({
    probes,
    confined,
    log,
    barrier: log.barrier,
    mostUnderWay: 24,
    profiles: ['p'],
    container: CONTAINER,
    outside,
    decidedInAdvance: () => undefined,
    ...defined({ watch, control }),
  });
  return { trial, tried, log };
}

/** A target without a container: a trial only tries probes in it and asks for its processes. */
function targetOf(
  methods: Pick<ProbeTarget, 'pids' | 'attempt'>,
  credentials: readonly string[] = ['CapEff:\t0'],
): TrialTarget {
  return {
    ...methods,
    startAgents: () => Promise.resolve(credentials),
    agentPids: () => Promise.resolve(new Set()),
    pidsOutside: () => new Set(),
  };
}

function unlinkProbe(id: string): Probe {
  return probe(id, { action: { kind: 'operation', name: 'unlink', args: ['/x'], words: [], class: 'file' } });
}

async function codes(trial: Trial, probes: readonly Probe[]): Promise<string[]> {
  const all: string[] = [];
  for (const one of probes) all.push((await trial.settle(one)).verdict.code);
  return all;
}

describe('Trial', () => {
  const a = probe('a');
  const b = probe('b');
  const c = probe('c');

  it('tries once more exactly the probes whose records may be missing, which may then pass', async () => {
    const { trial, tried } = trialOf([a, b, c], { lose: [3] }); // of b: the barrier is 1, a is 2
    expect(await codes(trial, [a, b, c])).to.deep.equal(['denied', 'denied', 'denied']);
    expect(tried.join('')).to.equal('abcabc'); // a and c may have had a second record there
  });

  it('does not try again the probes whose records are far from a loss', async () => {
    const all = [a, b, c, probe('d'), probe('e')];
    const { trial, tried } = trialOf(all, { lose: [3] });
    expect(await codes(trial, all)).to.deep.equal(all.map(() => 'denied'));
    expect(tried.join('')).to.equal('abcdeabc');
  });

  it('is inconclusive when records are missing again, and does not try a removal twice', async () => {
    const gone = [unlinkProbe('u'), b];
    const { trial, tried } = trialOf(gone, { lose: [2, 3, 6] });
    expect(await codes(trial, gone)).to.deep.equal(['records-lost', 'records-lost']);
    expect(tried.join('')).to.equal('ubb');
  });

  it('tries a whole batch once more when the log was silent after it, and never a third time', async () => {
    const once = trialOf([a, b], { silent: [2] });
    expect(await codes(once.trial, [a, b])).to.deep.equal(['denied', 'denied']);
    expect(once.tried.join('')).to.equal('abab');
    const twice = trialOf([a, b], { silent: [2, 4] });
    expect(await codes(twice.trial, [a, b])).to.deep.equal(['no-records', 'no-records']);
    expect(twice.tried.join('')).to.equal('abab');
  });

  it('does not give a record of the service to a probe, whatever name its thread has', async () => {
    const { trial } = trialOf([a], { servicePids: [2] }); // the fake's records are all of process 2
    expect(await codes(trial, [a])).to.deep.equal(['silent-denial']);
    expect(trial.others.map(({ fields }) => fields['comm'])).to.deep.equal(['a']);
  });

  it('does not take a link in one of the containers for what it leads to', async () => {
    const tried = probe('a', { control: true });
    const control = targetOf({ pids: () => new Set(), attempt: () => Promise.resolve(observation()) });
    const lookInControl: FileLookup = () => ({ path: '/elsewhere', folder: false, missing: false });
    const outside = { ...OUTSIDE, before: () => ({ ...OUTSIDE.before(), lookInControl }) };
    const { trial } = trialOf([tried], { control, outside });
    expect(await codes(trial, [tried])).to.deep.equal(['leads-elsewhere']);
  });

  it('tries nothing as an agent that may do less than the one in the control', async () => {
    const tried = probe('a', { control: true });
    const controlWith = (credentials: readonly string[]): TrialTarget =>
      targetOf({ pids: () => new Set(), attempt: () => Promise.resolve(observation()) }, credentials);
    const alike = trialOf([tried], { control: controlWith(['CapEff:\t0']) });
    expect(await codes(alike.trial, [tried])).to.deep.equal(['denied']);
    const { trial } = trialOf([tried], { control: controlWith(['CapEff:\t1']) });
    const error: unknown = await trial.settle(tried).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(HarnessError).with.property('code', 'agent-replaced');
  });

  it('knows when somebody changed the policy meanwhile, even for a moment', async () => {
    const { trial, log } = trialOf([a]);
    log.write('apparmor="STATUS" operation="profile_replace" name="other" pid=9 comm="x"');
    log.write('apparmor="STATUS" operation="profile_replace" name="p" pid=9 comm="x"');
    await trial.settle(a);
    expect(trial.policyChanges.map(({ fields }) => fields['name'])).to.deep.equal(['p']);
  });

  describe('with many operations', () => {
    const many = Array.from({ length: 100 }, (_, n) => probe(`m${n}`));

    it('tries those that leave nothing between two barriers', async () => {
      const { trial, tried } = trialOf(many);
      await trial.settle(many[0]!);
      expect(trial.settled.map(({ verdict }) => verdict.code)).to.deep.equal(many.map(() => 'denied'));
      expect(tried).to.deep.equal(many.map(({ id }) => id));
    });

    it('stops before one that removes something', async () => {
      const { trial } = trialOf([...many, unlinkProbe('u')]);
      await trial.settle(many[0]!);
      expect(trial.settled).to.have.length(100);
      const early = trialOf([a, unlinkProbe('u'), ...many]);
      await early.trial.settle(a);
      expect(early.trial.settled).to.have.length(24);
    });

    it('tries those again, in small batches, that came after one that left something', async () => {
      const { trial, tried } = trialOf(many, { notUndone: 'm30' });
      await trial.settle(many[0]!);
      expect(trial.settled).to.have.length(31);
      await trial.settle(many[31]!);
      expect(trial.settled).to.have.length(31 + 24);
      expect(tried.slice(100)).to.deep.equal(many.slice(31, 55).map(({ id }) => id));
    });

    it('tries only those again that a loss may have touched', async () => {
      const { trial, tried } = trialOf(many, { lose: [52] }); // of m50: the barrier is 1, m0 is 2
      await trial.settle(many[0]!);
      expect(tried.slice(100)).to.deep.equal(['m49', 'm50', 'm51']);
      expect(trial.settled.every(({ verdict }) => verdict.code === 'denied')).to.equal(true);
    });
  });

  it('does not believe a service that left the profile, and looks around each batch', async () => {
    let looks = 0;
    const leftProfile = new HarnessError('left-profile', 'It left:', { details: ['/a has the label b'] });
    const look = (): Promise<void> => {
      looks += 1;
      return Promise.resolve();
    };
    const request = probe('r', { action: { kind: 'http', url: 'http://container/' } });
    const { trial } = trialOf([a, request], {
      watch: { look, leftProfile, leftRunning: undefined, serviceLabels: new Set() },
    });
    expect(await codes(trial, [a, request])).to.deep.equal(['denied', 'left-profile']);
    expect(looks).to.equal(4);
    const left = { look, leftProfile: undefined, leftRunning: leftProfile, serviceLabels: new Set<string>() };
    const beside = trialOf([a, request], { watch: left });
    expect(await codes(beside.trial, [a, request])).to.deep.equal(['denied', 'left-profile']);
  });

  describe('under an audit mode that takes part in the decision', () => {
    /** A kill profile with a deny rule: under `noquiet` the process ends, with a record; else it is denied without. */
    function quietTrial(options: { readonly disturbed?: boolean } = {}): { trial: Trial; tried: string[] } {
      const log = new FakeAuditLog();
      const tried: string[] = [];
      let isSpeaking = false;
      const confined = targetOf({
        pids: () => new Set(),
        attempt: ({ id }) => {
          tried.push(isSpeaking ? id.toUpperCase() : id);
          if (!isSpeaking) return Promise.resolve(observation({ errno: 'EACCES' }));
          log.write(`apparmor="KILLED" operation="open" profile="p" name="/x" pid=2 comm="${id}" denied_mask="r"`);
          return Promise.resolve(observation({ signal: 'SIGKILL' }));
        },
      });
      const trial = new Trial({
        probes: [a, b],
        confined,
        log,
        barrier: log.barrier,
        mostUnderWay: 24,
        profiles: ['p'],
        container: CONTAINER,
        outside: OUTSIDE,
        auditSwitch: {
          isSilent: true,
          isSpeaking: false,
          speak: async (work) => {
            isSpeaking = true;
            const result = await work();
            isSpeaking = false;
            return result;
          },
          check: () => {
            if (options.disturbed === true) throw new HarnessError('switch-changed', 'Changed.');
          },
        },
        decidedInAdvance: () => undefined,
      });
      return { trial, tried };
    }

    it('tries what was denied without a record again, and decides by the first attempt', async () => {
      const { trial, tried } = quietTrial();
      expect(await codes(trial, [a, b])).to.deep.equal(['denied-quietly', 'denied-quietly']);
      expect(tried.join('')).to.equal('abAB');
      const [first] = trial.settled;
      expect(first?.observation?.errno).to.equal('EACCES');
      expect(first?.witnesses).to.deep.equal([]);
      expect(first?.evidence?.observation.signal).to.equal('SIGKILL');
    });

    it('is inconclusive when something changed the mode both times', async () => {
      const { trial, tried } = quietTrial({ disturbed: true });
      expect(await codes(trial, [a, b])).to.deep.equal(['switch-changed', 'switch-changed']);
      expect(tried.join('')).to.equal('abab');
    });
  });
});
