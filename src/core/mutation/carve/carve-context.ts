/** What an operator that carves a part out of a rule knows, and what it makes. Pure. */
import type { Edit } from '../../text/edits.ts';
import type { ProfileText, Rule } from '../../profile/syntax/ast.ts';
import { writtenQualifiers } from '../mutant.ts';
import type { MutationWorld } from '../mutation-world.ts';

export interface CarveContext {
  readonly text: ProfileText;
  readonly rule: Rule;
  readonly world: MutationWorld;
  /** The text of the rule's file. */
  readonly source: string;
  /** The qualifiers as written, with the blank after them: `audit deny `. */
  readonly head: string;
  /** The rule after its qualifiers, without its comma. */
  readonly body: string;
  /** Offset of the body in the source. */
  readonly bodyStart: number;
}

/** @returns for each mutant the edits of the rule's file. */
export type CarveOperator = (context: CarveContext) => readonly (readonly Edit[])[];

export function carveContext(text: ProfileText, rule: Rule, world: MutationWorld): CarveContext {
  const source = text.files.get(rule.span.file) ?? '';
  const { start, end } = rule.span;
  const bodyStart = writtenQualifiers(source, rule).at(-1)?.end ?? start;
  const body = source.slice(bodyStart, end).replace(/\s*,\s*$/, '');
  return { text, rule, world, source, head: source.slice(start, bodyStart), body, bodyStart };
}

/** Other text in place of the rule after its qualifiers. */
export function withBody({ body, bodyStart }: CarveContext, changed: string): Edit[] {
  return [{ start: bodyStart, end: bodyStart + body.length, text: changed }];
}

/** More words at the end of the rule. */
export function withMore(context: CarveContext, words: string): Edit[] {
  return withBody(context, `${context.body} ${words}`);
}
