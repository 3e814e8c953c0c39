import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { HarnessError } from '#core/model/errors.ts';
import type { Plan } from '#core/model/model.ts';
import { resolvePlan, type ResolveOptions } from '#core/spec/resolve.ts';
import type { SpecFile, SpecProbe } from '#core/spec/schema.ts';
import { validateSpec, type Validated } from '#core/spec/validate.ts';

function validated(text: string): Validated & { spec: SpecFile } {
  const { spec, locate, problems } = validateSpec('s.yml', text);
  if (spec === undefined) throw new Error(JSON.stringify(problems));
  return { spec, locate, problems };
}

function plan(text: string, options: Partial<ResolveOptions> = {}): Plan {
  const { spec, locate } = validated(text);
  return resolvePlan('/repo/specs/s.yml', spec, locate, { newId: () => 'id', ...options });
}

/** Resolves a probe that validation would have refused. */
function resolveUnvalidated(probe: SpecProbe): Plan {
  const { spec, locate } = validated('profile: p\ncontainer: {image: i}\nprobes: [{open: /x, expect: denied}]\n');
  return resolvePlan('/s.yml', { ...spec, probes: [probe] }, locate, { newId: () => 'id' });
}

describe('resolvePlan', () => {
  it('fills in defaults, makes paths absolute, and numbers probes', () => {
    const made = plan(
      [
        'profile: ../profiles/p',
        'container: {image: i, build: img}',
        'probes:',
        '  - run: touch ~/x',
        '    expect: denied',
        '  - open: /etc/shadow',
        '    expect: {access: denied, stderr: no, audit: {name: /etc/shadow}}',
      ].join('\n'),
    );
    expect(made.profile).to.deep.equal({ from: 'file', file: '/repo/profiles/p', mode: 'enforce' });
    expect(made.container).to.include({ build: '/repo/specs/img', hold: false, network: 'bridge', readOnly: false });
    expect(made).to.include({ title: 's', control: true });
    expect(made.probes[0]).to.deep.equal({
      id: 'id',
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

  it('keeps the other profiles that processes may run under, whichever file the command line names', () => {
    const text = [
      'profile: {file: p, name: a, also-under: [b]}',
      'container: {image: i}',
      'probes: [{run: x, expect: allowed}]',
    ].join('\n');
    const wanted = { from: 'file', mode: 'enforce', name: 'a', alsoUnder: ['b'] };
    expect(plan(text).profile).to.deep.equal({ ...wanted, file: '/repo/specs/p' });
    expect(plan(text, { profile: '/other' }).profile).to.deep.equal({ ...wanted, file: '/other' });
  });

  it('keeps a name that it makes apart from those of the spec, whatever their order', () => {
    const open = '  - {open: /x, expect: denied}';
    const named = (name: string): string => `  - {name: ${name}, open: /y, expect: denied}`;
    const made = plan(
      [
        'profile: p',
        'container: {image: i}',
        'probes:',
        ...[open, open, named('open /x for read is denied'), open, named('open /x for read is denied (3)'), open],
      ].join('\n'),
    );
    expect(made.probes.map(({ name }) => name.replace('open /x for read is denied', ''))).to.deep.equal([
      ...[' (2)', ' (4)', '', ' (5)', ' (3)', ' (6)'],
    ]);
  });

  it('keeps ten thousand probes apart by their names', function many() {
    this.timeout(60_000);
    const made = plan(
      `profile: p\ncontainer: {image: i}\nprobes:\n${'  - {open: /x, expect: denied}\n'.repeat(10_000)}`,
    );
    expect(new Set(made.probes.map(({ name }) => name)).size).to.equal(10_000);
  });

  it('lets the command line override profile and image', () => {
    const made = plan(
      'profile: {engine: docker-default}\ncontainer: {image: i, build: b}\nprobes: [{run: a, expect: allowed}]\n',
      { profile: '/other', image: 'j' },
    );
    expect(made.profile).to.deep.equal({ from: 'file', file: '/other', mode: 'enforce' });
    expect(made.container.image).to.equal('j');
    expect(made.container).to.not.have.property('build');
  });

  it("searches the command line's folders of includes before the spec's, and takes its base", () => {
    const made = plan(
      'profile: {file: p, include: [a, ../b], base: c}\ncontainer: {image: i}\nprobes: [{run: x, expect: allowed}]\n',
      { includes: { search: ['/first'], base: '/base' } },
    );
    const folder = dirname(made.file);
    expect(made.profile.includes).to.deep.equal({
      base: '/base',
      search: ['/first', join(folder, 'a'), join(folder, '../b')],
    });
  });

  const unreadable: readonly (readonly [string, SpecProbe])[] = [
    ['an operation that does not exist', { try: 'linkk /a /b', expect: 'denied' }],
    ['an operation without its arguments', { try: ['link', '/a'], expect: 'denied' }],
    ['an operation that does not split into words', { try: "link '/a", expect: 'denied' }],
    ['a command that does not split into words', { run: "cat '/a", expect: 'denied' }],
    ['a probe without an action', { expect: 'denied' }],
  ];
  for (const [title, probe] of unreadable)
    it(`refuses ${title}, which validation should have caught`, () => {
      expect(() => resolveUnvalidated(probe))
        .to.throw(HarnessError)
        .with.property('code', 'internal');
    });
});
