/** Which mutants a run tries. */
import { expect } from 'chai';
import { allMutantsOf } from '#core/mutation/all-mutants.ts';
import { editKey } from '#core/mutation/mutant.ts';
import { UNKNOWN_WORLD } from '#core/mutation/mutation-world.ts';
import { OPERATORS, readOperators } from '#core/mutation/operators.ts';
import { sampleOf } from '#core/mutation/sample.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';

const RULES = 'profile p flags=(complain) {\n  file,\n  deny /etc/** wl,\n  deny network,\n  signal peer=x,\n}\n';
const TEXT = readProfileText('/p', RULES, () => undefined);
if (!isRead(TEXT)) throw new Error(TEXT.message);
const OPTIONS = { included: false, world: UNKNOWN_WORLD };
const ALL = allMutantsOf(TEXT, OPTIONS);

describe('allMutantsOf', () => {
  it('makes each change once, each with an id of its own', () => {
    expect(new Set(ALL.map(({ id }) => id)).size).to.equal(ALL.length);
    expect(new Set(ALL.map(editKey)).size).to.equal(ALL.length);
  });

  it('takes only chosen operators, and the same ids', () => {
    const chosen = allMutantsOf(TEXT, { ...OPTIONS, operators: ['drop', 'add-capability'] });
    expect(chosen).to.deep.equal(ALL.filter(({ kind }) => kind === 'drop' || kind === 'add-capability'));
  });
});

describe('readOperators', () => {
  it('reads names and groups, in the order of reports', () => {
    expect(readOperators('add-hat, drop')).to.deep.equal(['drop', 'add-hat']);
    expect(readOperators('loosen,carve,add')).to.deep.equal(OPERATORS);
    expect(readOperators('drop,nonsense')).to.equal(undefined);
    expect(readOperators('')).to.equal(undefined);
  });
});

describe('sampleOf', () => {
  it('takes as many of each operator, the same for the same seed, in their order', () => {
    const sample = sampleOf(ALL, 2, 1);
    expect(sampleOf(ALL, 2, 1)).to.deep.equal(sample);
    expect(sampleOf(ALL, 2, 2)).to.not.deep.equal(sample);
    expect(ALL.filter((mutant) => sample.includes(mutant))).to.deep.equal(sample);
    for (const mutants of Map.groupBy(sample, ({ kind }) => kind).values()) expect(mutants.length).to.be.at.most(2);
  });
});
