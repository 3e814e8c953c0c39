/** Pairs of profiles for `diff`: ten that differ in one thing that matters, ten that differ in form only. */

export interface Pair {
  readonly name: string;
  /** The bodies of the two profiles. */
  readonly base: string;
  readonly head: string;
  readonly preamble?: { readonly base: string; readonly head: string };
}

export interface MeaningfulPair extends Pair {
  readonly change: 'allowed' | 'denied' | 'transition';
  readonly class: string;
  readonly permissions: readonly string[];
  /** The plainest example, where it is a file. */
  readonly path?: string;
}

const FILES = 'file,\nnetwork,\ncapability,\nsignal,\n';

/** Each gives exactly one difference. */
// prettier-ignore
export const MEANINGFUL: readonly MeaningfulPair[] = [
  { name: 'a deny rule is dropped', base: `${FILES}deny /etc/shadow r,\ndeny /proc/** w,`, head: `${FILES}deny /proc/** w,`, change: 'allowed', class: 'file', permissions: ['r'], path: '/etc/shadow' },
  { name: 'an expression loses a star', base: `${FILES}deny /etc/** w,`, head: `${FILES}deny /etc/* w,`, change: 'allowed', class: 'file', permissions: ['w'], path: '/etc/x/' },
  { name: 'a class of characters forgets the slash', base: `${FILES}deny /proc/[^1-9]** w,`, head: `${FILES}deny /proc/[^1-9]* w,`, change: 'allowed', class: 'file', permissions: ['w'], path: '/proc/x/' },
  { name: 'a permission letter goes', base: `${FILES}deny /srv/** rw,`, head: `${FILES}deny /srv/** w,`, change: 'allowed', class: 'file', permissions: ['r'], path: '/srv/x' },
  { name: 'an exec transition is loosened', base: '/usr/bin/x px -> other,', head: '/usr/bin/x ux,', change: 'transition', class: 'file', permissions: ['x'], path: '/usr/bin/x' },
  { name: 'an allow rule narrows to the owner', base: '/home/** r,', head: 'owner /home/** r,', change: 'denied', class: 'file', permissions: ['r'], path: '/home/x' },
  { name: 'a raw socket is allowed', base: `${FILES}deny network raw,\ndeny network packet,`, head: `${FILES}deny network inet6 raw,\ndeny network packet,`, change: 'allowed', class: 'network', permissions: [] },
  { name: 'a capability is dropped', base: 'capability chown,\ncapability sys_admin,', head: 'capability chown,', change: 'denied', class: 'capability', permissions: ['sys_admin'] },
  { name: 'a tunable grows', base: 'deny @{DIRS}/** w,\nfile,', head: 'deny @{DIRS}/** w,\nfile,', preamble: { base: '@{DIRS} = /a', head: '@{DIRS} = /a /b' }, change: 'denied', class: 'file', permissions: ['w'], path: '/b/x' },
  { name: 'an alternation loses its empty part', base: `${FILES}deny /{,usr/}bin/dash mrwkx,`, head: `${FILES}deny /usr/bin/dash mrwkx,`, change: 'allowed', class: 'file', permissions: ['r', 'w', 'x', 'm', 'k'], path: '/bin/dash' },
];

/** None gives a difference. */
// prettier-ignore
export const FORM_ONLY: readonly Pair[] = [
  { name: 'rules in another order', base: `${FILES}deny /etc/** w,\ndeny /proc/** w,\ndeny network raw,`, head: `deny network raw,\ndeny /proc/** w,\n${FILES}deny /etc/** w,` },
  { name: 'comments and blanks', base: `${FILES}deny /etc/** w, # why\n`, head: `# about\n\n${FILES}\n  deny   /etc/**   w,` },
  { name: 'an alternation written out', base: `${FILES}deny /{etc,srv}/** wl,`, head: `${FILES}deny /etc/** wl,\ndeny /srv/** wl,` },
  { name: 'an expression for the same paths', base: `${FILES}deny /{,usr/}bin/{sh,dash} x,`, head: `${FILES}deny /{usr/bin/{sh,dash},bin/{dash,sh}} x,` },
  { name: 'a class written as an alternation', base: '/dev/tty[0-3] rw,', head: '/dev/tty{0,1,2,3} rw,' },
  { name: 'letters split over rules', base: '/srv/** rw,', head: '/srv/** r,\n/srv/** w,' },
  { name: 'a variable renamed', base: '@{WWW}/** r,', head: '@{WEB_ROOT}/** r,', preamble: { base: '@{WWW} = /srv /var/www', head: '@{WEB_ROOT} = /var/www /srv' } },
  { name: 'a rule that another covers', base: `${FILES}deny /etc/** w,\ndeny /etc/shadow w,\n/usr/bin/x ix,`, head: `${FILES}deny /etc/** w,` },
  { name: 'sockets and capabilities in other words', base: 'network inet tcp,\nnetwork inet6 tcp,\ncapability chown,\ncapability kill,', head: 'network tcp,\ncapability kill chown,' },
  { name: 'a path with needless slashes and escapes', base: 'deny /etc/pass\\x77d w,\nfile,', head: 'file,\ndeny "/etc//passwd" w,' },
];

/** The profile as its file would be. */
export function profileText(name: string, pair: Pair, side: 'base' | 'head'): string {
  const preamble = `abi <abi/3.0>,\n${pair.preamble?.[side] ?? ''}\n`;
  return `${preamble}profile ${name} flags=(attach_disconnected,mediate_deleted) {\n${pair[side]}\n}\n`;
}
