/** Writes reports into a folder. */
import { closeSync, constants, lstatSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HarnessError } from '#core/model/errors.ts';
import { ownershipSetter } from './file-owner.ts';
import type { Ledger } from '#core/model/model.ts';
import { REPORT_FILES } from '#core/report/report-files.ts';
import { html } from '#core/report/html-report.ts';
import { json } from '#core/report/json-report.ts';
import { junit } from '#core/report/junit-report.ts';
import { markdown } from '#core/report/markdown-report.ts';

/** Writes the reports of a ledger. */
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
 * @param contents by the files' names.
 * @param owner `uid:gid` that the files shall belong to, when this program was elevated.
 * @returns the paths written. @throws HarnessError `report-failed`
 */
export function writeFiles(
  contents: Readonly<Record<string, string>>,
  folder: string,
  owner: string | undefined,
): string[] {
  const give = ownershipSetter(owner);
  try {
    mkdirSync(folder, { recursive: true });
    if (lstatSync(folder).isSymbolicLink()) throw new Error('the folder is a symbolic link');
    give(folder);
    return Object.entries(contents).map(([name, text]) => {
      const path = join(folder, name);
      // this may run as root in a stranger's checkout: a link there must not lead it elsewhere
      const fd = openSync(
        path,
        constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
        0o644,
      );
      try {
        writeFileSync(fd, text);
      } finally {
        closeSync(fd);
      }
      give(path);
      return path;
    });
  } catch (error) {
    throw new HarnessError(
      'report-failed',
      `The reports could not be written to ${folder}: ${(error as Error).message}.`,
      { cause: error },
    );
  }
}
