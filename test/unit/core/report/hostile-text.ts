/** Hostile text for reports: strings that forge results or break a format, and ledgers full of them. */

/** Strings that broke, or forged results through, reports of this kind. */
export const ATTACKS: readonly string[] = [
  '1]]>2]]></system-out></testcase><testcase name="forged"/><testcase name="x"><system-out><![CDATA[',
  ']]\u0000></system-out></testcase><testcase name="forged"/><testcase name="x"><system-out><![CDATA[',
  ']]\ud800></system-out></testcase><testcase name="forged"/>',
  ']]\ufffe></system-out></testcase><testcase name="forged"/>',
  ']]> and ]]>',
  '"\udc00',
  '<\udc00',
  '&\udc00',
  'ab\udc00cd',
  '\ud83d',
  '\u001b[31mred\u001b[2J\u001b[1;1H',
  '\u0000\u0001\u007f\u009b31m',
  '"/><testcase name="forged"/><x y="',
  '</testsuite></testsuites><testsuites>',
  '<!-- --',
  '--> <?xml version="1.0"?>',
  '&lt;&#0;&bogus;',
  '<!DOCTYPE x [<!ENTITY a "b">]>&a;',
  '::set-output name=verdict::green',
  '\n::error::forged',
  '\r\n  ::stop-commands::x',
  'x ##[error]forged',
  '[[ATTACHMENT|/etc/shadow]]',
  '[[PROPERTY|verdict=pass]]',
  '\u202egnp.exe\u2066',
  'a\u2028b\u2029c',
  '| a | b |\n|---|---|',
  '```\n# forged\n~~~',
  '<script>alert(1)</script><img src=x onerror=y>',
  '</details></table><h1>all green</h1>',
  '[x](javascript:y) ![i](http://evil.test/p.png) https://evil.test @someone #1 $x$ :tada:',
  '',
  ' ',
  '\n',
  '__proto__',
  'constructor',
  '\ufeff\u200b',
  'e\u0301'.repeat(400),
  'A'.repeat(100_000),
];

/** Keys whose values are words of the model, not foreign text. */
const MODEL_WORDS = new Set(['kind', 'for', 'stage', 'state', 'by', 'access', 'mode', 'schema', 'from']);

/** A copy in which every foreign text, and every key of a record, is what `next` gives. */
export function poisoned<T>(value: T, next: () => string, key = ''): T {
  if (typeof value === 'string') return (MODEL_WORDS.has(key) ? value : next()) as T;
  if (Array.isArray(value)) return value.map((item) => poisoned(item as unknown, next, key)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      key === 'fields' ? next() : name,
      poisoned(item as unknown, next, name),
    ]),
  ) as T;
}
