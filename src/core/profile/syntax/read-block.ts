/** Reads the statements of a block: rules, qualifier blocks, conditions, children, includes. Pure. */
import type { Cursor } from './cursor.ts';
import { readAbi, readInclude } from './read-include.ts';
import { deeper, readHeaderAndBody, startsProfile } from './read-profile.ts';
import { readQualifiers } from './read-qualifiers.ts';
import { readRule } from './read-rule.ts';
import type { Scope } from './scope.ts';

/** Up to and with the closing brace. */
export function readBlock(cursor: Cursor, scope: Scope): void {
  readStatements(cursor, scope);
  cursor.expect('}', scope.profile === undefined ? 'at the end' : `at the end of ${scope.profile}`);
}

/** Up to a closing brace or the end of the file. */
function readStatements(cursor: Cursor, scope: Scope): void {
  for (;;) {
    const inner = readInclude(cursor, scope);
    if (inner !== undefined) {
      for (const one of inner) {
        readStatements(one.cursor, one.scope);
        if (!one.cursor.done) one.cursor.fail('this brace closes nothing in its file');
      }
      continue;
    }
    cursor.blank();
    if (cursor.done || cursor.sees('}')) return;
    if (readAbi(cursor, scope.reading)) continue;
    if (startsProfile(cursor, { nested: true })) readHeaderAndBody(cursor, scope);
    else if (!readCondition(cursor, scope)) readRuleOrBlock(cursor, scope);
  }
}

/** A rule with its qualifiers, or a block whose qualifiers hold for all rules in it. */
function readRuleOrBlock(cursor: Cursor, scope: Scope): void {
  const start = cursor.at;
  const qualifiers = readQualifiers(cursor, scope.qualifiers);
  if (cursor.take('{')) readBlock(cursor, { ...scope, qualifiers, depth: deeper(cursor, scope) });
  else readRule(cursor, scope, start, qualifiers);
}

const IF = /if(?=[ \t\r\n])/y;

/** `if COND { … } else if COND { … } else { … }`: only the branch that is taken gives rules. */
function readCondition(cursor: Cursor, scope: Scope): boolean {
  if (!cursor.match(IF)) return false;
  let taken = false;
  for (let more = true; more;) {
    const holds = readTruth(cursor, scope);
    readBranch(cursor, scope, holds && !taken);
    taken ||= holds;
    if (!cursor.match(/else(?=[\s{])/y)) return true;
    more = cursor.match(IF) !== undefined;
  }
  readBranch(cursor, scope, !taken);
  return true;
}

function readBranch(cursor: Cursor, scope: Scope, taken: boolean): void {
  cursor.expect('{', 'behind the condition');
  readBlock(cursor, { ...scope, qualifiers: {}, live: scope.live && taken, depth: deeper(cursor, scope) });
}

/** `not`, `defined @{X}`, `defined $x`, `$x`. */
function readTruth(cursor: Cursor, { reading: { variables } }: Scope): boolean {
  let negated = false;
  while (cursor.match(/not(?=\s)/y)) negated = !negated;
  const defined = cursor.match(/defined(?=\s)/y) !== undefined;
  const variable = cursor.match(/[@$](?:\{[A-Za-z]\w*\}|[A-Za-z]\w*)/y);
  if (!variable || (!defined && variable.text.startsWith('@')))
    cursor.fail('a condition is $x, defined $x or defined @{X}');
  const name = variable.text.replaceAll(/[@${}]/g, '');
  const known = variable.text.startsWith('@') ? variables.sets.has(name) : variables.booleans.has(name);
  if (!defined && !known) cursor.fail(`the boolean $${name} is not defined`, variable.start);
  return (defined ? known : (variables.booleans.get(name) ?? false)) !== negated;
}
