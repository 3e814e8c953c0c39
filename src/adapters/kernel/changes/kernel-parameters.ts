/** The kernel parameters that a run changes and puts back, and those it only reads. */
import { readFileSync, writeFileSync } from 'node:fs';

const FILES = {
  /** Its value `noquiet` makes explicit deny rules write records (security/apparmor/audit.c). */
  audit: '/sys/module/apparmor/parameters/audit',
  /** 0 lifts the limit of 10 records in 5 seconds (kernel/printk/printk.c, kauditd_printk_skb). */
  printkRatelimit: '/proc/sys/kernel/printk_ratelimit',
} as const;

/** A parameter that a run sets. */
export type KernelParameter = keyof typeof FILES;
/** Values of all of them, as the kernel prints them. */
export type KernelParameters = Readonly<Record<KernelParameter, string>>;

/** What a run sets; the audit parameter only while it holds the audit switch. */
export const RUN_PARAMETERS: KernelParameters = { audit: 'noquiet', printkRatelimit: '0' };

/** Current values. Needs root. */
export function readParameters(): KernelParameters {
  return {
    audit: readFileSync(FILES.audit, 'utf8').trim(),
    printkRatelimit: readFileSync(FILES.printkRatelimit, 'utf8').trim(),
  };
}

/** Sets values. The audit parameter compares whole strings: a newline would be EINVAL. */
export function writeParameters(values: Partial<KernelParameters>): void {
  for (const [name, value] of Object.entries(values) as [KernelParameter, string][]) writeFileSync(FILES[name], value);
}

/** A read-only parameter of the AppArmor module, for example `enabled`, `mode`; undefined when there is none. */
export function moduleParameter(name: string): string | undefined {
  try {
    return readFileSync(`/sys/module/apparmor/parameters/${name}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
