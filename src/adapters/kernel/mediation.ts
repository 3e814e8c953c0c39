/** Which classes of rules cannot be ruled on this host: the kernel's list says what it mediates, a compiled rule shows what the parser writes. */
import { HarnessError } from '#core/model/errors.ts';
import { unmediatedReason } from './securityfs/features.ts';
import { compileForKernel, parserVersion } from './parser/apparmor-parser.ts';

/** A rule of each class that kernels came to mediate later than parsers of AppArmor 3.0 came out. */
const RULES: ReadonlyMap<string, string> = new Map([
  ['unix', 'deny unix (connect) type=stream peer=(label=x),'],
  ['userns', 'deny userns create,'],
  ['io_uring', 'deny io_uring sqpoll,'],
  ['mqueue', 'deny mqueue create /x,'],
]);

const known = new Map<string, Promise<string | undefined>>();

/** @param classes AppArmor's classes of rules. @returns why a class cannot be ruled, for each that cannot. */
export async function unmediatedClasses(classes: Iterable<string>): Promise<ReadonlyMap<string, string>> {
  const reasons = new Map<string, string>();
  for (const name of new Set(classes)) {
    const reason = unmediatedReason(name) ?? (await notWritten(name));
    if (reason !== undefined) reasons.set(name, reason);
  }
  return reasons;
}

/** Why the parser leaves rules of a class out that this kernel mediates. The host's answer stays the same while the program runs. */
function notWritten(name: string): Promise<string | undefined> {
  const answer = known.get(name) ?? tryRule(name);
  known.set(name, answer);
  return answer;
}

async function tryRule(name: string): Promise<string | undefined> {
  const rule = RULES.get(name);
  if (rule === undefined || (await compiled(rule)) !== (await compiled(''))) return undefined;
  return `This kernel's AppArmor mediates ${name}, but apparmor_parser ${(await parserVersion()) ?? ''} compiles no rule of it.`;
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
