/** What a closed class of files declares, written as file rules are: paths with wildcards, and permissions. Pure. */
import type { DeclaredFiles } from '../../model/model.ts';
import { FileMasks } from '../../profile/semantics/file-masks.ts';
import { policyOf, type Policy } from '../../profile/semantics/policy.ts';
import { isRead, readProfileText } from '../../profile/syntax/read-profile-text.ts';
import type { ProfileBlock } from '../../profile/syntax/ast.ts';

/** Takes the place of a file name in messages, which do not show it. */
const FILE = 'closed';

/** What is declared, ready to be asked. */
export interface Declaration {
  readonly masks: FileMasks;
  /** Of what is left open, nothing is compared. */
  readonly open: FileMasks;
  readonly hasOpen: boolean;
  readonly policies: readonly Policy[];
}

/** @returns what is wrong with an entry, as the rest of a sentence; undefined where nothing is. */
export function fileEntryProblem(entry: string): string | undefined {
  const quoted = JSON.stringify(entry);
  const form = `${quoted} is no path with permissions, as in a file rule: \`/srv/** rw\`, \`owner /home/** r\``;
  if (/[\0\n\r#]/.test(entry)) return form;
  const block = blockOf(`${entry},`);
  if (typeof block === 'string') return `${form} (${block})`;
  const isOne = block?.rules.every(isPlain) === true && new Set(block.rules.map(({ span }) => span.start)).size === 1;
  if (!isOne) return form;
  const [unreadable] = policyOf(block).unreadable;
  return unreadable === undefined ? undefined : `${quoted}: ${unreadable.problem}`;
}

/** @param declared entries without a problem. */
export function declarationOf({ allow, except = [], open = [] }: DeclaredFiles): Declaration {
  const declared = policyFrom([...allow.map((entry) => `${entry},`), ...except.map((entry) => `deny ${entry},`)]);
  const left = policyFrom(open.map((entry) => `${entry},`));
  return {
    masks: new FileMasks(declared),
    open: new FileMasks(left),
    hasOpen: open.length > 0,
    policies: [declared, left],
  };
}

function policyFrom(rules: readonly string[]): Policy {
  const block = blockOf(rules.join('\n'));
  if (block === undefined || typeof block === 'string') throw new Error(`entries cannot be read: ${block ?? ''}`);
  return policyOf(block);
}

/** One kind of rule, and nothing before it but whose file it is. */
function isPlain({ kind, qualifiers: { access, audit, priority } }: ProfileBlock['rules'][number]): boolean {
  return (kind === 'file' || kind === 'link') && access === 'allow' && !audit && priority === undefined;
}

/** @returns why the rules cannot be read, in place of them. */
function blockOf(rules: string): ProfileBlock | string | undefined {
  const text = readProfileText(FILE, `profile closed {\n${rules}\n}\n`, () => undefined);
  if (!isRead(text)) return text.message;
  return text.profiles.length === 1 ? text.profiles[0] : undefined;
}
