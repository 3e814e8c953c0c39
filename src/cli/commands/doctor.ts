/** `apparmor-probe doctor`: what this host can do, each line with its cure. */
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { Engine } from '#adapters/container/engine.ts';
import { asHarnessError, EXIT, ERRORS, type ErrorCode } from '#core/model/errors.ts';
import { canSudo, isRoot } from '#adapters/host/sudo.ts';
import { osName } from '#harness/session/host-facts.ts';
import { makeBarrier } from '#adapters/kernel/log/barrier.ts';
import { beginChanges } from '#adapters/kernel/changes/host-changes.ts';
import { KernelLog } from '#adapters/kernel/log/kernel-log.ts';
import { parserVersion } from '#adapters/kernel/parser/apparmor-parser.ts';
import { policyPresent } from '#adapters/kernel/securityfs/loaded-profiles.ts';
import { moduleParameter, readParameters } from '#adapters/kernel/changes/kernel-parameters.ts';
import { visible } from '#core/text/visible.ts';
import { print, useColor } from '#adapters/host/console.ts';

/** One line. `code` names the error that `run` would end with; without one the line is only information. */
interface Check {
  readonly ok: boolean;
  readonly what: string;
  readonly found: string;
  readonly code?: ErrorCode;
}

export async function runDoctor(): Promise<number> {
  const color = useColor(process.stdout);
  const root = isRoot();
  const checks: Check[] = [
    { ok: true, what: 'system', found: `${osName()}, kernel ${release()}, node ${process.version}` },
    check(
      'no-rights',
      'rights',
      root ? 'root' : (await canSudo()) ? 'passwordless sudo' : undefined,
      'neither root nor passwordless sudo',
    ),
    check(
      'no-apparmor',
      'AppArmor in the kernel',
      moduleParameter('enabled') === 'Y' ? 'enabled' : undefined,
      moduleParameter('enabled') === undefined ? 'not in this kernel' : 'disabled at boot',
    ),
    check(
      'no-apparmor',
      'policy interface',
      policyPresent() ? 'securityfs' : undefined,
      '/sys/kernel/security/apparmor is not there',
    ),
    ...(root && policyPresent()
      ? [
          check(
            'not-enforcing',
            'global mode',
            moduleParameter('mode') === 'enforce' ? 'enforce' : undefined,
            moduleParameter('mode') ?? 'unknown',
          ),
        ]
      : []),
    check('no-parser', 'parser', await parserVersion(), 'no apparmor_parser'),
    ...(await engineChecks()),
    ...(root ? logChecks() : [{ ok: true, what: 'log and limits', found: 'only root can tell: run doctor with sudo' }]),
  ];
  if (root && checks.every(({ ok }) => ok)) checks.push(await recordCheck());
  print(checks.map((one) => line(one, color)));
  return checks.every(({ ok }) => ok) ? EXIT.ok : EXIT.broken;
}

function check(code: ErrorCode, what: string, found: string | undefined, missing: string): Check {
  return found === undefined ? { ok: false, what, found: missing, code } : { ok: true, what, found };
}

async function engineChecks(): Promise<Check[]> {
  try {
    const facts = await (await Engine.connect()).facts();
    return [
      { ok: true, what: 'engine', found: `${facts.version}, ${facts.runtime}` },
      check(
        'not-confined',
        'engine applies AppArmor',
        facts.apparmor ? 'yes' : undefined,
        'no: it would run containers unconfined',
      ),
    ];
  } catch (thrown) {
    const { code, message } = asHarnessError(thrown);
    return /EACCES/.test(message)
      ? [{ ok: true, what: 'engine', found: 'only root may ask it' }]
      : [{ ok: false, what: 'engine', found: message, code }];
  }
}

function logChecks(): Check[] {
  const daemon = auditDaemon();
  const switches = policyPresent() ? readParameters() : undefined;
  return [
    check('no-records', 'kernel log', readable('/dev/kmsg') ? '/dev/kmsg' : undefined, '/dev/kmsg cannot be read'),
    {
      ok: true,
      what: 'audit daemon',
      found:
        daemon === undefined
          ? 'none: records go to the kernel log'
          : `auditd (pid ${daemon}) takes the records away from the kernel log`,
    },
    ...(switches === undefined
      ? []
      : [
          { ok: true, what: 'audit switch', found: `${switches.audit} (a run sets noquiet, and puts it back)` },
          { ok: true, what: 'log rate limit', found: `${switches.printkRatelimit} (a run lifts it, and puts it back)` },
        ]),
  ];
}

/** Crosses one barrier for real: a record must come back. */
async function recordCheck(): Promise<Check> {
  const changes = await beginChanges(`doctor${process.pid}`, { parameters: ['printkRatelimit'] });
  const log = new KernelLog();
  try {
    const started = performance.now();
    await (await makeBarrier(`doctor${process.pid}`, log, changes)).cross();
    return {
      ok: true,
      what: 'records arrive',
      found: `through ${log.source}, after ${(performance.now() - started).toFixed(0)} ms`,
    };
  } catch (thrown) {
    const { code, message, details } = asHarnessError(thrown);
    return { ok: false, what: 'records arrive', found: [message, ...details].join(' '), code };
  } finally {
    log.close();
    await changes.undo();
  }
}

function auditDaemon(): string | undefined {
  return readdirSync('/proc').find((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/comm`, 'utf8').trim() === 'auditd';
    } catch {
      return false;
    }
  });
}

function readable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function line({ ok, what, found, code }: Check, color: boolean): string {
  const mark = ok ? '✓' : '✗';
  const painted = color ? `\x1b[${ok ? '32' : '31'}m${mark}\x1b[39m` : mark;
  const text = `${painted} ${what.padEnd(24)} ${visible(found)}`;
  return ok || code === undefined ? text : `${text}\n  ${' '.repeat(24)} [${code}] ${ERRORS[code].hint}`;
}
