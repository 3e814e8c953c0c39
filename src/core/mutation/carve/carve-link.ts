/** Links: only to what has the permissions too (`subset`), and only to targets in the same folder. Pure. */
import type { Edit } from '../../text/edits.ts';
import type { FileRule } from '../../profile/syntax/ast.ts';
import { withBody, type CarveContext, type CarveOperator } from './carve-context.ts';

export const carveLink: CarveOperator = (context) => {
  const { rule, body } = context;
  if (rule.kind === 'link') return rule.subset ? [] : [withBody(context, body.replace(/^link/, 'link subset'))];
  return rule.kind === 'file' && /l/.test(rule.permissions) ? pairs(context, rule) : [];
};

/** The letter `l` as a rule of its own, which has a target. */
function pairs({ rule: { span }, source, head }: CarveContext, rule: FileRule): Edit[][] {
  const { path, permissionsSpan } = rule;
  if (path === undefined || permissionsSpan === undefined || /->/.test(rule.text)) return [];
  const { start, end } = permissionsSpan;
  const others = source.slice(start, end).replace('l', '');
  const kept = others === '' ? '' : `${source.slice(span.start, start)}${others}${source.slice(end, span.end)}\n  `;
  const folder = /^"?((?:\/[\w.-]+)+)\//.exec(path.text)?.[1];
  if (folder === undefined) return [];
  const link = `${head}link ${path.text} -> ${folder}/**,`;
  return [[{ start: span.start, end: span.end, text: `${kept}${link}` }]];
}
