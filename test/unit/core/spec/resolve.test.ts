import { expect } from 'chai';
import type { Plan } from '#core/model/model.ts';
import { resolvePlan } from '#core/spec/resolve.ts';
import { validateSpec } from '#core/spec/validate.ts';

function plan(text: string, options: { profile?: string; image?: string } = {}): Plan {
  const { spec, locate, problems } = validateSpec('s.yml', text);
  if (spec === undefined) throw new Error(JSON.stringify(problems));
  return resolvePlan('/repo/specs/s.yml', spec, locate, { nonce: 'abcde', firstNumber: 1, ...options });
}

describe('resolvePlan', () => {
  it('fills in defaults, makes paths absolute, and numbers probes', () => {
    const made = plan(
      'profile: ../profiles/p\ncontainer: {image: i, build: img}\nprobes:\n  - run: touch ~/x\n    expect: denied\n  - open: /etc/shadow\n    expect: {access: denied, stderr: no, audit: {name: /etc/shadow}}\n',
    );
    expect(made.profile).to.deep.equal({ from: 'file', file: '/repo/profiles/p', mode: 'enforce' });
    expect(made.container).to.include({ build: '/repo/specs/img', hold: false, network: 'bridge', readOnly: false });
    expect(made).to.include({ title: 's', control: true });
    expect(made.probes[0]).to.deep.equal({
      id: 'abcde.0001',
      name: 'touch ~/x is denied',
      action: { kind: 'run', argv: ['touch', '~/x'], tildes: [1], terminal: false },
      timeoutMs: 10_000,
      control: true,
      direct: false,
      expect: { access: 'denied' },
      at: { file: 's.yml', line: 4, column: 5 },
    });
    expect(made.probes[1]?.expect).to.deep.equal({
      access: 'denied',
      stderr: { contains: 'no' },
      audit: { name: { equals: '/etc/shadow' } },
    });
  });

  it('ids fit a thread name, also of the ten-thousandth probe', function many() {
    this.timeout(60_000);
    const made = plan(
      `profile: p\ncontainer: {image: i}\nprobes:\n${'  - {open: /x, expect: denied}\n'.repeat(10_000)}`,
    );
    const ids = made.probes.map(({ id }) => id);
    expect(new Set(ids).size).to.equal(10_000);
    expect(Math.max(...ids.map((id) => Buffer.byteLength(id)))).to.be.at.most(15);
    expect(new Set(made.probes.map(({ name }) => name)).size).to.equal(10_000);
  });

  it('the command line overrides profile and image', () => {
    const made = plan(
      'profile: {engine: docker-default}\ncontainer: {image: i, build: b}\nprobes: [{run: a, expect: allowed}]\n',
      { profile: '/other', image: 'j' },
    );
    expect(made.profile).to.deep.equal({ from: 'file', file: '/other', mode: 'enforce' });
    expect(made.container.image).to.equal('j');
    expect(made.container).to.not.have.property('build');
  });
});
