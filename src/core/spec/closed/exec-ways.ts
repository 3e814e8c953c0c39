/** The other ways to start a program: a copy, a file in memory, a script that names it, the loader. Pure. */
import type { PolicyStart } from '../../model/model.ts';
import type { Member } from './member.ts';

interface Program {
  readonly path: string;
}

/** A way to start a program, and what the compiled policy says of it where that is known. */
export interface ProgramMember extends Member {
  readonly policy?: PolicyStart;
}

/** What is known of the programs of a container. */
interface Ways {
  readonly executables: readonly Program[];
  /** Folders in which a program could be put. */
  readonly folders: readonly string[];
  /** Paths where a program would start under another label by the compiled policy. */
  readonly departures: readonly string[];
  /** Those that may start under another label. */
  readonly telling: readonly Program[];
}

/** More tell no more: the rule is found by the path of the copy, of the script or of the loader. */
const MOST_TELLING = 3;

/** Programs that nearly every image has, the likeliest to be small and plain first. */
const PLAIN = ['true', 'cat', 'busybox', 'sh', 'dash', 'bash'];

/** The dynamic loader of glibc and of musl. */
const LOADER = /\/ld(?:-linux[^/]*|-musl[^/]*|-[\d.]+|64)?\.so(?:\.\d+)?$/;

/** The words that members begin with, beside a path of its own. */
export const EXEC_WAYS = ['copy', 'memfd', 'interpreter', 'loader'] as const;

/** @returns members of a few telling programs, a plain one, and the loader. */
export function otherWays({ executables, folders, departures, telling }: Ways): readonly ProgramMember[] {
  const isUsual = ({ path }: Program): boolean => !telling.some((one) => one.path === path);
  const loader = executables.find(({ path }) => LOADER.test(path));
  const plain = plainOf(executables.filter(isUsual));
  const few = [...telling.slice(0, MOST_TELLING), ...(plain === undefined ? [] : [plain])];
  const [first] = folders;
  const source = plain ?? few[0];
  return [
    ...(source === undefined ? [] : departures.map((path) => departure(path, source.path))),
    ...(source === undefined ? [] : folders.map((folder) => copyOf(folder, source.path))),
    ...(first === undefined ? [] : telling.slice(0, MOST_TELLING).map(({ path }) => copyOf(first, path))),
    ...few.map(({ path }) => memberOf(['memfd', path], ['exec-memfd', path])),
    ...(first === undefined ? [] : few.map(({ path }) => scriptOf(first, path))),
    ...(loader === undefined ? [] : few.map(({ path }) => throughLoader(loader.path, path))),
  ];
}

function plainOf(programs: readonly Program[]): Program | undefined {
  const named = PLAIN.map((name) => programs.find(({ path }) => path.endsWith(`/${name}`)));
  return named.find((one) => one !== undefined) ?? programs.find(({ path }) => path.includes('/bin/'));
}

/** The rule is found by the name of the copy. */
function copyOf(folder: string, source: string): Member {
  const target = `${folder === '/' ? '' : folder}/${nameOf(source)}`;
  return memberOf(['copy', target], ['exec-copy', source, target]);
}

function departure(path: string, source: string): ProgramMember {
  return { ...memberOf(['copy', path], ['exec-copy', source, path]), policy: 'leaves' };
}

/** The kernel asks about the script alone, and not about the program that its first line names. */
function scriptOf(folder: string, interpreter: string): Member {
  const target = `${folder === '/' ? '' : folder}/${nameOf(interpreter)}.script`;
  return memberOf(['interpreter', interpreter], ['exec-script', interpreter, target]);
}

/** The kernel asks whether the loader may be executed and the program be mapped; the program starts as the loader. */
function throughLoader(loader: string, path: string): Member {
  return memberOf(['loader', path], ['exec-loader', loader, path]);
}

/** A name that nothing of the image has. */
function nameOf(path: string): string {
  return `${path.replace(/^.*\//, '')}.apparmor-probe`;
}

function memberOf(words: readonly string[], operation: readonly string[]): Member {
  return { words, operation };
}
