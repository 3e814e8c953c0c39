/** dist/agent is what the sources say: a second build, in another folder, gives the same bytes. */
import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildAgent } from '../../../scripts/build/build-agent.ts';
import { AGENT, withFolder } from './helper.ts';

const DIST = join(AGENT, '..');

describe('agent: the build', () => {
  it('has the checksums of its files', () => {
    const lines = readFileSync(join(DIST, 'SHA256SUMS'), 'utf8')
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('#'));
    expect(lines).to.have.length(2);
    for (const line of lines) {
      const [sum, name = ''] = line.split('  ');
      expect(
        createHash('sha256')
          .update(readFileSync(join(DIST, name)))
          .digest('hex'),
      ).to.equal(sum);
    }
  });

  it('gives the same bytes again', function () {
    this.timeout(180_000);
    return withFolder(async (folder) => {
      await buildAgent(join(folder, 'elsewhere'));
      for (const name of ['agent-x86_64', 'agent-aarch64', 'SHA256SUMS']) {
        expect(readFileSync(join(folder, 'elsewhere', name)).equals(readFileSync(join(DIST, name))), name).to.equal(
          true,
        );
      }
    });
  });
});
