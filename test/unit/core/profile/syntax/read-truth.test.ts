import { expect } from 'chai';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';

const PREAMBLE = [
  ...['@{DM}=gdm sddm', '@{REV}=sddm gdm', '@{ONE}=gdm', '@{SUB}=@{ONE} x', '@{ABC}=a b c', '@{AB}=a b', '@{BC}=b c'],
  ...['@{N}=3', '@{M}=10', '@{E}=""', '$B=true', '${F}=false'],
].join('\n');

/** Whether the condition holds, or why it cannot be read. */
function truth(condition: string): boolean | string {
  const text = `${PREAMBLE}\nprofile p { if ${condition} { /yes r, } else { /no r, } }`;
  const result = readProfileText('/p', text, () => undefined);
  if (!isRead(result)) return result.message;
  return result.profiles[0]!.rules[0]!.text === '/yes r';
}

/** As apparmor_parser 5.0.2 decides them. */
const HOLD = [
  ...['gdm in @{DM}', '"gdm" in @{DM}', '@{ONE} in @{DM}', '@{REV} in @{DM}', 'gdm in @{SUB}', 'gdm in @DM'],
  ...['@{ONE} == gdm', '@{DM} == @{REV}', 'gdm == gdm', 'gdm==gdm', '@{E} == ""'],
  ...['gdm < kdm', 'gdm <= gdm', '3 < 10', '"3" < "10"', '-1 < 1', '@{N} < @{M}', '@{N} >= 3', '@{ABC} > @{AB}'],
  ...['@{AB} < @{BC}', '@{AB} >= a', 'z > @{AB}', '@{DM} >= @{REV}'],
  ...['1 == 1 or 1 == 1 and 1 == 2', '1 == 2 and 1 == 1 or 1 == 1', 'not 1 == 2', 'not 1 == 1 or 1 == 1'],
  ...[
    'not ( 1 == 2 and 1 == 1 )',
    'not not ${B}',
    'not ${F} and $B',
    '((${B}))',
    '(gdm in @{DM} )',
    'TRUE',
    'not false',
  ],
  ...['defined @{E}', 'not defined @{NO}', 'defined @{DM} and not defined @{NO}', 'gdm in @{DM} and ( ${B} or ${F} )'],
];
const DO_NOT_HOLD = [
  ...[
    'kdm in @{DM}',
    '@{DM} in @{ONE}',
    '@{SUB} in @{DM}',
    'gd* in @{DM}',
    '{gdm,kdm} in @{DM}',
    '"gdm sddm" in @{DM}',
  ],
  ...['@{ONE} != gdm', '@{DM} != @{REV}', '@{DM} == gdm', '@{DM} == "gdm sddm"', 'a == A', '007 == 7'],
  ...['kdm < gdm', '10 < 3', 'gdm2 < gdm10', '@{AB} <= a', '@{AB} > @{BC}', 'a >= @{AB}', 'a in @{E}', '"" in @{AB}'],
  ...['( 1 == 1 or 1 == 1 ) and 1 == 2', 'not true', 'defined @{NO}', 'defined $F', 'defined $NO', 'not gdm in @{DM}'],
];
const UNREADABLE: readonly (readonly [string, string])[] = [
  ['x in @{NO}', 'the variable @{NO} is not defined'],
  ['$NO', 'the boolean $NO is not defined'],
  ['3a > 2', 'a number can only be compared with a number'],
  ['gdm', 'expected a condition: $x, defined @{X}, or a comparison such as x in @{X}'],
  ['@{ONE}x == gdmx', 'expected a condition'],
  ['gdm in', 'expected a variable or a word'],
  ['( gdm in @{DM}', 'expected `)` at the end of the condition'],
  ['defined ${B}', 'versions of apparmor_parser do not agree on `defined ${B}`: ask for ${B} itself'],
  [`${'('.repeat(500)}$B`, 'the condition is nested too deep'],
];

describe('readTruth', () => {
  for (const condition of HOLD) it(`holds: ${condition}`, () => expect(truth(condition)).to.equal(true));
  for (const condition of DO_NOT_HOLD)
    it(`does not hold: ${condition}`, () => expect(truth(condition)).to.equal(false));
  for (const [condition, message] of UNREADABLE)
    it(`cannot be read: ${condition.slice(0, 30)}`, () => expect(truth(condition)).to.contain(message));
});
