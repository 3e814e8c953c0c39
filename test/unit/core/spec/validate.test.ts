import { expect } from 'chai';
import fc from 'fast-check';
import { validateSpec } from '#core/spec/validate.ts';

const GOOD = 'profile: p\ncontainer: {image: i}\nprobes:\n  - run: sh -c true\n    expect: denied\n';
const problems = (text: string): string[] =>
  validateSpec('s.yml', text).problems.map(({ at, message }) => `${at.line}:${at.column} ${message}`);
const probe = (text: string): string => `profile: p\ncontainer: {image: i}\nprobes:\n  - ${text}\n`;

describe('validateSpec', () => {
  it('reads the short form of a probe', () =>
    expect(validateSpec('s.yml', GOOD).spec?.probes[0]).to.deep.equal({ run: 'sh -c true', expect: 'denied' }));

  // prettier-ignore
  const cases: readonly (readonly [string, string, readonly RegExp[]])[] = [
    ['an unknown key, with a hint', GOOD.replace('image', 'imag'), [/^2:13 unknown key "imag" in container; did you mean image\?$/]],
    ['a duplicate key', `${GOOD}profile: q\n`, [/^6:1 Map keys must be unique/]],
    ['an unknown tag', GOOD.replace('profile: p', 'profile: !secret p'), [/^1:10 .*tag/]],
    ['what is not YAML', 'a: [', [/^1:/]],
    ['an empty file', '', [/./]],
    ['a list', '- a', [/./]],
    ['a probe with two actions', probe('{run: a, open: /b, expect: denied}'), [/several actions \(run, open\)/]],
    ['a probe without an action', probe('{expect: denied}'), [/probe 1 has no action/]],
    ['a probe without an expectation', probe('{run: a}'), [/^4:5 expect of probe 1 is missing$/]],
    ['half of a character', probe('{open: "/x\\ud800", expect: denied}'), [/^4:\d+ half of a character/]],
    ['a relative path', probe('{open: etc/passwd, expect: denied}'), [/absolute path/]],
    ['a pattern for several paths', probe('{mkdir: "/srv/**", expect: denied}'), [/^4:13 mkdir of probe 1: "\/srv\/\*\*" would be the name of one file/]],
    ['alternatives in a path', probe('{try: [rename, /a, "/srv/{b,c}"], expect: denied}'), [/^4:11 try of probe 1: "\/srv\/\{b,c\}" would be/]],
    ['what no matrix replaces', probe('{open: "/{a}/{b}", for: create, matrix: {a: [x]}, expect: denied}'), [/"\/x\/\{b\}" would be the name of one file/]],
    ['`for` without `open`', probe('{run: a, for: read, expect: denied}'), [/`for` needs `open`/]],
    ['`user` with `http`', probe('{http: "http://container/", user: x, expect: allowed}'), [/`user` does not apply to `http`/]],
    ['the label of a command', probe('{run: a, expect: {access: allowed, label: x}}'), [/`label` needs `exec`, or `try` with one of/]],
    ['the label of a denied access', probe('{exec: /a, expect: {access: denied, label: x}}'), [/`label` cannot be expected of a denied access/]],
    ['`secure` without an execution', probe('{try: change_hat x, expect: {access: allowed, secure: true}}'), [/`secure` needs an execution/]],
    ['`by` of a command', probe('{run: a, expect: {access: denied, by: open}}'), [/`by` needs an operation/]],
    ['`by` of an allowed access', probe('{try: mmap /x, expect: {access: allowed, by: open}}'), [/`by` cannot be expected of an allowed access/]],
    ['`by` that cannot deny the operation', probe('{try: mmap /x, expect: {access: denied, by: bind}}'), [/"bind" cannot deny mmap in place of the access itself; use open, capability$/]],
    ['`by` with a slip', probe('{try: mount tmpfs none /mnt, expect: {access: denied, by: capabilty}}'), [/did you mean capability\?$/]],
    ['`by` where nothing comes before', probe('{try: dbus send system x, expect: {access: denied, by: open}}'), [/nothing is asked before it$/]],
    ['a peer that does not exist', probe('{try: signal term peer x, expect: denied}'), [/there is no peer "x"/]],
    ['`container` without `from`', probe('{try: signal term container, expect: denied}'), [/needs `from`/]],
    ['`from` without `container`', `${probe('{run: a, from: x, expect: denied}')}peers: {x: {profile: unconfined}}\n`, [/`from` needs `try` with `container`/]],
    ['a peer with the name `container`', `${GOOD}peers: {container: {profile: unconfined}}\n`, [/`container` is reserved/]],
    ['a URL of another host', probe('{http: "http://example.org/", expect: allowed}'), [/http:\/\/container/]],
    ['a wrong duration', probe('{run: a, timeout: 5, expect: denied}'), [/timeout/]],
    ['a bad regular expression', probe('{run: a, expect: {access: denied, stdout: {matches: "("}}}'), [/valid regular expression/]],
    ['an unknown key of records', probe('{run: a, expect: {access: denied, audit: {operaton: exec}}}'), [/"operaton".*did you mean operation\?/]],
    ['another profile by `security-opt`', GOOD.replace('{image: i}', '{image: i, security-opt: [apparmor=unconfined]}'), [/security-opt/]],
    ['a privileged container', GOOD.replace('{image: i}', '{image: i, privileged: true}'), [/unknown key "privileged"/]],
    ['a name that is taken', 'profile: p\ncontainer: {image: i}\nprobes:\n  - {name: a, run: x, expect: denied}\n  - {name: a, run: y, expect: denied}\n', [/^5:12 probe 1 has the name "a" already/]],
    ['`hold` with `command`', GOOD.replace('{image: i}', '{image: i, hold: true, command: x}'), [/`hold` cannot be combined with/]],
    ['two kinds of `ready`', `${GOOD}ready: {tcp: 1, log: x}\n`, [/exactly one of http, tcp, log/]],
    ['a text that is too long', GOOD.replace('sh -c true', 'x'.repeat(70_000)), [/run of probe 1: /]],
    ['`__proto__` as a key', `${GOOD}__proto__: {a: 1}\n`, [/__proto__/]],
  ];
  for (const [name, text, expected] of cases) {
    it(`refuses ${name}`, () => {
      const found = problems(text);
      for (const pattern of expected)
        expect(
          found.some((line) => pattern.test(line)),
          found.join('\n'),
        ).to.equal(true);
    });
  }

  it('reports every mistake at once, in the order of the file', () => {
    const found = problems(
      [
        'profile: p',
        'container: {image: i, colour: red}',
        'probes:',
        '  - run: a | b',
        '    expect: maybe',
        '  - opn: /x',
        '    expect: denied',
      ].join('\n'),
    );
    expect(found).to.have.length(4);
    expect(found.map((line) => Number(line.split(':')[0]))).to.deep.equal([2, 4, 5, 6]);
  });

  // prettier-ignore
  const sentences: readonly (readonly [string, string, readonly string[]])[] = [
    ['a value that is nearly one of a list', probe('{run: a, expect: deny}'), ['4:22 "deny" is not a value of expect: use denied, allowed or complains; did you mean denied?']],
    ['a value with two letters swapped', probe('{open: /x, for: wirte, expect: denied}'), ['4:21 "wirte" is not a value of for: use read, write, append or create; did you mean write?']],
    ['a value that is near to none', probe('{run: a, expect: maybe}'), ['4:22 "maybe" is not a value of expect: use denied, allowed or complains']],
    ['a value within a mapping', probe('{run: a, expect: {access: allow}}'), ['4:31 "allow" is not a value of expect.access: use denied, allowed or complains; did you mean allowed?']],
    ['a value where a number will do too', probe('{run: a, expect: {access: denied, exit: nonzer}}'), ['4:45 "nonzer" is not a value of expect.exit: use a whole number or nonzero; did you mean nonzero?']],
    ['a value in a list', GOOD.replace('{image: i}', '{image: i, security-opt: [x]}'), ['2:38 "x" is not a value of container.security-opt: use seccomp=unconfined, systempaths=unconfined or no-new-privileges']],
    ['a list for a word', probe('{run: a, expect: [denied]}'), ['4:22 a list is not a value of expect: use denied, allowed or complains']],
    ['a misspelt action', probe('{opne: /etc/passwd, expect: denied}'), ['4:6 unknown key "opne" in probe 1; did you mean open?']],
    ['a misspelt action with an option of its own', probe('{opne: /etc/passwd, for: write, expect: denied}'), ['4:6 unknown key "opne" in probe 1; did you mean open?']],
    ['a misspelt key that must be there', probe('{run: a, expct: denied}'), ['4:14 unknown key "expct" in probe 1; did you mean expect?']],
    ['a misspelt key of a mapping', probe('{run: a, expect: {acess: denied}}'), ['4:23 unknown key "acess" in expect of probe 1; did you mean access?']],
    ['a misspelt action in a matrix', probe('{opne: "/{a}", matrix: {a: [x, y]}, expect: denied}'), ['4:6 unknown key "opne" in probe 1; did you mean open?']],
    ['a wrong operation', probe('{try: [linkk, /a, /b], expect: denied}'), ['4:11 try of probe 1: unknown operation "linkk"; did you mean link?']],
    ['a probe after a matrix', `${probe('{run: "cat {a}", matrix: {a: [x, y]}, expect: denied}')}  - {expect: denied}\n`, ['5:5 probe 2 has no action: give it one of run, shell, open, unlink, mkdir, exec, try, http']],
    ['a matrix that gives a name twice', probe('{name: n, run: "cat {a}", matrix: {a: [x, x]}, expect: denied}'), ['4:12 several probes of this matrix have the name "n (x)"']],
    ['a key that resembles no action', probe('{peruse: /x, expect: denied}'), ['4:5 probe 1 has no action: give it one of run, shell, open, unlink, mkdir, exec, try, http', '4:6 unknown key "peruse" in probe 1']],
  ];
  for (const [name, text, expected] of sentences) {
    it(`says one sentence for ${name}`, () => {
      expect(problems(text)).to.deep.equal(expected);
    });
  }

  it('stops an alias bomb', () => {
    const bomb = Array.from(
      { length: 12 },
      (_, i) =>
        `a${i}: &a${i} [${
          i === 0
            ? 'x'
            : Array(10)
                .fill(`*a${i - 1}`)
                .join(',')
        }]`,
    ).join('\n');
    expect(problems(bomb).join()).to.match(/alias/i);
  });

  it('never throws, whatever the text', function fuzz() {
    this.timeout(60_000);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        validateSpec('s.yml', text);
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.json(), (text) => {
        validateSpec('s.yml', text);
      }),
      { numRuns: 300 },
    );
  });
});
