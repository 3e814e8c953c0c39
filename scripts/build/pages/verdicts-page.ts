/** docs/verdicts.md: the situations and codes of verdicts, from their table. Pure. */
import { VERDICTS, type VerdictRow } from '#core/verdict/verdicts.ts';
import { NOTE, table } from './markdown.ts';

/** In the order of the table of situations. */
const EXPECTED = ['denied', 'allowed', 'complains', 'any'];

const SITUATION = ['expected', 'under the profile', "AppArmor's record", 'in the control', 'verdict', 'code'];

/** @param template the text around the tables, with {{note}}, {{situations}} and {{codes}} */
export function verdictsPage(template: string): string {
  const verdicts = Object.entries<VerdictRow>(VERDICTS);
  const codes = verdicts.map(([code, row]) => [`\`${code}\``, kindText(row), row.means]);
  const situations = verdicts
    .flatMap(([code, row]) => (row.when ?? []).map((situation) => ({ code, kind: kindText(row), ...situation })))
    .sort((a, b) => rank(a.expected) - rank(b.expected))
    .map(({ code, kind, expected, confined, record, control }) => [
      expected,
      confined,
      record,
      control,
      kind,
      `\`${code}\``,
    ]);

  return template
    .replace('{{note}}', NOTE)
    .replace('{{situations}}', table(SITUATION, situations))
    .replace('{{codes}}', table(['code', 'verdict', 'what it means'], codes));
}

function rank(expected: string): number {
  return EXPECTED.findIndex((access) => expected.startsWith(access));
}

/** The kind of a verdict; both, where it depends on what was expected. */
function kindText({ kind }: VerdictRow): string {
  if (typeof kind === 'string') return kind;
  const kinds = EXPECTED.map((expected) => kind({ expected } as never));
  return [...new Set(kinds)].sort().join(' or ');
}
