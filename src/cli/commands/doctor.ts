/** `apparmor-probe doctor`: checks this host and shows how to fix what is missing. */
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { Engine } from '#adapters/container/engine.ts';
import { print, useColor } from '#adapters/host/console.ts';
import { agentFile } from '#adapters/host/package-files.ts';
import { canSudo, isRoot } from '#adapters/host/sudo.ts';
import { beginChanges } from '#adapters/kernel/changes/host-changes.ts';
import { moduleParameter, readParameters } from '#adapters/kernel/changes/kernel-parameters.ts';
import { makeBarrier } from '#adapters/kernel/log/barrier.ts';
import { KernelLog } from '#adapters/kernel/log/kernel-log.ts';
import { parserVersion } from '#adapters/kernel/parser/apparmor-parser.ts';
import { policyPresent } from '#adapters/kernel/securityfs/loaded-profiles.ts';
import { checkAgentFile } from '#adapters/probe/agent-file.ts';
import { asHarnessError, ERRORS, EXIT, type ErrorCode } from '#core/model/errors.ts';
import { painter, type Painter } from '#core/text/color.ts';
import { visible } from '#core/text/visible.ts';
import { osName } from '#harness/session/host-facts.ts';

/** One line of the output. */
interface Check {
  readonly ok: boolean;
  readonly subject: string;
  readonly result: string;
  /** The error that `run` would end with, when it would. */
  readonly code?: ErrorCode;
}

/** @returns 0 when `run` works on this host, else 4. */
export async function runDoctor(): Promise<number> {
  const root = isRoot();
  const checks = [...(await hostChecks(root)), ...(await engineChecks()), ...logChecks(root)];
  if (root && checks.every(({ ok }) => ok)) checks.push(await recordCheck());

  const paint = painter(useColor(process.stdout));
  print(checks.map((check) => checkLines(check, paint)));
  return checks.every(({ ok }) => ok) ? EXIT.ok : EXIT.broken;
}

function information(subject: string, result: string): Check {
  return { ok: true, subject, result };
}

/** A requirement that is met when there is something to show for it. */
function requirement(code: ErrorCode, subject: string, present: string | undefined, missing: string): Check {
  return present === undefined ? { ok: false, subject, result: missing, code } : information(subject, present);
}

async function hostChecks(root: boolean): Promise<Check[]> {
  const enabled = moduleParameter('enabled');
  const enabledText = enabled === 'Y' ? 'enabled' : undefined;
  const disabledText = enabled === undefined ? 'not in this kernel' : 'disabled at boot';
  const securityfs = policyPresent() ? 'securityfs' : undefined;
  return [
    information('system', `${osName()}, kernel ${release()}, node ${process.version}`),
    requirement('no-rights', 'rights', await rights(root), 'neither root nor passwordless sudo'),
    requirement('no-apparmor', 'AppArmor in the kernel', enabledText, disabledText),
    requirement('no-apparmor', 'policy interface', securityfs, '/sys/kernel/security/apparmor does not exist'),
    ...(root && policyPresent() ? [modeCheck()] : []),
    await agentCheck(),
    requirement('no-parser', 'parser', await parserVersion(), 'apparmor_parser is not installed'),
  ];
}

async function rights(root: boolean): Promise<string | undefined> {
  if (root) return 'root';
  return (await canSudo()) ? 'passwordless sudo' : undefined;
}

function modeCheck(): Check {
  const mode = moduleParameter('mode');
  return requirement('not-enforcing', 'global mode', mode === 'enforce' ? mode : undefined, mode ?? 'unknown');
}

async function agentCheck(): Promise<Check> {
  const subject = 'agent';
  try {
    await checkAgentFile(agentFile());
    return information(subject, 'can be executed');
  } catch (thrown) {
    const { code, message } = asHarnessError(thrown);
    return { ok: false, subject, result: message, code };
  }
}

async function engineChecks(): Promise<Check[]> {
  try {
    const engine = await Engine.connect();
    const { version, runtime, apparmor } = await engine.facts();
    const applies = apparmor ? 'yes' : undefined;
    return [
      information('engine', `${version}, ${runtime}`),
      requirement('not-confined', 'engine applies AppArmor', applies, 'no: containers would run unconfined'),
    ];
  } catch (thrown) {
    const { code, message } = asHarnessError(thrown);
    if (/EACCES/.test(message)) return [information('engine', 'only root may connect to it')];
    return [{ ok: false, subject: 'engine', result: message, code }];
  }
}

function logChecks(root: boolean): Check[] {
  if (!root) return [information('log and limits', 'not checked: only root can read them. Run doctor with sudo.')];

  const kmsg = isReadable('/dev/kmsg') ? '/dev/kmsg' : undefined;
  const auditd = auditDaemon();
  const auditdText = auditd === undefined ? 'none' : `auditd (pid ${auditd})`;
  const destination =
    auditd === undefined ? 'records go to the kernel log' : 'records go to it instead of the kernel log';
  return [
    requirement('no-records', 'kernel log', kmsg, '/dev/kmsg cannot be read'),
    information('audit daemon', `${auditdText}: ${destination}`),
    ...(policyPresent() ? parameterLines() : []),
  ];
}

function parameterLines(): Check[] {
  const { audit, printkRatelimit, auditBacklog } = readParameters();
  return [
    information('audit mode', `${audit} (a run sets it to noquiet, and restores it)`),
    information('log rate limit', `${printkRatelimit} (a run turns it off, and restores it)`),
    information('audit backlog', `${auditBacklog || 'unknown'} records (a run raises it, and restores it)`),
  ];
}

/** Makes the kernel write a record, and waits for it in the log. */
async function recordCheck(): Promise<Check> {
  const subject = 'records arrive';
  const name = `doctor${process.pid}`;
  const changes = await beginChanges(name, { parameters: ['printkRatelimit'] });
  const log = new KernelLog();
  try {
    const startedMs = performance.now();
    const barrier = await makeBarrier(name, log, changes);
    await barrier.cross();
    const elapsedMs = (performance.now() - startedMs).toFixed(0);
    return information(subject, `through ${log.source}, after ${elapsedMs} ms`);
  } catch (thrown) {
    const { code, message, details } = asHarnessError(thrown);
    return { ok: false, subject, result: [message, ...details].join(' '), code };
  } finally {
    log.close();
    await changes.undo();
  }
}

/** @returns the process id of a running auditd. */
function auditDaemon(): string | undefined {
  return readdirSync('/proc').find((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/comm`, 'utf8').trim() === 'auditd';
    } catch {
      return false;
    }
  });
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Width of the first column. */
const SUBJECT_WIDTH = 24;

function checkLines({ ok, subject, result, code }: Check, paint: Painter): string {
  const mark = ok ? paint('✓', 'green') : paint('✗', 'red');
  const line = `${mark} ${subject.padEnd(SUBJECT_WIDTH)} ${visible(result)}`;
  if (ok || code === undefined) return line;
  return `${line}\n${' '.repeat(SUBJECT_WIDTH + 3)}[${code}] ${ERRORS[code].hint}`;
}
