import { expect } from 'chai';
import type { Access } from '#core/profile/semantics/access.ts';
import { exampleOf, notesOf, type KernelAnswer } from '#harness/diff/confirm-examples.ts';

const ACCESS: Access = { class: 'file', path: '/x', permission: 'w', owner: true };

function answer(base: boolean, head: boolean): KernelAnswer {
  return { base, head };
}

describe('an example of a difference', () => {
  const rows = [
    { change: 'allowed', answer: answer(false, true), kernel: 'agrees' },
    { change: 'allowed', answer: answer(true, true), kernel: 'disagrees' },
    { change: 'allowed', answer: answer(false, false), kernel: 'disagrees' },
    { change: 'denied', answer: answer(true, false), kernel: 'agrees' },
    { change: 'denied', answer: answer(true, true), kernel: 'disagrees' },
    { change: 'denied', answer: answer(false, false), kernel: 'disagrees' },
  ] as const;
  for (const {
    change,
    answer: { base, head },
    kernel,
  } of rows)
    it(`that is newly ${change} ${kernel} with a kernel that says ${base} of base and ${head} of head`, () => {
      expect(exampleOf(change, ACCESS, { base, head })).to.deep.equal({ access: ACCESS, kernel });
    });

  it('stays unconfirmed when the kernel cannot be asked', () => {
    expect(exampleOf('allowed', ACCESS, undefined)).to.deep.equal({ access: ACCESS });
  });

  for (const change of ['transition', 'logging'] as const)
    it(`stays unconfirmed for a change of ${change}: the kernel only answers yes or no`, () => {
      expect(exampleOf(change, ACCESS, answer(false, true))).to.deep.equal({ access: ACCESS });
    });
});

describe('examples of differences', () => {
  const agreed = { access: ACCESS, kernel: 'agrees' } as const;

  it('say what a kernel can be asked where one of them stays unconfirmed', () => {
    expect(notesOf([[agreed], [agreed, { access: ACCESS }]])).to.have.length(1);
    expect(notesOf([[agreed], [{ access: ACCESS }]])[0]).to.match(/^Not confirmed: a kernel only answers/);
  });

  it('say nothing where the kernel answered for each', () => {
    expect(notesOf([[agreed], [agreed, agreed]])).to.deep.equal([]);
    expect(notesOf([])).to.deep.equal([]);
  });
});
