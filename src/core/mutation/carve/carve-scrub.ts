/** Transitions that clear the environment where they did not: `ux` to `Ux`. Pure. */
import type { CarveOperator } from './carve-context.ts';

const SCRUBBING: Readonly<Record<string, string>> = {
  ux: 'Ux',
  px: 'Px',
  cx: 'Cx',
  pix: 'Pix',
  cix: 'Cix',
  pux: 'PUx',
  cux: 'CUx',
};

export const carveScrub: CarveOperator = ({ rule, source }) => {
  if (rule.kind !== 'file' || rule.permissionsSpan === undefined || rule.qualifiers.access === 'deny') return [];
  const { start, end } = rule.permissionsSpan;
  const mode = /[pcui]+x/.exec(source.slice(start, end));
  const scrubbing = mode === null ? undefined : SCRUBBING[mode[0]];
  if (mode === null || scrubbing === undefined) return [];
  const at = start + mode.index;
  return [[{ start: at, end: at + mode[0].length, text: scrubbing }]];
};
