import { expect } from 'chai';
import { readOperation } from '#core/spec/read-operation.ts';

const read = (line: string): unknown => {
  const operation = readOperation(line.split(' ').map((word) => (word === "''" ? '' : word)));
  return 'problem' in operation
    ? operation.problem
    : [
        operation.class,
        operation.name,
        ...operation.args,
        ...(operation.other === undefined ? [] : [`to ${operation.other}`]),
      ];
};

describe('readOperation', () => {
  const good: readonly (readonly [string, readonly string[]])[] = [
    ['open read,write /x', ['file', 'open', 'read,write', '/x']],
    ['link /a /b', ['file', 'link', '/a', '/b']],
    ['lock flock read /a', ['file', 'lock', 'flock', 'read', '/a']],
    ['exec /a no_new_privs', ['file', 'exec', '/a', 'no_new_privs']],
    ['capable sys_admin', ['capability', 'capable', 'sys_admin']],
    ['socket inet raw icmp', ['network', 'socket', '2', '3', '1']],
    ['socket packet dgram', ['network', 'socket', '17', '2', '0']],
    ['bind unix stream @name', ['network', 'bind', '1', '1', '@name']],
    ['connect inet6 stream', ['network', 'connect', '10', '1', '']],
    ['mount tmpfs none /mnt', ['mount', 'mount', 'tmpfs', 'none', '/mnt', '0']],
    ["mount '' /etc /mnt bind,ro", ['mount', 'mount', '', '/etc', '/mnt', '4097']],
    ["mount '' '' / make-rslave", ['mount', 'mount', '', '', '/', '540672']],
    ["mount '' /a /b R,nosuid,rw,user,make-private", ['mount', 'mount', '', '/a', '/b', '282626']],
    ["mount '' /a /b M,lazytime", ['mount', 'mount', '', '/a', '/b', '33562624']],
    ['ptrace trace child', ['ptrace', 'ptrace', 'trace', 'child']],
    ['signal term child', ['signal', 'signal', '15', 'child']],
    ['signal exists 1', ['signal', 'signal', '0', '1']],
    ['rlimit nofile unlimited', ['rlimit', 'rlimit', 'nofile', 'unlimited']],
    ['userns', ['userns', 'userns']],
    ['exec-as x//y /a no_new_privs', ['change_profile', 'exec-as', 'x//y', '/a', 'no_new_privs']],
    ['stack x', ['change_profile', 'stack', 'x']],
    ['dbus send system org.example', ['dbus', 'dbus', 'send', 'system', 'org.example']],
    ['signal kill peer other', ['signal', 'signal', '9', '', 'to other']],
    ['ptrace read container', ['ptrace', 'ptrace', 'read', '', 'to container']],
    ['connect unix stream peer other', ['unix', 'connect', '1', '1', '', 'to other']],
    ['send unix dgram container', ['unix', 'send', '1', '2', '', 'to container']],
    ['send unix dgram', ['network', 'send', '1', '2']],
  ];
  for (const [line, expected] of good) it(line, () => expect(read(line)).to.deep.equal(expected));

  const bad: readonly (readonly [string, RegExp])[] = [
    ['linkk /a /b', /unknown operation "linkk"; did you mean link\?/],
    ['link /a', /is written `link PATH PATH`/],
    ['open read etc', /"etc" is not a valid PATH; write `open /],
    ['open sideways /x', /"sideways" is not a valid MODE/],
    ['socket inet4 raw', /"inet4" is not a valid FAMILY/],
    ['capable sys_root', /not a valid CAPABILITY/],
    [
      'mount tmpfs none /mnt sideways',
      /^"sideways" is not a valid FLAGS \(joined by commas\): use ro, rw, .*make-rslave, .*; write `mount /,
    ],
    ['mount tmpfs none /mnt ro,make-rslvae', /^"make-rslvae" is not .*; did you mean make-rslave\?; write/],
    ['mount tmpfs none /mnt nouser', /^"nouser" is not a valid FLAGS \(joined by commas\): use ro/],
    ['socket inte raw', /^"inte" is not a valid FAMILY: use unix, inet, .*; did you mean inet\?; write/],
    ['open read,wirte /x', /^"wirte" is not a valid MODE \(of read, [^)]*\); did you mean write\?; write/],
    ['signal kill 1', /another process can only be sent/],
    ['bind inet stream /x', /port of the loopback/],
    ['bind unix stream 80', /begins with/],
    ['send packet raw', /unix, inet or inet6/],
    ['__proto__', /unknown operation/],
    ['__proto__ peer x', /unknown operation/],
    ['connect inet stream peer x', /the family must be unix/],
    ['open read /a peer x', /is written/],
    ['signal urg peer', /is not a valid PID/],
    ['', /unknown operation/],
  ];
  for (const [line, pattern] of bad) it(`refuses ${JSON.stringify(line)}`, () => expect(read(line)).to.match(pattern));
});
