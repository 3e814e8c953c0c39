/** Changes of the own label: to every profile that is loaded, to unconfined, to every hat. Pure. */
import type { Member, MembersOf } from './member.ts';

const CHANGES = ['change_profile', 'change_onexec', 'stack'] as const;

export const labelMembers: MembersOf = ({ labels, profile }) => [
  ...['unconfined', ...labels].flatMap((label) => CHANGES.map((change): Member => memberOf([change, label]))),
  ...labels.flatMap((label) => hatOf(label, profile)).map((hat) => memberOf(['change_hat', hat])),
];

function memberOf(words: readonly string[]): Member {
  return { words, operation: words };
}

/** The name of a child of the profile under test, which may be a hat. */
function hatOf(label: string, profile: string): readonly string[] {
  return label.startsWith(`${profile}//`) ? [label.slice(profile.length + 2)] : [];
}
