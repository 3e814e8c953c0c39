import { expect } from 'chai';
import fc from 'fast-check';
import { answer } from '#core/profile/semantics/decide-access.ts';
import { grantsFor, policyOf } from '#core/profile/semantics/policy.ts';
import type { ProfileBlock, Rule } from '#core/profile/syntax/ast.ts';
import { shadowedRules } from '#core/profile/semantics/shadowed-rules.ts';
import { blockOf } from '../reading.ts';

/** `rule < the rules that decide in its place`. */
function shadows(rules: string): string[] {
  return shadowedRules(blockOf(rules)).map(
    ({ rule, by }) => `${rule.text} < ${by.map(({ text }) => text).join(' & ')}`,
  );
}

describe('shadowedRules', () => {
  // prettier-ignore
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['finds none where each rule decides something', 'file,\ndeny /etc/** w,', []],
    ['finds an allow rule that file covers', 'file,\n/usr/bin/x ix,', ['/usr/bin/x ix < file']],
    ['keeps a rule with another transition', 'file,\n/usr/bin/x px,', []],
    ['finds a denial that a wider one covers', 'file,\ndeny /etc/** wl,\ndeny /etc/shadow w,', ['deny /etc/shadow w < deny /etc/** wl']],
    ['keeps a denial with one more letter', 'file,\ndeny /etc/** w,\ndeny /etc/shadow rw,', []],
    ['finds an allow rule that a denial covers', 'deny /etc/** w,\n/etc/x w,', ['/etc/x w < deny /etc/** w']],
    ['keeps an allow rule of a higher priority', 'deny /etc/** w,\npriority=1 /etc/x w,', []],
    ['keeps a denial of what no rule allows', '/a r,\ndeny /b r,', []], // it suppresses the audit record
    ['finds a rule that two others cover together', '/a/* r,\n/b/* r,\n/{a,b}/* r,', ['/{a,b}/* r < /a/* r & /b/* r']],
    ['finds the second of two equal rules', '/a r,\n/a r,', ['/a r < /a r']],
    ['keeps a rule whose only effect is an audit record', 'file,\naudit /** w,', []],
    ['finds capabilities', 'capability,\ncapability chown,', ['capability chown < capability']],
    ['finds network rules', 'network,\nnetwork inet tcp,\ndeny network raw,\ndeny network inet raw,', ['network inet tcp < network', 'deny network inet raw < deny network raw']],
    ['finds signal rules', 'signal peer=a,\nsignal (send) set=(term) peer=a,', ['signal (send) set=(term) peer=a < signal peer=a']],
    ['finds mount rules', 'mount,\nmount options=(ro) /a -> /b,', ['mount options=(ro) /a -> /b < mount']],
    ['finds a rule for names that no kernel forms', 'file,\ndeny /a/../b w,', ['deny /a/../b w < ']],
  ];
  for (const [name, rules, expected] of cases) {
    it(name, () => {
      expect(shadows(rules)).to.deep.equal(expected);
    });
  }

  it('finds the rules that trying every question with and without each rule finds', () => {
    const expression = fc.constantFrom(
      '/a',
      '/b',
      '/*',
      '/**',
      '/a/',
      '/a/*',
      '/a/**',
      '/{a,b}',
      '/[ab]',
      '/{a,b}/*',
      '/a/b',
      '/**b',
    );
    const rule = fc
      .tuple(
        fc.constantFrom('', 'deny ', 'audit ', 'owner ', 'audit deny ', 'priority=1 '),
        expression,
        fc.constantFrom('r', 'w', 'rw', 'rk'),
      )
      .map(([qualifier, path, letters]) => `${qualifier}${path} ${letters},`);
    fc.assert(
      fc.property(fc.array(rule, { minLength: 1, maxLength: 6 }), (lines) => {
        const block = blockOf(lines.join('\n'));
        const plain = plainlyShadowed(block);
        expect(shadowedRules(block).map(({ rule: { id } }) => id)).to.deep.equal(
          block.rules.filter((one) => plain.has(one)).map(({ id }) => id),
        );
      }),
      { numRuns: 100 },
    );
  });
});

/** Enough names that no expression above matches only what others match together; so one folder lies in another. */
const NAMES = ['a', 'b', 'c', 'ab'];
const FOLDERS = ['', ...NAMES.map((name) => `/${name}`), '/a/c'];
const PATHS = FOLDERS.flatMap((folder) => NAMES.flatMap((name) => [`${folder}/${name}`, `${folder}/${name}/`]));

/** From the last rule on, each that changes no answer when it and those before it in this search are left out. */
function plainlyShadowed(block: ProfileBlock): Set<Rule> {
  const whole = everyAnswer(block);
  const without = (gone: ReadonlySet<Rule>): string =>
    everyAnswer({ ...block, rules: block.rules.filter((rule) => !gone.has(rule)) });
  const gone = new Set<Rule>();
  for (const rule of block.rules.toReversed())
    if (without(new Set([rule])) === whole && without(new Set([...gone, rule])) === whole) gone.add(rule);
  return gone;
}

/** The answers to every question about these paths, asked one by one. */
function everyAnswer(block: ProfileBlock): string {
  const policy = policyOf(block);
  return PATHS.flatMap((key) =>
    ['r', 'w', 'a', 'k'].flatMap((letter) =>
      ['owner', 'other'].map((whose) => {
        const {
          allowed,
          logged,
          transition = '',
        } = answer(grantsFor(policy, { domain: 'file', words: [letter, whose], key }));
        return `${String(allowed)} ${String(logged)} ${transition}`;
      }),
    ),
  ).join();
}
