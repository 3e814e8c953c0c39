/** What a rule allows of a closed class beyond what is declared, as an entry of reports. Pure. */
import type { Action, ClosedClass, Entry } from '../model/model.ts';
import { readOperation } from '../spec/read-operation.ts';
import type { Undeclared } from '../spec/closed/undeclared.ts';
import { verdict } from './verdicts.ts';

/** @returns an entry that nobody tried: the text of the profile is all that there is. */
export function undeclaredEntry(closed: ClosedClass, { words, rules }: Undeclared, id: string): Entry {
  const member = words.join(' ');
  const [rule] = rules;
  const facts = { member, rule: rule?.text ?? '', line: rule?.span.line ?? 0 };
  return {
    probe: {
      id,
      name: `closed ${closed.class}: ${member} is denied`,
      action: actionOn(closed.class, words),
      direct: false,
      control: false,
      timeoutMs: 0,
      expect: { access: 'denied' },
      closed: { class: closed.class, member },
      at: closed.at,
    },
    verdict: verdict('rule-allows', facts),
    witnesses: [],
  };
}

/** The operation that comes nearest to it. */
function actionOn(name: string, words: readonly string[]): Action {
  const operation = OPERATIONS[name]?.(words) ?? words;
  const read = readOperation(operation);
  if ('problem' in read) throw new Error(`a closed class has an operation that cannot be read: ${read.problem}`);
  return { kind: 'operation', ...read, words: operation };
}

const OPERATIONS: Readonly<Record<string, (words: readonly string[]) => readonly string[]>> = {
  capability: ([name = '']) => ['capable', name],
  network: ([family = '', type = '']) => ['socket', family, type],
  mount: ([kind = '', type = '']) => mountOperation(kind, type),
  userns: () => ['userns'],
  io_uring: ([use = '']) => ['io_uring', use],
  mqueue: ([use = '']) => ['mqueue', use, '/queue'],
  ptrace: ([access = '']) => ['ptrace', access === 'read' || access === 'readby' ? 'read' : 'trace', 'child'],
  signal: ([, , signal = '']) => ['signal', signal, 'child'],
};

const PLACE = '/mnt';

function mountOperation(kind: string, type: string): readonly string[] {
  if (kind === 'umount') return ['umount', PLACE];
  if (kind === 'pivot_root') return ['pivot_root', PLACE, PLACE];
  return kind === 'new' ? ['mount', type, 'none', PLACE] : ['mount', '', PLACE, PLACE, kind];
}
