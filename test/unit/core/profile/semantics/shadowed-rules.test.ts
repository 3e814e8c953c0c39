import { expect } from 'chai';
import fc from 'fast-check';
import { answer } from '#core/profile/semantics/decide-access.ts';
import { grantsFor, policyOf } from '#core/profile/semantics/policy.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import type { ProfileBlock, Rule } from '#core/profile/syntax/ast.ts';
import { shadowedRules } from '#core/profile/semantics/shadowed-rules.ts';

function blockOf(rules: string): ProfileBlock {
  const text = readProfileText('p', `profile p {\n${rules}\n}\n`, () => undefined);
  const [block] = isRead(text) ? text.profiles : [];
  if (block === undefined) throw new Error('cannot be read');
  return block;
}

function shadows(rules: string): string[] {
  return shadowedRules(blockOf(rules)).map(({ rule, by }) => `${rule.text} < ${by.map((one) => one.text).join(' & ')}`);
}

describe('shadowed rules', () => {
  // prettier-ignore
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['none', 'file,\ndeny /etc/** w,', []],
    ['an allow rule under file', 'file,\n/usr/bin/x ix,', ['/usr/bin/x ix < file']],
    ['another transition decides', 'file,\n/usr/bin/x px,', []],
    ['a narrower denial', 'file,\ndeny /etc/** wl,\ndeny /etc/shadow w,', ['deny /etc/shadow w < deny /etc/** wl']],
    ['one more letter decides', 'file,\ndeny /etc/** w,\ndeny /etc/shadow rw,', []],
    ['an allow rule under a denial', 'deny /etc/** w,\n/etc/x w,', ['/etc/x w < deny /etc/** w']],
    ['not at a higher priority', 'deny /etc/** w,\npriority=1 /etc/x w,', []],
    ['a denial of what nothing allows', '/a r,\ndeny /b r,', []], // it keeps the kernel quiet
    ['two rules together', '/a/* r,\n/b/* r,\n/{a,b}/* r,', ['/{a,b}/* r < /a/* r & /b/* r']],
    ['the second of two alike', '/a r,\n/a r,', ['/a r < /a r']],
    ['a record is an effect', 'file,\naudit /** w,', []],
    ['capabilities', 'capability,\ncapability chown,', ['capability chown < capability']],
    ['networks', 'network,\nnetwork inet tcp,\ndeny network raw,\ndeny network inet raw,', ['network inet tcp < network', 'deny network inet raw < deny network raw']],
    ['signals', 'signal peer=a,\nsignal (send) set=(term) peer=a,', ['signal (send) set=(term) peer=a < signal peer=a']],
    ['mounts', 'mount,\nmount options=(ro) /a -> /b,', ['mount options=(ro) /a -> /b < mount']],
    ['names that no kernel forms', 'file,\ndeny /a/../b w,', ['deny /a/../b w < ']],
  ];
  for (const [name, rules, expected] of cases) it(name, () => expect(shadows(rules)).to.deep.equal(expected));

  it('are those that asking every question finds, with and without each rule', () => {
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

/** Long and various enough that every expression above is told from every other. */
const NAMES = ['a', 'b', 'c', 'ab'];
const FOLDERS = ['', ...NAMES.map((name) => `/${name}`)];
const PATHS = FOLDERS.flatMap((folder) => NAMES.flatMap((name) => [`${folder}/${name}`, `${folder}/${name}/`]));

/** Of the rules that nothing is answered otherwise without, from the last on those that can go together. */
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
