/** Writes reports into a folder. Their content is made in core/report. */
import { closeSync, constants, lstatSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HarnessError } from '#core/model/errors.ts';
import type { Ledger } from '#core/model/model.ts';
import { html } from '#core/report/html-report.ts';
import { json } from '#core/report/json-report.ts';
import { junit } from '#core/report/junit-report.ts';
import { markdown } from '#core/report/markdown-report.ts';
import { REPORT_FILES } from '#core/report/report-files.ts';
import { ownershipSetter } from './file-owner.ts';

/** `O_NOFOLLOW`: this may run as root in a stranger's checkout, and a link there must not lead it elsewhere. */
const WRITE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
const MODE = 0o644;

/**
 * Writes the reports of a ledger.
 * @param owner `uid:gid` that the files are given to, when this program was elevated
 * @returns the paths written
 * @throws HarnessError `report-failed`
 */
export function writeReports(ledger: Ledger, folder: string, owner: string | undefined): string[] {
  const root = process.cwd();
  return writeFiles(
    {
      [REPORT_FILES.junit]: junit(ledger, { root }),
      [REPORT_FILES.json]: json(ledger),
      [REPORT_FILES.markdown]: markdown(ledger, { root }),
      [REPORT_FILES.html]: html(ledger, { root }),
    },
    folder,
    owner,
  );
}

/**
 * Writes files into a folder, which is created if it is missing.
 * @param contents text by file name
 * @param owner `uid:gid` that the folder and the files are given to, when this program was elevated
 * @returns the paths written
 * @throws HarnessError `report-failed`
 */
export function writeFiles(
  contents: Readonly<Record<string, string>>,
  folder: string,
  owner: string | undefined,
): string[] {
  const setOwner = ownershipSetter(owner);
  try {
    mkdirSync(folder, { recursive: true });
    if (lstatSync(folder).isSymbolicLink()) throw new Error('the folder is a symbolic link');
    setOwner(folder);

    return Object.entries(contents).map(([name, text]) => {
      const path = join(folder, name);
      writeFile(path, text);
      setOwner(path);
      return path;
    });
  } catch (error) {
    const message = `The reports could not be written to ${folder}: ${(error as Error).message}.`;
    throw new HarnessError('report-failed', message, { cause: error });
  }
}

function writeFile(path: string, text: string): void {
  const fd = openSync(path, WRITE_FLAGS, MODE);
  try {
    writeFileSync(fd, text);
  } finally {
    closeSync(fd);
  }
}
