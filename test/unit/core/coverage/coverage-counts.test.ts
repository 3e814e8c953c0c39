import { expect } from 'chai';
import { countRules, profileCoverages } from '#core/coverage/coverage-counts.ts';
import { covered, coverage, entries, ledger, suite } from '../report/ledger.ts';

describe('coverage counts', () => {
  it('give the percentage of the testable rules', () => {
    const rules = [
      covered('hit', 2),
      covered('hit', 9),
      covered('unhit', 3),
      covered('shadowed', 4),
      covered('untestable', 5),
    ];
    const counts = { hit: 2, unhit: 1, shadowed: 1, untestable: 1, testable: 3, percent: 66.6 };
    expect(countRules(rules)).to.deep.equal(counts);
  });

  it('give no percentage when no rule is testable', () => {
    const counts = { hit: 0, unhit: 0, shadowed: 1, untestable: 1, testable: 0 };
    expect(countRules([covered('shadowed', 4), covered('untestable', 5)])).to.deep.equal(counts);
  });

  it('never round up to all', () => {
    const all = Array.from({ length: 1999 }, (_, line) => covered('hit', line));
    expect(countRules([...all, covered('unhit', 0)]).percent).to.equal(99.9);
  });

  it('keep the rules of included files apart', () => {
    const included = { file: '/etc/apparmor.d/abstractions/base', included: true };
    const rules = [covered('hit', 2), covered('unhit', 3), covered('hit', 9, included)];
    const [profile] = profileCoverages(ledger([suite(entries(['pass']), { coverage: coverage(rules) })]));
    expect([profile?.profile, profile?.own.percent, profile?.included.percent]).to.deep.equal(['p', 50, 100]);
  });

  describe('of several suites', () => {
    const first = suite(entries(['pass']), {
      coverage: coverage([
        covered('hit', 2, { probes: ['p1'] }),
        covered('unhit', 3),
        covered('untestable', 4, { reason: 'r' }),
      ]),
    });

    it('are joined where they test the same text', () => {
      const second = suite(entries(['pass'], 2), {
        coverage: coverage([covered('unhit', 2), covered('hit', 3, { probes: ['p2'] }), covered('unhit', 4)]),
      });
      const [joined, ...others] = profileCoverages(ledger([first, second]));
      const counts = { hit: 2, unhit: 1, shadowed: 0, untestable: 0, testable: 3, percent: 66.6 };
      expect(joined?.own).to.deep.equal(counts);
      expect(others).to.deep.equal([]);
    });

    it('stay apart where the text differs', () => {
      const changed = suite(entries(['pass'], 2), {
        coverage: { ...coverage([covered('hit', 3)]), source: 'other' },
      });
      expect(profileCoverages(ledger([first, changed]))).to.have.length(2);
    });
  });
});
