import { expect } from 'chai';
import fc from 'fast-check';
import { validateSpec } from '#core/spec/validate.ts';

const GOOD = 'profile: p\ncontainer: {image: i}\nprobes:\n  - run: sh -c true\n    expect: denied\n';
const problems = (text: string): string[] =>
  validateSpec('s.yml', text).problems.map(({ at, message }) => `${at.line}:${at.column} ${message}`);
const probe = (text: string): string => `profile: p\ncontainer: {image: i}\nprobes:\n  - ${text}\n`;

describe('validateSpec', () => {
  it('takes the short form', () =>
    expect(validateSpec('s.yml', GOOD).spec?.probes[0]).to.deep.equal({ run: 'sh -c true', expect: 'denied' }));

  // prettier-ignore
  const cases: readonly (readonly [string, string, readonly RegExp[]])[] = [
    ['unknown key with a hint', GOOD.replace('image', 'imag'), [/^2:13 unknown key "imag" in container; did you mean `image`\?/, /container.image is missing/]],
    ['duplicate key', `${GOOD}profile: q\n`, [/^6:1 Map keys must be unique/]],
    ['unknown tag', GOOD.replace('profile: p', 'profile: !secret p'), [/^1:10 .*tag/]],
    ['not YAML', 'a: [', [/^1:/]],
    ['empty', '', [/./]],
    ['a list', '- a', [/./]],
    ['two actions', probe('{run: a, open: /b, expect: denied}'), [/several things \(run, open\)/]],
    ['no action', probe('{expect: denied}'), [/tries nothing/]],
    ['no expectation', probe('{run: a}'), [/probes\.0\.expect is missing/]],
    ['half of a character', probe('{open: "/x\\ud800", expect: denied}'), [/^4:\d+ half of a character/]],
    ['relative path', probe('{open: etc/passwd, expect: denied}'), [/absolute path/]],
    ['for without open', probe('{run: a, for: read, expect: denied}'), [/`for` goes with `open` only/]],
    ['user with http', probe('{http: "http://container/", user: x, expect: allowed}'), [/`user` has no meaning/]],
    ['label of a command', probe('{run: a, expect: {access: allowed, label: x}}'), [/`label` goes with `exec`, or with `try`/]],
    ['label of what is denied', probe('{exec: /a, expect: {access: denied, label: x}}'), [/what is denied carries nothing/]],
    ['secure without an execution', probe('{try: change_hat x, expect: {access: allowed, secure: true}}'), [/`secure` goes with an execution/]],
    ['a peer that is not there', probe('{try: signal term peer x, expect: denied}'), [/there is no peer "x"/]],
    ['container without from', probe('{try: signal term container, expect: denied}'), [/needs `from`/]],
    ['from without container', `${probe('{run: a, from: x, expect: denied}')}peers: {x: {profile: unconfined}}\n`, [/`from` goes with `try` and `container`/]],
    ['a peer of that name', `${GOOD}peers: {container: {profile: unconfined}}\n`, [/is the container itself/]],
    ['foreign host', probe('{http: "http://example.org/", expect: allowed}'), [/http:\/\/container/]],
    ['wrong duration', probe('{run: a, timeout: 5, expect: denied}'), [/timeout/]],
    ['bad regular expression', probe('{run: a, expect: {access: denied, stdout: {matches: "("}}}'), [/valid regular expression/]],
    ['unknown record key', probe('{run: a, expect: {access: denied, audit: {operaton: exec}}}'), [/"operaton".*did you mean `operation`/]],
    ['security-opt apparmor', GOOD.replace('{image: i}', '{image: i, security-opt: [apparmor=unconfined]}'), [/security-opt/]],
    ['privileged', GOOD.replace('{image: i}', '{image: i, privileged: true}'), [/unknown key "privileged"/]],
    ['taken name', 'profile: p\ncontainer: {image: i}\nprobes:\n  - {name: a, run: x, expect: denied}\n  - {name: a, run: y, expect: denied}\n', [/^5:12 the name "a" is taken by probe 1/]],
    ['hold and command', GOOD.replace('{image: i}', '{image: i, hold: true, command: x}'), [/`hold` replaces/]],
    ['two kinds of ready', `${GOOD}ready: {tcp: 1, log: x}\n`, [/exactly one of http, tcp, log/]],
    ['too long', GOOD.replace('sh -c true', 'x'.repeat(70_000)), [/probes\.0\.run/]],
    ['__proto__ as a key', `${GOOD}__proto__: {a: 1}\n`, [/__proto__/]],
  ];
  for (const [name, text, expected] of cases) {
    it(name, () => {
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
      'profile: p\ncontainer: {image: i, colour: red}\nprobes:\n  - run: a | b\n    expect: maybe\n  - opn: /x\n    expect: denied\n',
    );
    expect(found).to.have.length(5);
    expect(found.map((line) => Number(line.split(':')[0]))).to.deep.equal([2, 4, 5, 6, 6]);
  });

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
