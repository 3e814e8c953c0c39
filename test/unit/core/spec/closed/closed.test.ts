/** Closed classes in a spec: what they take, and the attempts that are made of them. */
import { expect } from 'chai';
import type { Plan, Probe } from '#core/model/model.ts';
import { allows } from '#core/spec/closed/allow.ts';
import { CLOSED_CLASS_NAMES, CLOSED_CLASSES, type ClosedClassName } from '#core/spec/closed/classes.ts';
import { execClass } from '#core/spec/closed/exec-members.ts';
import { expandClass, peersOfClasses } from '#core/spec/closed/expand.ts';
import type { Inventory } from '#core/spec/closed/member.ts';
import { resolvePlan } from '#core/spec/resolve.ts';
import { validateSpec } from '#core/spec/validate.ts';

const TEXT = 'profile: p\ncontainer: {image: i}\nprobes: [{run: a, expect: denied}]\n';

function problems(closed: string): string[] {
  return validateSpec('s.yml', TEXT + closed).problems.map(({ at, message }) => `${at.line} ${message}`);
}

let ids = 0;
const newId = (): string => `id${(ids += 1)}`;

function planOf(closed: string): Plan {
  const { spec, locate, problems: found } = validateSpec('/s.yml', TEXT + closed);
  if (spec === undefined) throw new Error(JSON.stringify(found));
  return resolvePlan('/s.yml', spec, locate, { newId });
}

const INVENTORY: Inventory = {
  lastCapability: 41,
  families: ['unspec', 'unix', 'inet', 'quantum'],
  filesystems: [
    { name: 'tmpfs', needsDevice: false },
    { name: 'ext4', needsDevice: true },
  ],
  asksOfNewerMounts: true,
  labels: ['p', 'p//hat', 'other-one'],
  profile: 'p',
  peers: [
    { name: 'closed.unconfined', label: 'unconfined' },
    { name: 'helper', label: 'runc' },
  ],
};

function attemptsOf(name: ClosedClassName, allow: readonly string[] = []): readonly Probe[] {
  const at = { file: 'f', line: 1, column: 1 };
  const closed = { class: name, allow, attempts: [], untried: [], at };
  return expandClass(closed, INVENTORY, { newId, user: undefined }).attempts;
}

function linesOf(name: ClosedClassName, allow: readonly string[] = []): string[] {
  return attemptsOf(name, allow).map(({ action, closed, expect: { access }, from }) => {
    const words = action.kind === 'operation' ? action.words.map((word) => word || "''").join(' ') : '?';
    return `${closed?.member}: ${from === undefined ? '' : `${from}: `}${words}: ${access}`;
  });
}

