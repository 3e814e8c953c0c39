/** Two processes, each under a label of its own: signals, traces and sockets between them, in each direction. */
import { expect } from 'chai';
import { unmediatedClasses } from '#adapters/kernel/mediation.ts';
import { exec } from '#adapters/host/exec.ts';
import { entry, file, harness, profileText, spec, story } from './kit.ts';

const RULES = `
  deny signal (send) set=(term) peer=meeting-other,
  deny signal (receive) set=(urg) peer=unconfined,
  deny ptrace (trace) peer=meeting-other,
  deny ptrace (readby) peer=meeting-other,`;
/** What the peer's own profile denies says nothing of the other one. */
const PEER_RULES = `
  deny signal set=(hup) peer=meeting,
  deny ptrace (readby) peer=meeting,`;
const SHUT = '  unix,\n  deny unix (accept) type=stream peer=(label=meeting),';
const PEERS = { other: { profile: 'meeting-other' }, plain: { profile: 'unconfined' } };

const denied = (audit: object): object => ({ access: 'denied', audit });

describe('a peer under a chosen label', () => {
  it("is signalled and traced, signals and traces, and each side's rule decides", async () => {
    const text = profileText('meeting', RULES) + profileText('meeting-other', PEER_RULES).replace(/^abi.*\n/, '');
    const { ledger, exit } = await harness([
      spec(
        { file: file('meeting', text), name: 'meeting' },
        [
          {
            name: 'send',
            try: 'signal term peer other',
            expect: denied({
              operation: 'signal',
              requested_mask: 'send',
              signal: 'term',
              peer: 'meeting-other',
            }),
          },
          { name: 'send, allowed', try: 'signal kill peer plain', expect: 'allowed' },
          {
            name: 'receive',
            from: 'plain',
            try: 'signal urg container',
            expect: denied({ requested_mask: 'receive', signal: 'urg', peer: 'unconfined' }),
          },
          { name: 'receive, allowed', from: 'other', try: 'signal term container', expect: 'allowed' },
          {
            name: 'trace',
            try: 'ptrace trace peer other',
            expect: denied({ operation: 'ptrace', requested_mask: 'trace' }),
          },
          { name: 'read, denied by the peer', try: 'ptrace read peer other', expect: 'denied' },
          { name: 'read, allowed', try: 'ptrace read peer plain', expect: 'allowed' },
          { name: 'sent, denied by the peer', try: 'signal hup peer other', expect: 'denied' },
          { name: 'received, denied by the peer', from: 'other', try: 'signal hup container', expect: 'denied' },
          { name: 'declared', try: 'signal hup peer other', expect: { access: 'denied', by: 'peer' } },
          {
            name: 'readby',
            from: 'other',
            try: 'ptrace read container',
            expect: denied({ operation: 'ptrace', requested_mask: 'readby' }),
          },
          { name: 'tracedby, allowed', from: 'other', try: 'ptrace trace container', expect: 'allowed' },
          { name: 'not denied as expected', try: 'signal urg peer other', expect: 'denied' },
        ],
        { control: true, peers: PEERS },
      ),
    ]);
    const codes = Object.fromEntries(
      ledger.suites[0]!.entries.map(({ probe, verdict }) => [probe.name, `${verdict.kind} ${verdict.code}`]),
    );
    expect(codes, story(ledger)).to.deep.equal({
      send: 'pass denied',
      'send, allowed': 'pass allowed',
      receive: 'pass denied',
      'receive, allowed': 'pass allowed',
      trace: 'pass denied',
      'read, denied by the peer': 'vacuous other-denial',
      'read, allowed': 'pass allowed',
      'sent, denied by the peer': 'vacuous other-denial',
      'received, denied by the peer': 'vacuous other-denial',
      declared: 'pass denied',
      readby: 'pass denied',
      'tracedby, allowed': 'pass allowed',
      'not denied as expected': 'fail let-through',
    });
    expect(exit).to.equal(1);
    const { confinement, entries } = ledger.suites[0]!;
    const own = `${confinement!.loadedAs} (enforce)`;
    expect([
      entry(ledger, 'send').observation?.process?.label,
      entry(ledger, 'receive').observation?.other?.label,
    ]).to.deep.equal([own, own]);
    expect(entry(ledger, 'send').observation?.other?.label).to.match(/^meeting-other\.\w+ \(enforce\)$/);
    expect(entry(ledger, 'receive').observation?.process?.label).to.equal('unconfined');
    expect(entries.flatMap(({ witnesses }) => witnesses.map(({ by }) => by)).every((by) => by === 'comm')).to.equal(
      true,
    );
    expect(
      confinement!.labels.filter(({ process }) => process.includes('peer')).map(({ process }) => process),
    ).to.have.length(8);
  });

  it('is connected to by a unix socket, or the kernel says that it does not mediate these', async () => {
    const features = await exec(['aa-features-abi', '--extract']);
    const abi = file('kernel.abi', features.stdout.toString());
    const rules = `
  deny unix (connect) type=stream peer=(label=meeting-other),
  deny unix (accept) type=stream peer=(label=meeting-plain),`;
    const others = ['meeting-other', 'meeting-plain', 'meeting-shut'].map((name) =>
      profileText(name, name === 'meeting-shut' ? SHUT : '  unix,').replace(/^abi.*\n/, ''),
    );
    const text = [profileText('meeting', `  unix,${rules}`).replace('<abi/3.0>', `"${abi}"`), ...others].join('');
    const { ledger } = await harness([
      spec(
        { file: file('meeting', text), name: 'meeting' },
        [
          { name: 'connect', try: 'connect unix stream peer other', expect: 'denied' },
          { name: 'send', try: 'send unix dgram peer other', expect: 'allowed' },
          { name: 'accept', from: 'third', try: 'connect unix stream container', expect: 'denied' },
          {
            name: 'accept, by the peer',
            try: 'connect unix stream peer shut',
            expect: { access: 'denied', by: 'peer' },
          },
          { name: 'accept, allowed', from: 'other', try: 'connect unix stream container', expect: 'allowed' },
        ],
        {
          control: true,
          peers: {
            other: { profile: 'meeting-other' },
            third: { profile: 'meeting-plain' },
            shut: { profile: 'meeting-shut' },
          },
        },
      ),
    ]);
    const reason = (await unmediatedClasses(['unix'])).get('unix');
    expect(ledger.suites[0]!.faults, story(ledger)).to.deep.equal([]);
    expect(
      ledger.suites[0]!.entries.map(({ verdict }) => verdict.kind),
      story(ledger),
    ).to.deep.equal(Array(5).fill(reason === undefined ? 'pass' : 'skipped'));
    if (reason !== undefined) expect(entry(ledger, 'connect').verdict.reason).to.equal(reason);
  });
});
