/** The kernel parameters that a run changes and puts back, and those it only reads. */
import { readFileSync, writeFileSync } from 'node:fs';
import { raiseTo, readBacklog, writeBacklog } from './audit-backlog.ts';

interface Parameter {
  readonly read: () => string;
  readonly write: (value: string) => void;
}

const PARAMETERS = {
  /** Its value `noquiet` makes explicit deny rules write records (security/apparmor/audit.c). */
  audit: inFile('/sys/module/apparmor/parameters/audit'),
  /** 0 lifts the limit of 10 records in 5 seconds (kernel/printk/printk.c, kauditd_printk_skb). */
  printkRatelimit: inFile('/proc/sys/kernel/printk_ratelimit'),
  /** How many records the kernel holds until they are read; empty where it cannot be asked (kernel/audit.c). */
  auditBacklog: { read: readBacklog, write: writeBacklog },
} as const satisfies Readonly<Record<string, Parameter>>;

/** A parameter that a run sets. */
export type KernelParameter = keyof typeof PARAMETERS;
/** Values of all of them, as the kernel prints them. */
export type KernelParameters = Readonly<Record<KernelParameter, string>>;

/** What a run sets, of what the host has; the audit parameter only while it holds the audit switch. */
export const RUN_PARAMETERS: Readonly<Record<KernelParameter, (own: string) => string>> = {
  audit: () => 'noquiet',
  printkRatelimit: () => '0',
  auditBacklog: raiseTo,
};

/** Current values. Needs root. */
export function readParameters(): KernelParameters {
  return {
    audit: readParameter('audit'),
    printkRatelimit: readParameter('printkRatelimit'),
    auditBacklog: readParameter('auditBacklog'),
  };
}

/** The current value of one. Needs root. */
export function readParameter(name: KernelParameter): string {
  return PARAMETERS[name].read();
}

/** Sets values. */
export function writeParameters(values: Partial<KernelParameters>): void {
  for (const [name, value] of Object.entries(values) as [KernelParameter, string][]) PARAMETERS[name].write(value);
}

/** Written without a newline: the audit parameter compares whole strings. */
function inFile(path: string): Parameter {
  return {
    read: () => readFileSync(path, 'utf8').trim(),
    write: (value) => {
      writeFileSync(path, value);
    },
  };
}

/** A read-only parameter of the AppArmor module, for example `enabled`, `mode`; undefined when there is none. */
export function moduleParameter(name: string): string | undefined {
  try {
    return readFileSync(`/sys/module/apparmor/parameters/${name}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
