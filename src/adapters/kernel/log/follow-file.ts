/**
 * Follows a log file line by line, over rotations: a file that was renamed is read to its end, then those that came
 * between, then the new one. An open file keeps its inode, so that the number is proof of which file is which.
 */
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, statSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Far more than any record: what grows longer without an end of line is no record. */
const LONGEST_LINE = 1024 * 1024;

interface Followed {
  readonly lines: string[];
  /** Why lines may be missing. */
  readonly lost?: string;
}

interface Follower {
  /** All whole lines since the last call. */
  read(): Followed;
  close(): void;
}

/**
 * @param file must exist; it is read from its end
 * @param refuse why a file must not be trusted; called for each one that is opened
 */
export function followFile(file: string, refuse: (stats: Stats) => string | undefined): Follower {
  const buffer = Buffer.alloc(64 * 1024);
  let fd = open(file);
  let at = fstatSync(fd).size;
  // a line that is being written right now began before: it is not ours
  let partial = Buffer.alloc(0);
  let skip = at > 0 && !endsLine(fd, at);

  function drain(lines: string[]): void {
    for (;;) {
      const length = readSync(fd, buffer, 0, buffer.length, at);
      if (length === 0) return;
      at += length;
      const chunk = Buffer.concat([partial, buffer.subarray(0, length)]);
      const end = chunk.lastIndexOf(0x0a);
      partial = chunk.subarray(end + 1);
      if (end < 0) {
        if (partial.length > LONGEST_LINE) {
          partial = Buffer.alloc(0);
          skip = true;
        }
        continue;
      }
      const whole = chunk.toString('utf8', 0, end).split('\n');
      if (skip) {
        whole.shift();
        skip = false;
      }
      lines.push(...whole);
    }
  }

  function switchTo(path: string): string | undefined {
    const next = open(path);
    const problem = refuse(fstatSync(next));
    closeSync(fd);
    fd = next;
    at = problem === undefined ? 0 : fstatSync(next).size;
    partial = Buffer.alloc(0);
    return problem;
  }

  return {
    read() {
      const lines: string[] = [];
      const lost: string[] = [];
      try {
        const here = fstatSync(fd);
        if (here.size < at) {
          lost.push(`${file} was truncated`);
          at = 0;
          partial = Buffer.alloc(0);
        }
        drain(lines);
        if (isSameFile(statSync(file), here)) return { lines, ...lossesOf(lost) };
        drain(lines); // what was written between the last read and the rename
        const newer = rotatedAfter(file, here);
        if (newer === undefined) lost.push(`${file} was replaced, and the old one is gone`);
        for (const path of [...(newer ?? []), file]) {
          const problem = switchTo(path);
          if (problem !== undefined) lost.push(problem);
          else drain(lines);
        }
      } catch (error) {
        // in the middle of a rotation there is no file for a moment: the next read finds it
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
      return { lines, ...lossesOf(lost) };
    },
    close() {
      closeSync(fd);
    },
  };
}

function open(path: string): number {
  return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

/** Rotated files that are newer than the given one, oldest first; undefined when that one is not among them. */
function rotatedAfter(file: string, old: Stats): string[] | undefined {
  const prefix = `${basename(file)}.`;
  const rotated = readdirSync(dirname(file))
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => ({ number: Number(name.slice(prefix.length)), path: join(dirname(file), name) }));
  const ours = rotated.find(({ path }) => isSameFile(statSync(path), old));
  return ours === undefined
    ? undefined
    : rotated
        .filter(({ number }) => number < ours.number)
        .sort((a, b) => b.number - a.number)
        .map(({ path }) => path);
}

function isSameFile(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

function endsLine(fd: number, size: number): boolean {
  const last = Buffer.alloc(1);
  return readSync(fd, last, 0, 1, size - 1) === 1 && last[0] === 0x0a;
}

function lossesOf(lost: readonly string[]): { lost?: string } {
  return lost.length === 0 ? {} : { lost: lost.join('; ') };
}
