import { expect } from 'chai';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import { printProfile } from '../print.ts';
import { findNone, readText } from '../reading.ts';
import type { FindInclude, ProfileText, ReadProblem } from '#core/profile/syntax/ast.ts';

const shipped = readFileSync('profiles/docker-nginx', 'utf8');
const includes: FindInclude = ({ name }) => [
  { file: name, text: name.startsWith('tunables') ? '@{PROC}=/proc/\n' : '/a r,\n' },
];

function problem(text: string, find: FindInclude = findNone): ReadProblem {
  const result = readProfileText('p', text, find);
  if (isRead(result)) throw new Error('it was read');
  return result;
}

/** Every span of a result lies in its file, and a problem has a place and a message. */
function check(result: ProfileText | ReadProblem): void {
  if (!isRead(result)) {
    expect(result.line).to.be.at.least(1);
    expect(result.message).not.to.equal('');
    return;
  }
  const ids = new Set<string>();
  for (const { rules } of result.profiles) {
    for (const { id, span } of rules) {
      const text = result.files.get(span.file) ?? '';
      expect(span.start).to.be.below(span.end);
      expect(text.slice(span.end - 1, span.end)).to.equal(',');
      expect(ids.has(id), id).to.equal(false);
      ids.add(id);
    }
  }
  checkPrint(result);
}

/** What is printed can be read again, or is refused; it has as many profiles. */
function checkPrint(result: ProfileText): void {
  const again = readProfileText('again', printProfile(result), findNone);
  if (isRead(again)) expect(again.profiles.map(({ name }) => name)).to.have.length(result.profiles.length);
}

describe('readProfileText on hostile text', () => {
  const words = [
    'profile p {',
    '}',
    '{',
    '/a',
    'r',
    'rw',
    ',',
    '\n',
    ' ',
    '#',
    '#include <x>',
    'include if exists "x"',
    '"',
    '\\',
    '@{X}',
    '@{X} = /a /b',
    '+=',
    '$b',
    'if',
    'else',
    'not',
    'defined',
    'deny',
    'audit',
    'owner',
    'priority=3',
    '^h',
    'hat x {',
    'flags=(complain)',
    '(',
    ')',
    '=',
    'peer=(label=x)',
    'mount',
    'options=(ro',
    'in',
    '->',
    'signal',
    'set=(term)',
    'network inet',
    'change_profile',
    'unix',
    'dbus',
    'set rlimit nofile <= 3',
    'all',
    'file',
    'link',
    'x',
    'alias /a -> /b',
    'abi <a>',
    '\0',
    '\r\n',
    'é',
    '\ud800',
  ];

  it("reads or refuses any sequence of the language's own words, in bounded time", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...words), { maxLength: 60 }),
        fc.constantFrom('', ' ', '\n'),
        (parts, between) => {
          check(
            readProfileText('p', `profile t {\n${parts.join(between)}`, ({ name }) => [
              { file: name, text: '/in r,\n' },
            ]),
          );
          check(readProfileText('p', parts.join(between), findNone));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('reads or refuses any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => check(readProfileText('p', text, findNone))),
      { numRuns: 1_000 },
    );
  });

  it('reads or refuses a shipped profile with a piece cut out, doubled or replaced', () => {
    fc.assert(
      fc.property(fc.nat(shipped.length), fc.nat(40), fc.constantFrom('', ...words), (at, length, put) => {
        check(readProfileText('p', shipped.slice(0, at) + put + shipped.slice(at + length), includes));
      }),
      { numRuns: 1_000 },
    );
  });

  it('refuses blocks, brackets and conditions that are nested without end', () => {
    const many = 200_000;
    for (const text of [
      '{ '.repeat(many),
      'profile p { '.repeat(many),
      `$b = true\nprofile p { ${'if $b { '.repeat(many)}`,
      `profile p { ${'^h { '.repeat(many)}`,
    ]) {
      expect(problem(text.startsWith('{') ? `profile p { ${text}` : text).message).to.match(/nested more than/);
    }
    expect(problem(`profile p { ${'audit '.repeat(many)}`).message).to.match(/expected a rule/);
    expect(problem(`profile p { mount options=${'('.repeat(many)}`).message).to.match(/not closed|missing/);
    expect(problem(`profile p { if ${'not '.repeat(many)}`).message).to.match(/condition/);
  });

  it('reads a long chain of else if, and refuses words that are too long', () => {
    expect(
      isRead(readProfileText('p', `$b = false\nprofile p { if $b { } ${'else if $b { } '.repeat(20_000)} }`, findNone)),
    ).to.equal(true);
    expect(
      isRead(
        readProfileText('p', `profile p { /${'a'.repeat(1_000_000)} r, "/${'b\\"'.repeat(300_000)}" r, }`, findNone),
      ),
    ).to.equal(false); // grows too long
    expect(problem(`profile p { "/${'b\\"'.repeat(300_000)} r, }`).message).to.match(/not closed|too long|permissions/);
  });

  it('refuses variables that grow, contain themselves or are unknown, and names them', () => {
    const doubling = Array.from({ length: 40 }, (_, i) => `@{A${i}} = @{A${i + 1}}@{A${i + 1}}`).reverse();
    expect(problem(`@{A40} = a b c d\n${doubling.join('\n')}\nprofile p { /@{A0} r, }`).message).to.match(/too long/);
    expect(problem('@{A} = @{B}\n@{B} = @{A}\nprofile p { /@{A} r, }').message).to.match(/contains itself/);
    expect(problem('@{A} = x@{A} y@{A}\nprofile p { /@{A} r, }').message).to.match(/contains itself/);
    expect(problem('profile p {\n  /@{NONE}/x r,\n}')).to.include({
      line: 2,
      column: 3,
      message: 'the variable @{NONE} is not defined',
    });
    expect(
      problem(
        `@{A} = ${Array.from({ length: 60_000 }, (_, i) => i).join(' ')}\nprofile p { ${'/@{A} r,'.repeat(2_000)} }`,
      ).message,
    ).to.match(/too long/);
  });

  it('makes one alternation of many values, not a list', () => {
    const values = Array.from({ length: 20 }, (_, i) => `a${i}`).join(' ');
    const { profiles } = readText(`@{A} = ${values}\nprofile p { /@{A}/@{A}/@{A} r, }`);
    const [rule] = profiles[0]!.rules;
    expect(rule!.kind === 'file' && rule!.path!.expanded).to.have.length(20);
  });

  it('reads each of two files that include each other once, and bounds the depth of includes', () => {
    const loop: FindInclude = ({ name }) => [
      { file: name, text: name === 'a' ? 'include <b>\n' : 'include <a>\n/x r,\n' },
    ];
    const result = readProfileText('p', 'profile p { include <a>\n }', loop);
    expect(isRead(result) && result.profiles[0]!.rules).to.have.length(1);
    expect(
      problem('profile p { include <a>\n }', () => [{ file: 'a', text: '^h { include <a>\n }\n' }]).message,
    ).to.match(/nested (more than|too deep)/);
    let n = 0;
    expect(
      problem('profile p { include <a>\n }', () => {
        n += 1;
        return [{ file: `a${n}`, text: 'include <a>\n' }];
      }).message,
    ).to.match(/nested too deep/);
    expect(
      problem('profile p { include <a>\n }', () =>
        Array.from({ length: 5_000 }, (_, i) => ({ file: `f${i}`, text: '/x r,\n' })),
      ).message,
    ).to.match(/more than 2000 files/);
  });
});
