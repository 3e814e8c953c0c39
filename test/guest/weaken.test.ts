/** Whoever weakens a rule must see red, naming the probe; undone, it is green again. On the real kernel. */
import { expect } from 'chai';
import { join } from 'node:path';
import { file, harness, read, red, ROOT, story } from './kit.ts';

const PROFILE = read(join(ROOT, 'profiles/docker-nginx'));
const SHIPPED = read(join(ROOT, 'specs/docker-nginx.yml'))
  .replaceAll('../', `${ROOT}/`)
  .replaceAll('source: placeholders/', `source: ${ROOT}/specs/placeholders/`);
/** Without its control container, which no probe needs to fail: half the time. */
const SPEC = file('docker-nginx.yml', `control: false\n${SHIPPED}`);
/** The five of the walk-through and the service. */
const GREP = 'docker-nginx (ping|top|touch|sh|dash|nginx serves)';

/** A change to the profile, and what must turn red. */
interface Case {
  readonly change: string;
  readonly from: string;
  readonly to: string;
  readonly red: readonly string[];
}

/**
 * Those of a list are made at once: each turns red what is its own, and all that the others are about stays green.
 * So every probe is seen green as well, beside changes that are not its own.
 */
// prettier-ignore
const CASES: readonly (readonly Case[])[] = [
  [
    { change: 'deny network raw, deleted', from: '  deny network raw,\n', to: '  network raw,\n', red: ['ping is denied'] },
    { change: 'deny /root, deleted', from: '  deny /root/** wl,\n', to: '', red: ['touch ~/thing is denied'] },
  ],
  [
    { change: 'deny network raw, narrowed to IPv6', from: 'deny network raw,', to: 'deny network inet6 raw,\n  network inet raw,', red: ['ping is denied'] },
    { change: 'deny /usr/bin/top, deleted', from: '  deny /usr/bin/top rx,\n', to: '', red: ['top is denied'] },
  ],
  [
    { change: 'deny /usr/bin/top, without x', from: 'deny /usr/bin/top rx,', to: 'deny /usr/bin/top r,', red: ['top is denied'] },
    { change: 'deny dash, deleted', from: '  deny /usr/bin/dash rx,\n', to: '', red: ['dash is denied', 'sh is denied'] },
  ],
  [
    { change: 'deny /root, narrowed to dot files', from: 'deny /root/** wl,', to: 'deny /root/.** wl,', red: ['touch ~/thing is denied'] },
    { change: 'deny dash, as documented', from: 'deny /usr/bin/dash rx,', to: 'deny /bin/dash rx,', red: ['dash is denied', 'sh is denied'] },
  ],
  [
    { change: 'no IPv6', from: '  network inet6 tcp,\n', to: '', red: ['nginx serves a page'] },
  ],
];

describe('a weakened profile', () => {
  for (const cases of CASES) {
    const expected = cases.flatMap((one) => one.red).sort();
    it(`is red with ${cases.map(({ change }) => change).join(' and ')}: ${expected.join(', ')}`, async () => {
      let weakened = PROFILE;
      for (const { from, to } of cases) {
        expect(PROFILE.split(from).length, `the rule is there once: ${from}`).to.equal(2);
        weakened = weakened.replace(from, to);
      }
      const { ledger, exit } = await harness([SPEC], { grep: GREP, profile: file('docker-nginx', weakened) });
      expect(ledger.suites[0]!.entries.length).to.equal(6);
      expect(red(ledger), story(ledger)).to.deep.equal(expected);
      expect(exit).to.equal(1);
    });
  }
});
