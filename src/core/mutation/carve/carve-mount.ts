/** Conditions on a rule about mounts that has none: options, the type, the source, the target. Pure. */
import type { MountRule } from '../../profile/syntax/ast.ts';
import { withBody, withMore, type CarveOperator } from './carve-context.ts';

export const carveMount: CarveOperator = (context) => {
  const { rule, body } = context;
  if (rule.kind === 'mount') return mountBodies(rule, body).map((changed) => withBody(context, changed));
  if (rule.kind === 'pivot_root') {
    const isBound = rule.conditions['oldroot'] !== undefined;
    return isBound ? [] : [withBody(context, body.replace(/^pivot_root/, 'pivot_root oldroot=/mnt/**'))];
  }
  if (rule.kind !== 'remount' && rule.kind !== 'umount') return [];
  const readOnly = withBody(context, body.replace(/^remount/, 'remount options=(ro)'));
  return [
    ...(rule.kind === 'umount' || hasOptions(rule) ? [] : [readOnly]),
    ...(rule.target === undefined ? [withMore(context, '/mnt/**')] : []),
  ];
};

/** Conditions stand ahead of the source; the target stands last. */
function mountBodies(rule: MountRule, body: string): string[] {
  const after = (words: string): string => body.replace(/^mount/, `mount ${words}`);
  return [
    ...(hasOptions(rule) ? [] : ['options=(bind)', 'options=(ro)', 'options=(remount, bind, ro)'].map(after)),
    ...(rule.conditions['fstype'] === undefined ? ['fstype=tmpfs', 'fstype=proc'].map(after) : []),
    ...(rule.source === undefined && rule.target === undefined ? [`${body} /dev/**`] : []),
    ...(rule.target === undefined ? [`${body} -> /mnt/**`] : []),
  ];
}

function hasOptions({ conditions }: MountRule): boolean {
  return Object.keys(conditions).some((key) => key.startsWith('options'));
}