describe('closed classes', () => {
  it('try nothing of what the spec leaves open', () => {
    const [closed] = planOf('closed: {signal: {allow: [receive * exists], open: [receive runc]}}\n').closed;
    if (closed === undefined) throw new Error('no class');
    const { attempts, untried } = expandClass(closed, INVENTORY, { newId, user: undefined });
    const isOpen = ({ member }: { readonly member: string }): boolean => member.startsWith('receive runc ');
    expect(untried.filter(isOpen).map(({ why }) => why)).to.include('the spec leaves it open');
    expect(untried.every(isOpen)).to.equal(true);
    expect(attempts.some(({ closed: of }) => of !== undefined && isOpen(of))).to.equal(false);
    expect(attempts.some(({ closed: of }) => of?.member === 'send runc kill')).to.equal(true);
  });

  it('leave no executable open, for each is to keep the label', () => {
    expect(problems('closed: {exec: {open: [/bin/x y]}}\n')).to.have.length(1);
  });

  it('are a list of classes, or a mapping of classes to what is allowed', () => {
    expect(planOf('closed: [mount, capability]\n').closed.map((one) => one.class)).to.deep.equal([
      'capability',
      'mount',
    ]);
    const [capability] = planOf('closed: {capability: {allow: [chown]}, mount: {}}\nopen: [network]\n').closed;
    expect(capability).to.deep.include({ class: 'capability', allow: ['chown'], attempts: [] });
    expect(capability?.at.line).to.equal(4);
    expect(planOf('open: [network]\n').open).to.deep.equal(['network']);
  });

  it('refuse what is no class and no member of it, with a hint', () => {
    expect(problems('closed: [capabilty]\n').join()).to.match(/capability/);
    expect(problems('closed: {netwrk: {}}\n').join()).to.match(/did you mean network\?/);
    expect(problems('closed: {capability: {allow: [chwon]}}\n').join()).to.match(/^4 .*did you mean chown\?/);
    expect(problems('closed: {mount: {alow: []}}\n').join()).to.match(/did you mean allow\?/);
    expect(problems('closed: {signal: {allow: [" "]}}\n')).to.have.length(1);
    expect(problems('closed: [mount]\nopen: [mount]\n').join()).to.match(/cannot be both/);
    expect(problems('closed: {network: {allow: ["*"]}}\n')).to.deep.equal([]);
  });

  it('bring the peers that they need, and no second one that is unconfined', () => {
    const names = (text: string): string[] => planOf(text).peers.map(({ name }) => name);
    expect(names('closed: [mount]\n')).to.deep.equal([]);
    expect(names('closed: [signal]\n')).to.deep.equal(['closed.unconfined', 'closed.other']);
    const own = planOf('closed: [ptrace]\npeers: {host: {profile: unconfined}}\n').peers;
    expect(own.map(({ name }) => name)).to.deep.equal(['host', 'closed.other']);
    expect(peersOfClasses(own)).to.deep.equal([
      { name: 'host', label: 'unconfined' },
      { name: 'closed.other', label: 'other' },
    ]);
  });

  it('have an attempt for each member, each with an id and a name of its own', () => {
    const all = CLOSED_CLASS_NAMES.flatMap((name) => attemptsOf(name));
    expect(new Set(all.map(({ id }) => id)).size).to.equal(all.length);
    expect(new Set(all.map(({ name }) => name)).size).to.equal(all.length);
    for (const { closed, control, action, from } of all) {
      const hasPeer = from !== undefined || (action.kind === 'operation' && action.other !== undefined);
      expect(control).to.equal(!hasPeer); // with peers it is asked only where it is needed
      const first = closed?.member.split(' ')[0];
      expect(CLOSED_CLASSES[closed?.class as ClosedClassName]).to.include(first);
    }
  });

  it('name what this version does not know, and what the kernel does not ask about', () => {
    const at = { file: 'f', line: 1, column: 1 };
    const older = { ...INVENTORY, asksOfNewerMounts: false };
    const of = (name: ClosedClassName): readonly string[] =>
      expandClass({ class: name, allow: [], attempts: [], untried: [], at }, older, {
        newId,
        user: undefined,
      }).untried.map(({ member }) => member);
    expect(of('capability')).to.deep.equal(['41']);
    expect(of('network')).to.deep.equal(['quantum']);
    expect(of('mount')).to.include.members(['fsmount tmpfs', 'open_tree']).and.not.to.include('umount');
  });

  it('are tried by operations of the kernel and of both ends', () => {
    expect(linesOf('capability', ['chown']).slice(0, 2)).to.deep.equal([
      'chown: capable chown: allowed',
      'dac_override: capable dac_override: denied',
    ]);
    expect(linesOf('network', ['inet stream'])).to.include.members([
      'unix raw: socket unix raw: denied',
      'inet stream: socket inet stream: allowed',
      'inet stream tcp: socket inet stream tcp: allowed',
      'inet raw icmp: socket inet raw icmp: denied',
    ]);
    expect(linesOf('mount')).to.include.members([
      'new tmpfs: mount tmpfs none /dev/shm: denied',
      'new ext4: mount ext4 /dev/null /dev/shm: denied',
      "make-rshared: mount '' '' /dev/shm make-rshared: denied",
      'pivot_root: pivot_root /dev/shm /dev/shm: denied',
    ]);
    expect(linesOf('ptrace', ['readby runc'])).to.include.members([
      'trace own: ptrace trace child: denied',
      'trace runc: ptrace trace peer helper: denied',
      'readby runc: helper: ptrace read container: allowed',
    ]);
    expect(linesOf('ptrace').join(), 'the kernel asks no profile').not.to.match(/edby unconfined/);
    expect(linesOf('signal', ['receive *', 'send * term'])).to.include.members([
      'send own term: signal term child: allowed',
      'send runc kill: signal kill peer helper: denied',
      'receive runc kill: helper: signal kill container: allowed',
    ]);
    expect(linesOf('change_profile')).to.deep.equal([
      ...['unconfined', 'p', 'p//hat', 'other-one'].flatMap((label) =>
        ['change_profile', 'change_onexec', 'stack'].map((change) => `${change} ${label}: ${change} ${label}: denied`),
      ),
      'change_hat hat: change_hat hat: denied',
    ]);
  });

  describe('of executables', () => {
    const at = { file: 'f', line: 1, column: 1 };
    const closed = { class: 'exec', allow: ['/bin/named other', '/opt/* helper'], attempts: [], untried: [], at };
    const many = Array.from({ length: 300 }, (_, i) => ({ path: `/usr/bin/p${String(i).padStart(3, '0')}` }));
    const executables = [
      ...many.slice(0, 299),
      { path: '/usr/bin/p299', transition: 'ux' },
      { path: '/bin/named', transition: 'ix' },
      { path: '/opt/x', transition: 'Px -> helper' },
    ];

    it('try what leaves the profile by its text, what the spec names, and some of the others', () => {
      const { attempts, untried } = execClass(
        closed,
        { executables, folders: [], departures: [] },
        { profile: 'p', newId },
      );
      const labels = new Map(attempts.map((one) => [one.closed?.member, one.expect.label?.equals]));
      const ofPaths = attempts.filter((one) => one.closed?.member.startsWith('/'));
      expect(ofPaths).to.have.length(120);
      expect(untried).to.have.length(executables.length - 120);
      expect([...labels.keys()]).to.include.members(['/usr/bin/p299', '/bin/named', '/opt/x', '/usr/bin/p000']);
      expect(labels.get('/usr/bin/p299')).to.equal('p');
      expect(labels.get('/bin/named')).to.equal('other');
      expect(labels.get('/opt/x')).to.equal('helper');
      const spread = attempts.map((one) => one.closed?.member ?? '').filter((path) => path > '/usr/bin/p150');
      expect(spread.length).to.be.greaterThan(50);
    });

    it('are all asked of the compiled policy, and started where it says more than that they stay', () => {
      const asked = many.map(({ path }, i) => ({ path, policy: 'stays' as const, group: i % 3 }));
      const telling = [
        { path: '/opt/px', policy: 'leaves' as const, group: 7, transition: 'ix' }, // the text knows nothing of it
        { path: '/bin/deny', policy: 'refused' as const, group: 8 },
      ];
      const result = execClass(
        closed,
        { executables: [...asked, ...telling], folders: [], departures: [] },
        { profile: 'p', newId },
      );
      const tried = new Map(result.attempts.map((one) => [one.closed?.member, one.closed?.policy]));
      expect(tried.get('/opt/px')).to.equal('leaves');
      expect(tried.get('/bin/deny')).to.equal('refused');
      expect(result.untried).to.deep.equal([]);
      const paths = [...tried.keys()].filter((member) => member?.startsWith('/'));
      expect(paths.length).to.be.within(42, 45);
      expect(result.asked).to.have.length(302 - paths.length);
      expect(result.asked?.[0]).to.deep.equal({ member: '/usr/bin/p001', answer: 'stays' });
    });

    it('start in other ways too: as a copy, in memory, by a script and by the loader', () => {
      const programs = [
        { path: '/lib/ld-linux-x86-64.so.2' },
        { path: '/usr/bin/true' },
        { path: '/usr/bin/worker', transition: 'px -> worker' },
      ];
      const allow = ['copy /tmp/* helper', 'memfd * held', '/usr/bin/worker worker'];
      const folders = ['/tmp', '/'];
      const departures = ['/opt/away'];
      const found = { executables: programs, folders, departures };
      const { attempts } = execClass({ ...closed, allow }, found, { profile: 'p', newId });
      const lines = attempts.map(({ closed: of, action, expect: { label } }) => {
        const words = action.kind === 'operation' ? action.words.join(' ') : '';
        return `${of?.member ?? ''}: ${words}: ${String(label?.equals)}`;
      });
      expect(lines.slice(3)).to.deep.equal([
        'copy /opt/away: exec-copy /usr/bin/true /opt/away: p',
        'copy /tmp/true.apparmor-probe: exec-copy /usr/bin/true /tmp/true.apparmor-probe: helper',
        'copy /true.apparmor-probe: exec-copy /usr/bin/true /true.apparmor-probe: p',
        'copy /tmp/worker.apparmor-probe: exec-copy /usr/bin/worker /tmp/worker.apparmor-probe: helper',
        'memfd /usr/bin/worker: exec-memfd /usr/bin/worker: held',
        'memfd /usr/bin/true: exec-memfd /usr/bin/true: held',
        'interpreter /usr/bin/worker: exec-script /usr/bin/worker /tmp/worker.apparmor-probe.script: p',
        'interpreter /usr/bin/true: exec-script /usr/bin/true /tmp/true.apparmor-probe.script: p',
        'loader /usr/bin/worker: exec-loader /lib/ld-linux-x86-64.so.2 /usr/bin/worker: p',
        'loader /usr/bin/true: exec-loader /lib/ld-linux-x86-64.so.2 /usr/bin/true: p',
      ]);
      expect(lines[2]).to.equal('/usr/bin/worker: exec /usr/bin/worker: worker');
    });

    it('name a label with each path', () => {
      const of = (entry: string): string => problems(`closed: {exec: {allow: ["${entry}"]}}\n`).join();
      for (const entry of ['/usr/bin/x unconfined', 'copy /tmp/* x', 'memfd /bin/y z']) expect(of(entry)).to.equal('');
      for (const entry of ['/usr/bin/x', 'x unconfined', '/usr/bin/x a b', 'copy /tmp/x', 'move /x y'])
        expect(of(entry)).to.match(/label that it/);
    });
  });

  it('compare what is allowed word by word', () => {
    const words = ['inet', 'stream', 'tcp'];
    for (const entry of ['inet', 'inet stream', ' inet  stream tcp', '*', 'i*t str*', '* * t*p', '*et'])
      expect(allows(entry, words), entry).to.equal(true);
    for (const entry of ['ine', 'stream', 'inet6', 'inet stream tcp x', 'i*x', 'inetinet*', 'i*n*net'])
      expect(allows(entry, words), entry).to.equal(false);
  });
});
