/** What compiled policy says of the start of programs. */
import { expect } from 'chai';
import { compiledProfiles, type CompiledProfile } from '#core/profile/binary/compiled-profiles.ts';
import { compiledStart, departures } from '#core/profile/binary/compiled-start.ts';
import { automaton, blob, named, number, struct, text, type Strings } from './policy-bytes.ts';

/** Older policy: 7 bits of permissions, then how to execute: unconfined, unsafe, inherit, an index. */
const X = 1;
const IX = X | (4 << 7);
const UX = X | ((1 << 3) << 7);
const PIX = X | ((4 | (2 << 3)) << 7);
const UNSAFE_IX = X | ((4 | 2) << 7);
const OTHERS = 14;

function profileOf(strings: Strings): CompiledProfile {
  const policy = struct(
    'profile',
    text('p\0'),
    struct('flags', number(0)),
    named('aadfa', blob(automaton(strings))),
    named('dfa_start', number(1)),
  );
  return compiledProfiles(policy)!.get('p')!;
}

/** The same for the owner and for others. */
function both(bits: number): { allow: number } {
  return { allow: bits | (bits << OTHERS) };
}

const PROFILE = profileOf({
  '/a/ix': both(IX),
  '/a/unsafe': both(UNSAFE_IX),
  '/a/read': both(4),
  '/a/ux': both(UX),
  '/b/ux': both(UX),
  '/b/uz': both(UX),
  '/c/pix': both(PIX),
  '/d/owner': { allow: IX | (UX << OTHERS) },
  '/e//ux': both(UX),
  '/f/ux/': both(UX),
  '/gg/pix': both(PIX), // shares its last states with /c/pix
});

describe('the start of a program by compiled policy', () => {
  const starts = {
    '/a/ix': 'stays',
    '/a/unsafe': 'stays',
    '/a/read': 'refused',
    '/a/nothing': 'refused',
    '/a/ux': 'leaves',
    '/c/pix': 'leaves', // another profile may be attached
    '/d/owner': 'leaves', // of others
  };
  for (const [path, start] of Object.entries(starts))
    it(`${path} ${start}`, () => {
      expect(compiledStart(PROFILE, path)?.start).to.equal(start);
    });

  it('may leave the profile at one path of each folder that is not known, the shortest first', () => {
    expect(departures(PROFILE, [], 10)).to.deep.equal(['/a/ux', '/b/ux', '/c/pix', '/gg/pix', '/d/owner']);
    expect(departures(PROFILE, ['/b/uz'], 10)).to.deep.equal(['/a/ux', '/c/pix', '/gg/pix', '/d/owner']);
    expect(departures(PROFILE, [], 2)).to.have.length(2);
  });

  it('is not known without rules for files', () => {
    expect(compiledStart({ name: 'p', fields: [], automata: [] }, '/a')).to.equal(undefined);
    expect(departures({ name: 'p', fields: [], automata: [] }, [], 3)).to.deep.equal([]);
  });
});
