/**
 * Which classes of rules have no effect on this host. The kernel lists what it mediates; a compiled rule shows
 * what the parser writes.
 */
import { HarnessError } from '#core/model/errors.ts';
import { unmediatedReason } from './securityfs/features.ts';
import { compileForKernel, parserVersion } from './parser/apparmor-parser.ts';

/** A rule of each class that kernels mediate only since parsers of AppArmor 3.0 came out. */
const RULES: ReadonlyMap<string, string> = new Map([
  ['unix', 'deny unix (connect) type=stream peer=(label=x),'],
  ['userns', 'deny userns create,'],
  ['io_uring', 'deny io_uring sqpoll,'],
  ['mqueue', 'deny mqueue create /x,'],
]);

const known = new Map<string, Promise<string | undefined>>();

/**
 * @param classes AppArmor's classes of rules.
 * @returns for each class whose rules have no effect here: why.
 */
export async function unmediatedClasses(classes: Iterable<string>): Promise<ReadonlyMap<string, string>> {
  const reasons = new Map<string, string>();
  for (const name of new Set(classes)) {
    const reason = unmediatedReason(name) ?? (await uncompiled(name));
    if (reason !== undefined) reasons.set(name, reason);
  }
  return reasons;
}

/** Why the parser ignores rules of a class that this kernel mediates. The answer does not change while we run. */
function uncompiled(name: string): Promise<string | undefined> {
  const answer = known.get(name) ?? tryRule(name);
  known.set(name, answer);
  return answer;
}

async function tryRule(name: string): Promise<string | undefined> {
  const rule = RULES.get(name);
  if (rule === undefined || (await compiled(rule)) !== (await compiled(''))) return undefined;
  const version = (await parserVersion()) ?? '';
  return `This kernel's AppArmor mediates ${name}, but apparmor_parser ${version} ignores rules of this class.`;
}

/** Policy with a rule; without it where the parser does not know the rule. */
async function compiled(rule: string): Promise<string> {
  try {
    return (await compileForKernel(`profile p {\n${rule}\n}\n`)).toString('base64');
  } catch (error) {
    if (rule !== '' && error instanceof HarnessError && error.code === 'profile-invalid') return compiled('');
    throw error;
  }
}
