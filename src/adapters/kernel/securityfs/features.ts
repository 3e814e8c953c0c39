/** What this kernel's AppArmor mediates, from its own list (security/apparmor/apparmorfs.c, aa_sfs_entry_features). */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/kernel/security/apparmor/features';

/** A class is mediated when one of these files is there and, where a word is given, has it. */
const EVIDENCE: Readonly<Record<string, readonly (readonly [file: string, word?: string])[]>> = {
  file: [['file/mask']],
  capability: [['caps/mask']],
  change_profile: [['domain/change_profile']],
  network: [['network_v9/af_mask'], ['network_v8/af_mask'], ['network/af_mask']],
  unix: [['network_v9/af_unix'], ['network_v8/af_unix'], ['network/af_unix']],
  mount: [['mount/mask']],
  ptrace: [['ptrace/mask']],
  signal: [['signal/mask']],
  rlimit: [['rlimit/mask']],
  userns: [['namespaces/mask', 'userns_create']],
  io_uring: [['io_uring/mask']],
  dbus: [['dbus/mask']],
  mqueue: [['ipc/posix_mqueue'], ['ipc/mask', 'posix_mqueue']],
};

/** The text of one file of a feature list; undefined when the list has no such file. */
type Features = (file: string) => string | undefined;

const inKernel: Features = (file) => {
  const path = join(ROOT, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
};

function lacking(name: string, features: Features): string | undefined {
  const evidence = EVIDENCE[name] ?? [];
  const found = evidence.some(([file, word]) => {
    const text = features(file);
    return text !== undefined && (word === undefined || text.includes(word));
  });
  return found
    ? undefined
    : evidence.map(([file, word]) => `features/${file}${word === undefined ? '' : ` with ${word}`}`).join(', ');
}

/** @param name AppArmor's class of rules. @returns why the kernel does not mediate it; undefined when it does. */
export function unmediatedReason(name: string): string | undefined {
  const lack = lacking(name, inKernel);
  return lack === undefined ? undefined : `This kernel's AppArmor does not mediate ${name}: ${lack} is missing.`;
}

/**
 * @param abi a list of features as a file has it, which policy is compiled for.
 * @returns why rules of a class are left out of the policy; undefined when they are in it.
 */
export function uncompiledReason(
  name: string,
  abi: { readonly name: string; readonly text: string },
): string | undefined {
  const files = readFeatures(abi.text);
  return lacking(name, (file) => files.get(file)) === undefined
    ? undefined
    : `The policy is compiled without rules of class ${name}: its feature ABI, ${abi.name}, does not include it.`;
}

/** `a {b {words\n}\n}\n`, as `aa-features-abi` writes it: the words of `a/b`. */
function readFeatures(text: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const path: string[] = [];
  for (const [, words = '', brace] of text.matchAll(/([^{}]*)([{}])/g)) {
    if (brace === '{') {
      path.push(words.trim());
      files.set(path.join('/'), '');
      continue;
    }
    if (words.trim() !== '') files.set(path.join('/'), words.trim());
    path.pop();
  }
  return files;
}
