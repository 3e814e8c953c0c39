/** Parts that mutants carve out of rules, and conditions that they bind them to. */
import { expect } from 'chai';
import { carvingsOf } from '#core/mutation/carvings.ts';
import { matcherOf } from '#core/mutation/carve/existing-paths.ts';
import { UNKNOWN_WORLD } from '#core/mutation/mutation-world.ts';
import type { Operator } from '#core/mutation/operators.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import type { ProfileText } from '#core/profile/syntax/ast.ts';

function text(rules: string): ProfileText {
  const read = readProfileText('/p', `@{PROC}=/proc/\nprofile p {\n${rules}\n}\n`, () => undefined);
  if (!isRead(read)) throw new Error(read.message);
  return read;
}

/** What an operator makes of these rules, where the container has these files. */
function carved(operator: Operator, rules: string, files: readonly string[] = []): string[] {
  return carvingsOf(text(rules), { included: false, world: { ...UNKNOWN_WORLD, files } })
    .filter(({ kind }) => kind === operator)
    .map(({ after }) => after);
}

describe('carvingsOf', () => {
  it('carves a letter of an existing file out of a class, and out of stars', () => {
    const files = ['/sys/a/x', '/sys/fs/x'];
    expect(carved('carve-letter', '  deny /sys/[^f]*/** wl,', files)).to.deep.equal([
      'deny /sys/[^fa]*/** wl',
      'deny /sys/[^f][^s/]*/** wl',
      'deny /sys/[^f]*/[^x]** wl',
    ]);
    expect(carved('carve-letter', '  deny /etc/** w,', ['/etc/passwd', '/srv/q'])).to.deep.equal([
      'deny /etc/[^p]** w',
    ]);
    expect(carved('carve-letter', '  deny @{PROC}/** w,')).to.deep.equal(['deny @{PROC}/[^a]** w']);
    expect(
      carved('carve-letter', '  deny @{PROC}/sys/[^k]* w,', ['/proc/sys/kernel/', '/proc/sys/vm', '/etc/x']),
    ).to.deep.equal(['deny @{PROC}/sys/[^kv]* w', 'deny @{PROC}/sys/[^k][^m/]* w']);
    expect(carved('carve-letter', '  deny @{PROC}/nothing/* w,', ['/etc/x'])).to.deep.equal([]);
    expect(carved('carve-letter', '  /etc/** w,\n  deny /etc/x w,')).to.deep.equal([]);
  });

  it('carves the name of an existing file, and no other', () => {
    const [rule = ''] = carved('carve-name', '  deny @{PROC}/** w,', ['/etc/x', '/proc/sys/', '/proc/sys/vm']);
    expect(rule).to.match(/^deny @\{PROC\}\/\{\[\^s\]\*\*,s\[\^y\]\*\*,/);
    const expression = rule.split(' ')[1] ?? '';
    const matches = matcherOf(expression, text(''));
    const names = ['s', 'sys', 'sys/', 'sys/v', 'sys/vm', 'sys/vmx', 'sys/vm/x', 'sys/wm', 'x', 'sys/vn/x'];
    expect(names.filter((name) => matches?.(`/proc/${name}`) !== true)).to.deep.equal(['sys/vm']);
    expect(carved('carve-name', '  deny /etc/** w,', ['/srv/x'])).to.deep.equal([]);
  });

  it('carves a capability out of a rule that denies all', () => {
    const rules = carved('carve-capability', '  deny capability,');
    expect(rules).to.have.lengthOf.above(30);
    expect(rules[0]).to.match(/^deny capability dac_override /);
    expect(carved('carve-capability', '  capability,\n  deny capability chown,')).to.deep.equal([]);
  });

  it('binds files to their owner, or to others', () => {
    expect(carved('carve-owner', '  audit deny /etc/** w,\n  owner /x r,\n  file,')).to.deep.equal([
      'audit deny owner /etc/** w',
      'audit deny other /etc/** w',
      'owner file',
      'other file',
    ]);
  });

  it('binds links to targets', () => {
    expect(carved('carve-link', '  deny /usr/** wl,\n  deny /{a,b}/** l,')).to.deep.equal([
      'deny /usr/** w, deny link /usr/** -> /usr/**',
    ]);
    expect(carved('carve-link', '  link /a -> /b,\n  link subset /a -> /b,')).to.deep.equal(['link subset /a -> /b']);
  });

  it('binds mounts to options, types, sources and targets', () => {
    expect(carved('carve-mount', '  deny mount,')).to.deep.equal([
      'deny mount options=(bind)',
      'deny mount options=(ro)',
      'deny mount options=(remount, bind, ro)',
      'deny mount fstype=tmpfs',
      'deny mount fstype=proc',
      'deny mount /dev/**',
      'deny mount -> /mnt/**',
    ]);
    expect(carved('carve-mount', '  mount options=(ro) fstype=tmpfs /a -> /b,')).to.deep.equal([]);
    expect(carved('carve-mount', '  remount,\n  umount,\n  pivot_root,')).to.deep.equal([
      'remount options=(ro)',
      'remount /mnt/**',
      'umount /mnt/**',
      'pivot_root oldroot=/mnt/**',
    ]);
  });

  it('binds sockets to a family and a type', () => {
    expect(carved('carve-network', '  deny network raw,\n  network inet,\n  network inet tcp,')).to.deep.equal([
      'deny network inet raw',
      'deny network inet6 raw',
      'deny network netlink raw',
      'deny network unix raw',
      'network inet stream',
      'network inet dgram',
      'network inet raw',
    ]);
  });

  it('binds signals, traces and unix sockets to accesses, sets and peers', () => {
    expect(carved('carve-signal', '  signal (send, receive) peer=x,')).to.deep.equal([
      'signal (send, receive) set=(term) peer=x',
      'signal (send, receive) set=(kill) peer=x',
    ]);
    expect(carved('carve-signal', '  signal,')).to.include('signal peer=unconfined').and.include('signal (send)');
    expect(carved('carve-ptrace', '  ptrace,\n  ptrace (read) peer=x,')).to.deep.equal([
      'ptrace peer=unconfined',
      'ptrace (read)',
      'ptrace (trace)',
    ]);
    expect(carved('carve-unix', '  unix,')).to.deep.equal([
      'unix type=stream',
      'unix peer=(label=unconfined)',
      'unix (connect)',
    ]);
  });

  it('has the environment cleared where it was not', () => {
    expect(carved('carve-scrub', '  /a rux,\n  /b px -> q,\n  /c ix,\n  /d pux,')).to.deep.equal([
      '/a rUx',
      '/b Px -> q',
      '/d PUx',
    ]);
  });

  it('makes texts that can be read', () => {
    const original = text('  deny /sys/[^f]*/** wl,\n  deny mount,\n  deny network raw,\n  signal peer=x,');
    for (const { edits, after } of carvingsOf(original, { included: false, world: UNKNOWN_WORLD })) {
      const [edit] = edits;
      const source = original.files.get('/p') ?? '';
      const changed = source.slice(0, edit?.start) + (edit?.text ?? '') + source.slice(edit?.end);
      expect(isRead(readProfileText('/p', changed, () => undefined)), after).to.equal(true);
    }
  });
});
