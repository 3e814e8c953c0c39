/** Reads a profile file: its preamble, its profiles, and all that it includes. Pure. */
import { Cursor } from './cursor.ts';
import { readAbi, readInclude } from './read-include.ts';
import { readHeaderAndBody, startsProfile } from './read-profile.ts';
import { ReaderState, reportProblem, type Scope } from './scope.ts';
import type { FindInclude, ProfileText, ReadProblem } from './ast.ts';
import { ReadFailure, Source } from './source-text.ts';
import { unquote } from './unquote.ts';

/**
 * Reads what apparmor_parser 3.0 to 4.1 accepts. What it rejects may be read too: the parser is the judge of validity.
 * @param file the name that spans carry.
 * @param findInclude gives the texts that include statements name.
 */
export function readProfileText(file: string, text: string, findInclude: FindInclude): ProfileText | ReadProblem {
  const reading = new ReaderState(file, findInclude);
  try {
    const source = new Source(file, text);
    reading.addFile(source);
    readTopLevel(new Cursor(source), {
      reading,
      profile: undefined,
      rules: [],
      via: [],
      qualifiers: {},
      included: new Set(),
      live: true,
      depth: 0,
    });
  } catch (error) {
    if (error instanceof ReadFailure) return error.problem;
    throw error;
  }
  const { files, profiles, variables, aliases, abi } = reading;
  return { file, files, profiles, variables: variables.all(), aliases, ...(abi === undefined ? {} : { abi }) };
}

/** @returns whether a reading succeeded. */
export function isRead(result: ProfileText | ReadProblem): result is ProfileText {
  return 'profiles' in result;
}

function readTopLevel(cursor: Cursor, scope: Scope): void {
  for (;;) {
    const inner = readInclude(cursor, scope);
    if (inner !== undefined) {
      for (const one of inner) readTopLevel(one.cursor, one.scope);
      continue;
    }
    cursor.blank();
    if (cursor.done) return;
    if (readVariable(cursor, scope) || readAlias(cursor, scope) || readAbi(cursor, scope.reading)) continue;
    if (!startsProfile(cursor)) cursor.fail('here a profile, a variable, an alias, an abi or an include must stand');
    readHeaderAndBody(cursor, scope);
  }
}

const ASSIGNMENT = /[@$](?:\{[A-Za-z][A-Za-z0-9_]*\}|[A-Za-z][A-Za-z0-9_]*)[ \t]*\+?=/y;

/** `@{X} = a b`, `@{X} += c`, `$x = true`: the values end with the line. */
function readVariable(cursor: Cursor, { reading }: Scope): boolean {
  const word = cursor.match(ASSIGNMENT);
  if (!word) return false;
  const name = word.text.replaceAll(/^[@$]\{?|[} \t]*\+?=$/g, '');
  const values = lineValues(cursor).map(unquote);
  if (values.length === 0) cursor.fail('the variable is given no value', word.start);
  const { sets, booleans } = reading.variables;
  if (word.text.startsWith('$')) {
    const [value = ''] = values;
    if (!/^(true|false)$/i.test(value)) cursor.fail(`a boolean is true or false, not ${value}`, word.start);
    booleans.set(name, /^true$/i.test(value));
  } else if (!word.text.endsWith('+=')) {
    if (sets.has(name)) cursor.fail(`the variable @{${name}} is defined a second time`, word.start);
    reading.variables.define(name, values);
  } else {
    if (!sets.has(name)) cursor.fail(`the variable @{${name}} is not defined yet`, word.start);
    reading.variables.append(name, values);
  }
  return true;
}

/** Words up to the end of the line; a backslash before the break continues it. */
function lineValues(cursor: Cursor): string[] {
  const values: string[] = [];
  const { text } = cursor.source;
  for (;;) {
    cursor.blankInLine();
    if (cursor.sees(/\\\r?\n/y)) {
      cursor.at = text.indexOf('\n', cursor.at) + 1;
      continue;
    }
    if (cursor.done || cursor.sees(/[#\r\n]/y)) return values;
    const word = cursor.word();
    if (!word) cursor.fail("a variable's values end with the line, without a comma");
    values.push(word.text);
  }
}

const ALIAS = /(?:alias|rewrite)(?=[ \t"/])/y;

function readAlias(cursor: Cursor, { reading }: Scope): boolean {
  const start = cursor.match(ALIAS);
  if (!start) return false;
  const from = cursor.word();
  cursor.expect('->', 'in the alias');
  const to = cursor.word();
  cursor.expect(',', 'behind the alias');
  if (!from || !to) cursor.fail('an alias has two paths', start.start);
  reading.aliases.push(
    reportProblem(cursor, start.start, () => ({
      from: reading.variables.single(from.text),
      to: reading.variables.single(to.text),
    })),
  );
  return true;
}
