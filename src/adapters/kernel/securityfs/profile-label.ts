/** Labels and profile lists as the kernel prints them. Pure. */
import type { ProfileMode } from '#core/model/model.ts';

const MODES: Readonly<Record<string, ProfileMode>> = {
  enforce: 'enforce',
  complain: 'complain',
  kill: 'kill',
  unconfined: 'unconfined',
  user: 'prompt',
  prompt: 'prompt',
  mixed: 'mixed',
};

/** `/sys/kernel/security/apparmor/profiles`: one `NAME (MODE)` a line; a name may hold blanks and parentheses. */
export function parseProfileList(text: string): Map<string, ProfileMode> {
  const profiles = new Map<string, ProfileMode>();
  for (const line of text.split('\n')) {
    const { label, mode } = parseLabel(line);
    if (mode !== undefined) profiles.set(label, mode);
  }
  return profiles;
}

/** `/proc/PID/attr/apparmor/current`: `unconfined`, or `LABEL (MODE)` cut at the last parenthesis. */
export function parseLabel(text: string): { label: string; mode?: ProfileMode } {
  const line = text.replace(/[\n\0]+$/, '');
  const [, label, word] = /^([\s\S]*) \(([^()]*)\)$/.exec(line) ?? [];
  const mode = word === undefined ? undefined : MODES[word];
  return label === undefined || mode === undefined ? { label: line } : { label, mode };
}
