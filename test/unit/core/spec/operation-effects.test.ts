import { expect } from 'chai';
import type { Action, Probe } from '#core/model/model.ts';
import { LABEL_CHANGING, isUnmediated, leavesTraces, removes, undoOf } from '#core/spec/operation-effects.ts';
import { OPERATIONS } from '#core/spec/operations.ts';
import { readOperation } from '#core/spec/read-operation.ts';

function actionOf(line: string): Action {
  const words = line.split(' ');
  const read = readOperation(words);
  if ('problem' in read) throw new Error(read.problem);
  return { kind: 'operation', ...read, words };
}

function probeOf(action: Action): Probe {
  return {
    id: 'abcde.0001',
    name: 'a probe',
    action,
    timeoutMs: 1000,
    direct: false,
    control: true,
    expect: { access: 'denied' },
    at: { file: 's.yml', line: 1, column: 1 },
  };
}

const command: Action = { kind: 'run', argv: ['true'], tildes: [], terminal: false };

describe('undoOf', () => {
  const undone: readonly (readonly [string, string | undefined])[] = [
    ['open create /tmp/x', 'unlink /tmp/x'],
    ['link /a /tmp/x', 'unlink /tmp/x'],
    ['symlink a /tmp/x', 'unlink /tmp/x'],
    ['mknod fifo /tmp/x', 'unlink /tmp/x'],
    ['mkdir /tmp/x', 'rmdir /tmp/x'],
    ['exec-copy /bin/true /tmp/x', 'unlink /tmp/x'],
    ['exec-script /bin/sh /tmp/x', 'unlink /tmp/x'],
    ['bind unix stream /tmp/x', 'unlink /tmp/x'],
    ['bind unix stream @name', undefined],
    ['bind inet stream 80', undefined],
    ['unlink /tmp/x', undefined],
    ['readdir /tmp', undefined],
  ];
  for (const [line, expected] of undone)
    it(`takes back \`${line}\` by ${expected === undefined ? 'nothing' : `\`${expected}\``}`, () => {
      const undo = undoOf(probeOf(actionOf(line)));
      expect(undo?.action).to.deep.equal(expected === undefined ? undefined : actionOf(expected));
    });

  it('knows nothing that takes back a command', () => {
    expect(undoOf(probeOf(command))).to.equal(undefined);
  });
});

describe('removes and leavesTraces', () => {
  const effects: readonly (readonly [string, Action, { removes: boolean; leavesTraces: boolean }])[] = [
    ['unlink', actionOf('unlink /x'), { removes: true, leavesTraces: true }],
    ['rmdir', actionOf('rmdir /x'), { removes: true, leavesTraces: true }],
    ['mkdir, which is undone', actionOf('mkdir /x'), { removes: false, leavesTraces: false }],
    ['delete, which never succeeds', actionOf('delete /x'), { removes: false, leavesTraces: false }],
    ['a command', command, { removes: false, leavesTraces: true }],
  ];
  for (const [title, action, expected] of effects)
    it(`tell what ${title} leaves`, () => {
      expect({ removes: removes(action), leavesTraces: leavesTraces(action) }).to.deep.equal(expected);
    });
});

describe('isUnmediated', () => {
  const lines: readonly (readonly [string, boolean])[] = [
    ['utimens /x', true],
    ['getxattr /x', true],
    ['setxattr /x', true],
    ['io_uring setup', true],
    ['io_uring sqpoll', false],
    ['getattr /x', false],
  ];
  for (const [line, expected] of lines)
    it(`is ${expected} of \`${line}\``, () => {
      const read = readOperation(line.split(' '));
      expect('problem' in read ? read.problem : isUnmediated(read)).to.equal(expected);
    });

  it('is false of a name that every object has', () => {
    expect(isUnmediated({ name: '__proto__', args: [] })).to.equal(false);
  });
});

describe('OPERATIONS', () => {
  it('names those after which a label can be read', () => {
    const ways = ['exec-copy', 'exec-loader', 'exec-memfd', 'exec-script'];
    expect([...LABEL_CHANGING].sort()).to.deep.equal([
      ...['change_hat', 'change_profile', 'exec', 'exec-as'],
      ...ways,
      'stack',
    ]);
  });

  it('has an undo for each operation that makes something, and the reverse', () => {
    for (const [name, { makes, undoneBy }] of Object.entries(OPERATIONS))
      expect(makes === undefined, name).to.equal(undoneBy === undefined);
  });
});
