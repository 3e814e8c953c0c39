/** What this kernel's AppArmor mediates, from its own list (security/apparmor/apparmorfs.c, aa_sfs_entry_features). */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/kernel/security/apparmor/features';

/** Where the list says that a class is mediated: any of these files, holding the word if one is given. */
const EVIDENCE: Readonly<Record<string, readonly (readonly [file: string, word?: string])[]>> = {
  file: [['file/mask']], capability: [['caps/mask']], change_profile: [['domain/change_profile']],
  network: [['network_v9/af_mask'], ['network_v8/af_mask'], ['network/af_mask']],
  mount: [['mount/mask']], ptrace: [['ptrace/mask']], signal: [['signal/mask']], rlimit: [['rlimit/mask']],
  userns: [['namespaces/mask', 'userns_create']], io_uring: [['io_uring/mask']], mqueue: [['ipc/posix_mqueue'], ['ipc/mask', 'posix_mqueue']],
};

/** @param name AppArmor's class of rules. @returns why the kernel cannot rule it; undefined when it can. */
export function notMediated(name: string): string | undefined {
  const evidence = EVIDENCE[name] ?? [];
  const found = evidence.some(([file, word]) => {
    const path = join(ROOT, file);
    return existsSync(path) && (word === undefined || readFileSync(path, 'utf8').includes(word));
  });
  return found ? undefined : `This kernel's AppArmor does not mediate ${name}: ${evidence.map(([file, word]) => `features/${file}${word === undefined ? '' : ` with ${word}`}`).join(', ')} is not there.`;
}
