/** Mutants that add to a profile what it does not grant. Pure. */
import { addCapability } from './add/add-capability.ts';
import { addChangeProfile } from './add/add-change-profile.ts';
import { addClass } from './add/add-class.ts';
import { addContext, type AddOperator } from './add/add-context.ts';
import { addExec } from './add/add-exec.ts';
import { addFile } from './add/add-file.ts';
import { addFlags } from './add/add-flags.ts';
import { addHat } from './add/add-hat.ts';
import { addMount } from './add/add-mount.ts';
import { addNetwork } from './add/add-network.ts';
import { addPriority } from './add/add-priority.ts';
import { addPtrace } from './add/add-ptrace.ts';
import { addSignal } from './add/add-signal.ts';
import { addUnix } from './add/add-unix.ts';
import type { MutantDraft } from './mutant.ts';
import type { MutationWorld } from './mutation-world.ts';
import type { Operator } from './operators.ts';
import type { ProfileBlock, ProfileText } from '../profile/syntax/ast.ts';

const ADD_RULES: readonly (readonly [Operator, AddOperator])[] = [
  ['add-capability', addCapability],
  ['add-network', addNetwork],
  ['add-mount', addMount],
  ['add-ptrace', addPtrace],
  ['add-signal', addSignal],
  ['add-unix', addUnix],
  ['add-change-profile', addChangeProfile],
  ['add-hat', addHat],
  ['add-exec', addExec],
  ['add-file', addFile],
  ['add-class', addClass],
  ['add-priority', addPriority],
];

/** One mutant for each rule and flag that could be added to a profile of the file, its children and hats included. */
export function additionsTo(text: ProfileText, world: MutationWorld): MutantDraft[] {
  return text.profiles
    .filter(({ span }) => span.file === text.file)
    .flatMap((block) => {
      const context = addContext(text, block, world);
      const rules = ADD_RULES.flatMap(([kind, operator]) =>
        operator(context).map((rule) => addition(text, block, kind, rule)),
      );
      return [...rules, ...addFlags(text, block)];
    });
}

/** The rule stands last in its profile, and counts as one of the line with the profile's name. */
function addition(text: ProfileText, block: ProfileBlock, kind: Operator, rule: string): MutantDraft {
  const { nameSpan, span } = block;
  const brace = (text.files.get(span.file) ?? '').lastIndexOf('}', span.end);
  const written = rule.endsWith('}') ? rule : `${rule},`;
  return {
    kind,
    profile: block.name,
    file: span.file,
    line: nameSpan.line,
    column: nameSpan.column,
    edits: [{ start: brace, end: brace, text: `\n  ${written}\n` }],
    via: [],
    widens: kind !== 'add-exec' && !(kind === 'add-priority' && rule.endsWith('x')),
    before: '',
    after: rule,
  };
}
