/** The entries of a closed class of files, and the attempts that are made of its answers. */
import { expect } from 'chai';
import type { Probe } from '#core/model/model.ts';
import { FileMasks } from '#core/profile/semantics/file-masks.ts';
import { declarationOf, fileEntryProblem } from '#core/spec/closed/file-entries.ts';
import { fileAttempts, type TriedPath } from '#core/spec/closed/file-attempts.ts';
import { resolvePlan } from '#core/spec/resolve.ts';
import { validateSpec } from '#core/spec/validate.ts';

const TEXT = 'profile: p\ncontainer: {image: i}\nprobes: [{run: a, expect: denied}]\n';
const at = { file: 's.yml', line: 1, column: 1 };

function attempts(paths: readonly TriedPath[], allow: readonly string[], most = 150): readonly Probe[] {
  const { masks, policies } = declarationOf({ allow });
  const rules = policies.map((policy) => new FileMasks(policy));
  let ids = 0;
  return fileAttempts({ class: 'file', at }, paths, {
    newId: () => `id${(ids += 1)}`,
    most,
    masksAt: (path, source = '/etc/passwd') => {
      const { owner, other } = masks.at(path);
      const link = masks.link(path, source);
      return { owner: owner | link.owner, other: other | link.other };
    },
    decidedBy: (path, source = '/etc/passwd') => rules.map((one) => one.decidingAt(path, source)),
  });
}

function lines(probes: readonly Probe[]): string[] {
  return probes.map(({ action, user, expect: { access } }) => {
    const words = action.kind === 'operation' ? action.words.join(' ') : '?';
    return `${words}${user === undefined ? '' : ' as another'}: ${access}`;
  });
}

const FILE: TriedPath = { path: '/etc/passwd', kind: 'file', mode: 0o644, whose: 'owner' };

describe('entries of closed files', () => {
  it('are file rules without their comma', () => {
    for (const entry of ['/srv/** rw', 'owner /home/*/ r', 'rw /srv/**', '"/a b" r', '/usr/bin/* rmix', 'file'])
      expect(fileEntryProblem(entry), entry).to.equal(undefined);
    for (const entry of ['link /a -> /b', '/x l', 'other /x r', '/a{b,c}[de]? rwalkmx'])
      expect(fileEntryProblem(entry), entry).to.equal(undefined);
  });

  it('are refused where they are anything else', () => {
    const others = ['', 'srv r', '/srv', '/srv z', 'deny /x r', 'audit /x r', 'priority=1 /x r', '/x r, /y r'];
    for (const entry of [...others, 'capability chown', '/x r # y', '/x r,\n/y r', '} profile q { /x r', '@{HOME} r'])
      expect(fileEntryProblem(entry), entry).to.be.a('string');
  });

  it('have three lists in a spec, each checked', () => {
    const text = `${TEXT}closed: {file: {allow: [file], except: ["/proc/** w"], open: ["/srv/** r"]}}\n`;
    const { spec, locate, problems } = validateSpec('/s.yml', text);
    expect(problems).to.deep.equal([]);
    if (spec === undefined) throw new Error();
    const [closed] = resolvePlan('/s.yml', spec, locate, { newId: () => 'x' }).closed;
    expect(closed).to.deep.include({ class: 'file', allow: ['file'], except: ['/proc/** w'], open: ['/srv/** r'] });
    const wrong = validateSpec('/s.yml', `${TEXT}closed:\n  file:\n    except:\n      - proc w\n`).problems;
    expect(wrong.map(({ at: { line }, message }) => `${line} ${message}`).join()).to.match(/^7 except of closed file/);
    expect(validateSpec('/s.yml', `${TEXT}closed: {mount: {except: [new]}}\n`).problems).to.have.length(1);
  });
});

describe('attempts on closed files', () => {
  it('ask for one permission each, and expect the answer', () => {
    expect(lines(attempts([FILE], ['/** rk'])).sort()).to.deep.equal([
      'lock fcntl none /etc/passwd: allowed',
      'mmap /etc/passwd: denied',
      'open append /etc/passwd: denied',
      'open read /etc/passwd: allowed',
      'open write /etc/passwd: denied',
    ]);
    const program: TriedPath = { path: '/usr/bin/x', kind: 'file', mode: 0o755, whose: 'owner' };
    expect(lines(attempts([program], ['/** rix'])).sort()).to.deep.equal([
      'exec /usr/bin/x: allowed',
      'lock fcntl none /usr/bin/x: denied',
      'mmap /usr/bin/x: allowed',
      'open read /usr/bin/x: allowed',
    ]);
    const folder: TriedPath = { path: '/srv/', kind: 'folder', mode: 0o755, whose: 'owner' };
    expect(lines(attempts([folder], ['/srv/ r'])).sort()).to.deep.equal([
      'delete /srv: denied',
      'readdir /srv: allowed',
    ]);
  });

  it('make what is missing, and link it only where a link is decided by the rule alone', () => {
    const missing: TriedPath = { path: '/srv/x', kind: 'missing', mode: 0, whose: 'owner', source: '/etc/passwd' };
    expect(lines(attempts([missing], ['/etc/** r'])).sort()).to.deep.equal([
      'link /etc/passwd /srv/x: denied',
      'open create /srv/x: denied',
    ]);
    expect(lines(attempts([missing], ['/srv/** wl']))).to.deep.equal(['open create /srv/x: allowed']);
    expect(lines(attempts([missing], ['/srv/** wl', '/etc/** wa']))).to.include('link /etc/passwd /srv/x: allowed');
  });

  it('are made by another user where that makes a difference', () => {
    const tried = lines(attempts([FILE], ['owner /etc/** r', '/** k']));
    expect(tried).to.include.members(['open read /etc/passwd: allowed', 'open read /etc/passwd as another: denied']);
    expect(tried.filter((line) => line.includes('as another'))).to.have.length(1);
  });

  it('try each rule and permission before anything else, then some of all', () => {
    const many = Array.from({ length: 500 }, (_, i): TriedPath => ({ ...FILE, path: `/srv/file${i}` }));
    const last: TriedPath = { ...FILE, path: '/zz/last' };
    const tried = attempts([...many, last], ['/srv/** r', '/zz/* rw'], 40);
    expect(tried).to.have.length(40);
    expect(lines(tried)).to.include.members(['open read /zz/last: allowed', 'open write /zz/last: allowed']);
    expect(new Set(tried.map(({ name }) => name)).size).to.equal(40);
    const numbers = tried.flatMap(({ closed }) => /file(\d+)/.exec(closed?.member ?? '')?.[1] ?? []).map(Number);
    expect(numbers.some((number) => number > 250)).to.equal(true);
  });

  it('leave alone what a reader could not tell, other processes, and devices', () => {
    const paths = ['/a b', '/proc/1/mem', '/proc/1/fd', '/dev/watchdog', '/.dockerenv', '/x\u001b[2J'];
    expect(
      attempts(
        paths.map((path) => ({ ...FILE, path })),
        ['file'],
      ),
    ).to.deep.equal([]);
    expect(
      attempts(
        ['/proc/1/comm', '/dev/null'].map((path) => ({ ...FILE, path })),
        ['file'],
      ),
    ).not.to.deep.equal([]);
  });
});
