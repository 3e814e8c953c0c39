/** Reads a profile file: its preamble, its profiles, and all that it includes. Pure. */
import { defined } from '#core/model/optional.ts';
import { Cursor } from './cursor.ts';
import { readAbi, readInclude } from './read-include.ts';
import { readProfile, startsProfile } from './read-profile.ts';
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
  const reading = new ReaderState(findInclude);
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
  const { files, profiles, variables, aliases, labels, abi } = reading;
  return defined({ file, files, profiles, variables: variables.all(), aliases, labels, abi });
}

/** @returns whether a reading succeeded. */
export function isRead(result: ProfileText | ReadProblem): result is ProfileText {
  return 'profiles' in result;
}

function readTopLevel(cursor: Cursor, scope: Scope): void {
  for (;;) {
    const included = readInclude(cursor, scope);
    if (included !== undefined) {
      for (const file of included) readTopLevel(file.cursor, file.scope);
      continue;
    }

    cursor.skip();
    if (cursor.done) return;
    if (readVariable(cursor, scope) || readAlias(cursor, scope) || readAbi(cursor, scope)) continue;
    if (!startsProfile(cursor)) cursor.fail('expected a profile, a variable, an alias, an abi or an include');
    readProfile(cursor, scope);
  }
}

const ASSIGNMENT = /[@$](?:\{[A-Za-z][A-Za-z0-9_]*\}|[A-Za-z][A-Za-z0-9_]*)[ \t]*\+?=/y;

/** `@{X} = a b`, `@{X} += c`, `$x = true`: the values end with the line. */
function readVariable(cursor: Cursor, { reading: { variables } }: Scope): boolean {
  const assignment = cursor.match(ASSIGNMENT);
  if (!assignment) return false;

  const name = assignment.text.replaceAll(/^[@$]\{?|[} \t]*\+?=$/g, '');
  const values = readValues(cursor).map(unquote);
  const [first] = values;
  if (first === undefined) cursor.fail('expected a value after =', assignment.start);

  if (assignment.text.startsWith('$')) {
    if (!/^(true|false)$/i.test(first)) cursor.fail(`a boolean is true or false, not ${first}`, assignment.start);
    variables.booleans.set(name, /^true$/i.test(first));
  } else if (assignment.text.endsWith('+=')) {
    if (!variables.sets.has(name)) cursor.fail(`the variable @{${name}} is not defined yet`, assignment.start);
    variables.append(name, values);
  } else {
    if (variables.sets.has(name)) cursor.fail(`the variable @{${name}} is already defined`, assignment.start);
    variables.define(name, values);
  }
  return true;
}

/** The words up to the end of the line; a backslash before the line break continues it. */
function readValues(cursor: Cursor): string[] {
  const values: string[] = [];
  const { text } = cursor.source;
  for (;;) {
    cursor.skipBlanks();
    if (cursor.sees(/\\\r?\n/y)) {
      cursor.at = text.indexOf('\n', cursor.at) + 1;
      continue;
    }
    if (cursor.done || cursor.sees(/[#\r\n]/y)) return values;
    const word = cursor.word();
    if (!word) cursor.fail('expected a value or the end of the line');
    values.push(word.text);
  }
}

const ALIAS = /(?:alias|rewrite)(?=[ \t"/])/y;

/** `alias /from -> /to,`. */
function readAlias(cursor: Cursor, { reading }: Scope): boolean {
  const keyword = cursor.match(ALIAS);
  if (!keyword) return false;

  const from = cursor.word();
  cursor.expect('->', 'in the alias');
  const to = cursor.word();
  cursor.expect(',', 'after the alias');
  if (!from || !to) cursor.fail('expected two paths in the alias', keyword.start);

  const alias = reportProblem(cursor, keyword.start, () => ({
    from: reading.variables.single(from.text),
    to: reading.variables.single(to.text),
  }));
  reading.aliases.push(alias);
  return true;
}
