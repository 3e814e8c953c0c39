import { expect } from 'chai';
import { HarnessError } from '#core/model/errors.ts';
import type { Barrier } from '#adapters/kernel/log/barrier.ts';
import type { KernelLog, LogReading } from '#adapters/kernel/log/kernel-log.ts';
import { parseKernelText } from '#core/audit/parse-record.ts';
import type { Observation, Probe } from '#core/model/model.ts';
import type { ProbeTarget } from '#adapters/probe/probe-target.ts';
import { Trial } from '#harness/suite/trial.ts';

const NOTHING = { text: '', bytes: 0, truncated: false };
const probe = (id: string, name = 'open'): Probe => ({
  id,
  name: id,
  action: { kind: 'operation', name, args: ['read', '/x'], class: 'file', words: [] },
  timeoutMs: 1,
  control: false,
  direct: false,
  expect: { access: 'denied' },
  at: { file: 'f', line: 1, column: 1 },
});

/** A kernel and a container in which everything is denied. `lose` and `silent` say what goes wrong at which crossing or record. */
function world(
  probes: readonly Probe[],
  {
    lose = [],
    silent = [],
    service = [],
  }: { lose?: readonly number[]; silent?: readonly number[]; service?: readonly number[] },
): { trial: Trial; tried: string[] } {
  let serial = 0,
    crossings = 0;
  let texts: string[] = [];
  const tried: string[] = [];
  const write = (text: string): void => {
    serial += 1;
    if (!lose.includes(serial)) texts.push(`audit: type=1400 audit(1.000:${serial}): ${text}`);
  };
  const barrier: Barrier = {
    cross: () => {
      crossings += 1;
      write('apparmor="STATUS" operation="profile_replace" name="barrier" pid=1 comm="b"');
      return silent.includes(crossings)
        ? Promise.reject(new HarnessError('no-records', 'No record.'))
        : Promise.resolve(serial);
    },
  };
  let last: string | undefined; // gaps count from the last text of the look before
  const take = (): LogReading => {
    const taken = last === undefined ? texts : [last, ...texts];
    const fresh = texts;
    last = texts.at(-1) ?? last;
    texts = [];
    return {
      texts: taken.map((text) => ({ text })),
      records: fresh.flatMap((text) => {
        const parsed = parseKernelText(text);
        return parsed.kind === 'record' ? [parsed.record] : [];
      }),
    };
  };
  const attempt = ({ id }: Probe): Promise<Observation> => {
    tried.push(id);
    write(
      `apparmor="DENIED" operation="open" profile="p" name="/x" pid=2 comm="${id}" requested_mask="r" denied_mask="r" fsuid=0 ouid=0`,
    );
    return Promise.resolve({ stage: 'done', errno: 'EACCES', stdout: NOTHING, stderr: NOTHING, durationMs: 1 });
  };
  const confined = {
    ready: () => Promise.resolve(),
    agentPids: () => Promise.resolve(new Set()),
    pids: () => new Set(service),
    attempt,
  } as unknown as ProbeTarget;
  const container = {
    image: 'i',
    hold: true,
    env: {},
    capAdd: [],
    capDrop: [],
    securityOpt: [],
    sysctls: {},
    mounts: [],
    tmpfs: {},
    readOnly: false,
    network: 'none',
  };
  return {
    trial: new Trial({
      probes,
      confined,
      log: { take } as unknown as KernelLog,
      barrier,
      profiles: ['p'],
      container,
      decidedInAdvance: () => undefined,
    }),
    tried,
  };
}

async function codes(trial: Trial, probes: readonly Probe[]): Promise<string[]> {
  const all: string[] = [];
  for (const one of probes) all.push((await trial.settle(one)).verdict.code);
  return all;
}

describe('probe/trial', () => {
  const a = probe('a');
  const b = probe('b');
  const c = probe('c');

  it('tries once more exactly the probes whose records may be missing, and they can be green then', async () => {
    const { trial, tried } = world([a, b, c], { lose: [3] }); // of b: the barrier is 1, a is 2
    expect(await codes(trial, [a, b, c])).to.deep.equal(['denied', 'denied', 'denied']);
    expect(tried.join('')).to.equal('abcabc'); // a and c may have had a second record there
  });

  it('leaves alone what is far from a loss', async () => {
    const all = [a, b, c, probe('d'), probe('e')];
    const { trial, tried } = world(all, { lose: [3] });
    expect(await codes(trial, all)).to.deep.equal(all.map(() => 'denied'));
    expect(tried.join('')).to.equal('abcdeabc');
  });

  it('is inconclusive where records are missing again; what is removed is not removed twice', async () => {
    const gone = [probe('u', 'unlink'), b];
    const { trial, tried } = world(gone, { lose: [2, 3, 6] });
    expect(await codes(trial, gone)).to.deep.equal(['records-lost', 'records-lost']);
    expect(tried.join('')).to.equal('ubb');
  });

  it('tries a whole batch once more when the log was silent behind it, and never a third time', async () => {
    const once = world([a, b], { silent: [2] });
    expect(await codes(once.trial, [a, b])).to.deep.equal(['denied', 'denied']);
    expect(once.tried.join('')).to.equal('abab');
    const twice = world([a, b], { silent: [2, 4] });
    expect(await codes(twice.trial, [a, b])).to.deep.equal(['no-records', 'no-records']);
    expect(twice.tried.join('')).to.equal('abab');
  });

  it("takes no record of a process of the service for a probe's, whatever name its thread has", async () => {
    const { trial } = world([a], { service: [2] }); // the world's records are all of process 2
    expect(await codes(trial, [a])).to.deep.equal(['silent-denial']);
    expect(trial.others.map(({ fields }) => fields['comm'])).to.deep.equal(['a']);
  });
});
