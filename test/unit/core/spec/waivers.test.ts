import { expect } from 'chai';
import { resolvePlan } from '#core/spec/resolve.ts';
import { validateSpec } from '#core/spec/validate.ts';

const spec = (waivers: string): string =>
  `profile: p\ncontainer: {image: i}\nprobes:\n  - {open: /a, expect: denied}\nwaivers:\n${waivers}\n`;

describe('waivers of a spec', () => {
  it('are read from the spec', () => {
    const {
      spec: read,
      locate,
      problems,
    } = validateSpec(
      's.yml',
      spec(
        [
          '  - {allows: "/srv/**", permissions: rw, because: reviewed, until: 2027-01-31}',
          '  - {allows: capability sys_admin, because: reviewed, until: 2027-01-31}',
        ].join('\n'),
      ),
    );
    expect(problems).to.deep.equal([]);
    expect(resolvePlan('/s.yml', read!, locate, { newId: () => 'id' }).waivers).to.deep.equal([
      { allows: '/srv/**', permissions: 'rw', because: 'reviewed', until: '2027-01-31' },
      { allows: 'capability sys_admin', because: 'reviewed', until: '2027-01-31' },
    ]);
  });

  for (const wrong of [
    '{allows: /srv, because: x, until: 2027-01-31}',
    '{allows: capability, permissions: r, because: x, until: 2027-01-31}',
    '{allows: /srv, permissions: z, because: x, until: 2027-01-31}',
    '{allows: nonsense, because: x, until: 2027-01-31}',
    '{allows: /srv, permissions: r, because: x, until: 2027-02-30}',
    '{allows: /srv, permissions: r, because: x, until: soon}',
    '{allows: /srv, permissions: r, until: 2027-01-31}',
    '{allows: "/{a", permissions: r, because: x, until: 2027-01-31}',
  ]) {
    it(`are refused when wrong: ${wrong}`, () =>
      expect(validateSpec('s.yml', spec(`  - ${wrong}`)).problems).to.not.deep.equal([]));
  }
});
