/** Probes for rules that mutants add. */
import { expect } from 'chai';
import { additionProbes, untestableAddition } from '#core/generate/addition-probes.ts';
import { additionsTo } from '#core/mutation/additions.ts';
import { numbered, type Mutant } from '#core/mutation/mutant.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import { validateSpec } from '#core/spec/validate.ts';

const TEXT = readProfileText('/p', 'profile p {\n  /** r,\n  deny /etc/** wl,\n}\n', () => undefined);
if (!isRead(TEXT)) throw new Error(TEXT.message);
const WORLD = { files: [], programs: ['/usr/bin/env'], labels: ['runc'] };
const MUTANTS = numbered(additionsTo(TEXT, WORLD));
const PEERS = [
  { name: 'host', profile: 'unconfined' },
  { name: 'runtime', profile: 'runc' },
];

function adding(rule: string): Mutant {
  const mutant = MUTANTS.find(({ after }) => after === rule);
  if (mutant === undefined) throw new Error(`nothing adds ${rule}`);
  return mutant;
}

function probesFor(rule: string): string[] {
  return additionProbes(adding(rule), { self: 'p', peers: PEERS });
}

describe('additionProbes', () => {
  it('tries what the rule grants', () => {
    expect(probesFor('capability sys_admin')).to.deep.equal(['  - try: capable sys_admin\n    expect: denied']);
    expect(probesFor('network inet raw')).to.deep.equal([
      '  - try: socket inet raw\n    expect: {access: denied, audit: {operation: create}}',
    ]);
    expect(probesFor('mount options=(bind)')[0]).to.match(/try: \["", \/etc, \/mnt, bind\]|try: \[mount, "", \/etc/);
    expect(probesFor('change_profile -> runc')).to.deep.equal(['  - try: change_profile runc\n    expect: denied']);
  });

  it('has the label that a program must keep', () => {
    expect(probesFor('/usr/bin/env ux')[0]).to.equal('  - exec: /usr/bin/env\n    expect: {access: allowed, label: p}');
  });

  it('goes to the peers that the spec declares, and comes from them', () => {
    expect(probesFor('signal (send) peer=runc')).to.deep.equal([
      '  - try: signal urg peer runtime\n    expect: denied',
      '  - from: runtime\n    try: signal urg container\n    control: false\n    expect: denied',
    ]);
    expect(probesFor('ptrace peer=unconfined').join()).to.include('peer host').and.not.include('runtime');
    expect(probesFor('signal').join()).to.include('peer host').and.include('from: runtime');
    expect(additionProbes(adding('signal'), { self: 'p', peers: [] })).to.deep.equal([]);
  });

  it('is a valid probe of a spec, whatever is added', () => {
    const probes = [...new Set(MUTANTS.flatMap((mutant) => additionProbes(mutant, { self: 'p', peers: PEERS })))];
    expect(probes.length).to.be.greaterThan(100);
    const head = [
      'title: p',
      'profile: p',
      'container: {image: x}',
      'peers: {host: {profile: unconfined}, runtime: {profile: runc}}',
      'probes:',
    ];
    const { problems } = validateSpec('/spec.yml', [...head, ...probes].join('\n'));
    expect(problems).to.deep.equal([]);
  });

  it('says of what nothing can try, why', () => {
    const hat = MUTANTS.find(({ kind }) => kind === 'add-hat');
    expect(untestableAddition(hat!)).to.match(/no record/);
    expect(untestableAddition(adding('dbus'))).to.match(/no bus/);
    expect(untestableAddition(adding('userns'))).to.equal(undefined);
  });
});
