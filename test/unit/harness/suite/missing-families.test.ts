/** The control is asked once for a family that is not there. */
import { expect } from 'chai';
import type { Observation, Probe } from '#core/model/model.ts';
import { missingFamilies } from '#harness/suite/missing-families.ts';
import { operation, seen } from '../../builders.ts';
import { probe } from '../fakes/probes.ts';

describe('missing families', () => {
  const lines = ['socket x25 raw', 'socket x25 dgram', 'socket inet stream', 'socket inet raw', 'capable chown'];
  const attempts = lines.map((line) => probe(line, { action: operation(line) }));

  it('answer for all their types, and those that are there for themselves', async () => {
    const asked: string[] = [];
    const attempt = ({ id, action }: Probe): Promise<Observation> => {
      asked.push(id);
      const isMissing = action.kind === 'operation' && action.words[1] === 'x25';
      return Promise.resolve(seen({ errno: isMissing ? 'EAFNOSUPPORT' : 'ESOCKTNOSUPPORT' }));
    };
    const known = await missingFamilies(attempts, { attempt });
    expect(asked).to.deep.equal(['socket x25 raw', 'socket inet stream']);
    expect([...known.keys()]).to.deep.equal(['socket x25 raw', 'socket x25 dgram']);
  });

  it('are not known without a control', async () => {
    expect([...(await missingFamilies(attempts, undefined))]).to.deep.equal([]);
  });
});
