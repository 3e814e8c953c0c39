/**
 * Records from the file of auditd, which takes them away from the kernel log. Its own DAEMON_… lines count serials of
 * their own, from a random number on: they tell nothing about the kernel's.
 */
import { readFileSync, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import type { LogText } from '#core/audit/losses.ts';
import { parseRecord } from '#core/audit/parse-record.ts';
import { followFile } from './follow-file.ts';
import type { LogSource } from './source.ts';

const SETTINGS = '/etc/audit/auditd.conf';
const DEFAULT_FILE = '/var/log/audit/audit.log';

/** What auditd writes when it stops (DAEMON_END, _ABORT, _ERR). */
const DAEMON_STOPPED = /^(?:node=\S{1,255} )?type=DAEMON_(?:END|ABORT|ERR) /;
const DAEMON_RECORD = /^(?:node=\S{1,255} )?type=DAEMON_/;
const RECORD = /^(?:node=\S{1,255} )?type=/;

/** The file that auditd writes; with a problem, why it cannot be trusted. */
export function auditdFile(settings = SETTINGS): { readonly file: string; readonly problem?: string } {
  let text = '';
  try {
    text = readFileSync(settings, 'utf8');
  } catch {
    /* the defaults, then */
  }
  const setting = (name: string): string | undefined =>
    new RegExp(String.raw`^[ \t]*${name}[ \t]*=[ \t]*(\S+)`, 'mi').exec(text)?.[1];
  const file = setting('log_file') ?? DEFAULT_FILE;
  if (setting('tcp_listen_port') !== undefined)
    return { file, problem: `${file} also collects records of other machines (tcp_listen_port in ${settings})` };
  try {
    return { file, ...optional(distrust(file)) };
  } catch {
    return { file, problem: `${file} does not exist` };
  }
}

/** Opens the file at its end. Needs root. */
export function auditdSource(file: string): LogSource {
  const follower = followFile(file, (stats) => distrustFile(file, stats));
  return {
    name: 'auditd',
    label: `auditd (${file})`,
    read() {
      const { lines, lost } = follower.read();
      const texts = lines.map((text): LogText =>
        DAEMON_STOPPED.test(text)
          ? { text: '', lost: 'the audit daemon stopped' }
          : { text: RECORD.test(text) && !DAEMON_RECORD.test(text) ? text : '' },
      );
      return lost === undefined ? texts : [...texts, { text: '', lost }];
    },
    parse: parseRecord,
    close() {
      follower.close();
    },
  };
}

/** Why others than root could have written to the file; undefined when only root could. */
function distrust(file: string): string | undefined {
  const folder = dirname(file);
  const { uid, mode } = statSync(folder);
  if (uid !== 0 || (mode & 0o022) !== 0)
    return `${folder} can be written by others than root, so records in it could be forged`;
  return distrustFile(file, statSync(file));
}

function distrustFile(file: string, stats: Stats): string | undefined {
  if (!stats.isFile()) return `${file} is not a regular file`;
  return stats.uid === 0 && (stats.mode & 0o022) === 0
    ? undefined
    : `${file} can be written by others than root, so records in it could be forged`;
}

function optional(problem: string | undefined): { problem?: string } {
  return problem === undefined ? {} : { problem };
}
