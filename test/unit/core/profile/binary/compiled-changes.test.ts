import { expect } from 'chai';
import { compiledChanges } from '#core/profile/binary/compiled-changes.ts';
import type { CompiledAutomaton, CompiledProfile } from '#core/profile/binary/compiled-profiles.ts';
import type { Field } from '#core/profile/binary/compiled-policy.ts';

/** Permissions by the strings that have them. */
type Accepted = Readonly<Record<string, { readonly allow?: number; readonly execution?: string }>>;

const BITS = { link: 0x10, subset: 0x20, onexec: 0x40000000, implied: 0x200 };

/** An automaton whose states are the beginnings of these strings. */
function automaton(kind: CompiledAutomaton['kind'], accepted: Accepted): CompiledAutomaton {
  const beginnings = new Set(Object.keys(accepted).flatMap((text) => [...text].map((_, i) => text.slice(0, i + 1))));
  const states = ['none', '', ...beginnings];
  return {
    kind,
    start: 1,
    bits: BITS,
    next: (state, byte) => {
      const to = states.indexOf((states[state] ?? 'none') + String.fromCharCode(byte), 1);
      return state === 0 || to < 0 ? 0 : to;
    },
    permissions: (state) => {
      const { allow = 0, execution = '0' } = accepted[states[state] ?? ''] ?? {};
      return [{ allow, execution, logging: '0 0 0', inherits: false, further: '' }];
    },
  };
}

function profile(automata: readonly CompiledAutomaton[], fields: CompiledProfile['fields'] = []): CompiledProfile {
  return { name: 'p', fields, automata };
}

function files(accepted: Accepted): CompiledProfile {
  return profile([automaton('files', accepted)]);
}

function number(value: number, owner = '', name = ''): { readonly field: Field; readonly owner: string } {
  return { field: { kind: 'number', name, value: `${value}` }, owner };
}

function seen(base: CompiledProfile, head: CompiledProfile): string[] {
  return compiledChanges(base, head).map(({ area, kind, what }) => `${area} ${kind} ${what}`);
}

describe('compiledChanges', () => {
  it('says what one side alone allows, with the shortest path', () => {
    const base = files({ '/a': { allow: 4 }, '/ab': { allow: 4 } });
    expect(seen(base, base)).to.deep.equal([]);
    expect(seen(base, files({ '/a': { allow: 6 } }))).to.deep.equal(['file more /a', 'file less /ab']);
    expect(seen(base, profile([]))).to.deep.equal(['file less /a']);
  });

  it('sees another target of an execution', () => {
    const [base, head] = ['1 a', '1 b'].map((execution) => files({ '/x': { allow: 1, execution } }));
    expect(seen(base!, head!)).to.deep.equal(['file other /x']);
  });

  it('takes the subset bit of a link for less', () => {
    const free = files({ '/a\0/b': { allow: 0x10 } });
    const limited = files({ '/a\0/b': { allow: 0x30 } });
    expect(seen(limited, free)).to.deep.equal(['file more /a\\x00/b']);
    expect(seen(free, limited)).to.deep.equal(['file less /a\\x00/b']);
  });

  it('leaves out what every state has and paths that there are not', () => {
    const head = files({ '/a': { allow: 0x204 }, '//b': { allow: 4 } });
    expect(seen(files({ '/a': { allow: 4 } }), head)).to.deep.equal([]);
  });

  it('names the class of a rule, also behind that of labels', () => {
    const rules = (accepted: Accepted): CompiledProfile => profile([automaton('rules', accepted)]);
    expect(seen(rules({}), rules({ '\x0ax': { allow: 2 } }))).to.deep.equal(['signal more \\x0ax']);
    expect(seen(rules({}), rules({ '\x10\x0ax': { allow: 2 } }))).to.deep.equal(['signal more \\x10\\x0ax']);
    expect(seen(rules({}), rules({ '\x15': { allow: 8 } }))).to.deep.equal(['userns more \\x15']);
  });

  it('leaves out mount points that are no paths, and flags that there are not', () => {
    const rules = (accepted: Accepted): CompiledProfile => profile([automaton('rules', accepted)]);
    expect(seen(rules({}), rules({ '\x07a': { allow: 2 } }))).to.deep.equal([]);
    expect(seen(rules({}), rules({ '\x07/\0\0\0\x30': { allow: 2 } }))).to.deep.equal([]);
    expect(seen(rules({}), rules({ '\x07/\0\0\0\x01': { allow: 2 } }))).to.deep.equal([
      'mount more \\x07/\\x00\\x00\\x00\\x01',
    ]);
  });

  it('compares of mounts what the kernel asks for: unmounting, the old root, mounting', () => {
    const asked = (path: string, allow: number): string[] =>
      seen(profile([automaton('rules', {})]), profile([automaton('rules', { [path]: { allow } })]));
    expect(asked('\x07/', 2)).to.deep.equal([]);
    expect(asked('\x07/', 4)).to.deep.equal(['mount more \\x07/']);
    expect(asked('\x07/\0a', 4)).to.deep.equal([]);
    expect(asked('\x07/\0a', 1)).to.deep.equal(['mount more \\x07/\\x00a']);
    expect(asked('\x07/\0\0\0\x01', 4)).to.deep.equal([]);
  });

  it('compares capabilities, flags and limits', () => {
    const flags = { field: { kind: 'open', name: 'flags', value: '7' } as const, owner: '' };
    const fields = (capabilities: number, limit: number): CompiledProfile['fields'] => [
      flags,
      number(limit, 'flags'),
      number(capabilities),
      number(0),
      number(limit, 'rlimits'),
    ];
    const changes = compiledChanges(profile([], fields(1, 0)), profile([], fields(2, 1)));
    expect(changes.map(({ area, kind }) => `${area} ${kind}`)).to.have.members([
      'capability more',
      'capability less',
      'flags other',
      'rlimit other',
    ]);
  });
});
