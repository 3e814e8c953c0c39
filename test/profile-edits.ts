/** Random edits of profile texts: of any part of any rule or header. Each is a list of choices, so it can be shrunk. */
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import type { FindInclude } from '#core/profile/syntax/ast.ts';

/** A rule of each kind with each of its parts. Every one alone is valid for apparmor_parser 4.1. */
const RULES: readonly string[] = `
file,
/a r,
/a/** rw,
owner /a/*/b rk,
audit /a/b r,
deny /a/b w,
audit deny /a/{b,c}/** wl,
/a/[^a-c]* a,
/b/x px,
/b/x Px -> other,
/b/* Cx -> child,
/b/y cix,
/b/y Pux,
/b/z ux,
/b/z PUx,
/b/z ix,
/b/z mrix,
unsafe /b/w Px,
safe /b/v px -> &other,
deny /b/q x,
link /a/* -> /b/*,
link subset /a/l -> /c/**,
l subset /a/m -> /b/m,
/a/n l,
owner link /a/o -> /a/p,
audit link /a/s -> /b,
deny link /a/* -> /c/d,
capability,
capability chown kill,
audit capability sys_admin,
deny capability net_raw,
audit deny capability mknod,
network,
network inet,
network inet stream,
network inet6 dgram,
deny network raw,
audit network unix,
network netlink raw,
signal,
signal send,
signal (send, receive) set=(term, kill) peer=a*,
deny signal receive peer=b,
audit signal set=(hup),
ptrace,
ptrace read peer=a,
ptrace (trace, readby),
deny ptrace tracedby peer=@{PEERS},
mount,
mount /dev/sd* -> /mnt/,
mount fstype=ext4 /dev/a -> /mnt/a/,
mount options=(ro, nosuid) /a -> /b,
mount options in (ro, noexec) /a -> /c,
mount options=bind /a/ -> /b/,
mount options=rbind /a/ -> /b/,
mount options=(rw, make-private) -> /,
mount options=move /a -> /b,
mount options=ro options=nodev /a -> /d,
deny mount fstype=proc,
audit mount options=rslave /x/,
remount /a/,
remount options=ro /a/,
umount,
umount /a/**,
deny umount /b,
pivot_root,
pivot_root /n/,
pivot_root oldroot=/n/old/ /n/,
change_profile,
change_profile -> a,
change_profile /b/x -> a,
change_profile unsafe /b/* -> b//c,
change_profile safe /b/y -> {a,c},
set rlimit nofile <= 10,
set rlimit cpu <= 10 minutes,
set rlimit as <= 1 GB,
set rlimit nice <= -5,
set rlimit core <= infinity,
userns,
userns create,
io_uring,
io_uring sqpoll,
io_uring override_creds label=a,
unix,
unix (send, receive) type=stream,
unix type=dgram addr=@a* peer=(label=b addr=none),
dbus,
dbus send bus=session path=/a interface=b.c member=D peer=(name=e, label=f),
dbus bind bus=system name=a.b,
dbus eavesdrop,
mqueue,
mqueue (create, open) type=posix /q,
mqueue type=sysv label=a 123,
priority=1 /a/b rw,
priority=2 deny /a/** w,
priority=-1 capability chown,
all,
priority=-1 all,
`
  .trim()
  .split('\n');

/** Words that can stand in headers and rules. */
const WORDS: readonly string[] = `
audit | deny | allow | owner | other | priority=1 | priority=-2 | safe | unsafe | subset | link | l | r | w
rw | a | k | m | ix | px | Px | cx | Cx | ux | Ux | pix | Pix | pux | PUx | cix | Cix | cux | CUx | -> a
-> b | -> &a | -> child | /a | /a/* | /a/** | /b/x | /{a,b}/c | /[ab] | /@{PEERS}/x | peer=a | peer=b*
peer=unconfined | set=(term) | set=(kill, hup) | send | receive | (send, receive) | read | trace | readby
inet | inet6 | stream | dgram | unix | raw | chown | kill | sys_admin | options=ro | options=(rw, bind)
options in (ro, nodev) | options=(remount, ro) | options=uid=5 | fstype=tmpfs | fstype=(ext4, xfs)
oldroot=/o/ | type=stream | type=posix | addr=@b | peer=(label=x) | label=x | bus=system | path=/b | member=X
create | sqpoll | 11 | 1K | infinity | nofile | core | nproc | seconds | KB | complain | audit | kill
unconfined | attach_disconnected | mediate_deleted | chroot_relative | attach_disconnected.path=/x
default_allow | prompt | flags=(complain) | flags=(audit) | xattrs=(user.a=b) | interruptible | error=EPERM
kill.signal=term
`
  .trim()
  .split(/ \| |\n/);

/** Numbers from which every choice is made. */
export class Choices {
  readonly #numbers: readonly number[];
  #at = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  below(limit: number): number {
    const number = this.#numbers[this.#at % this.#numbers.length] ?? 0;
    this.#at += 1;
    return limit === 0 ? 0 : number % limit;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

/** A profile with some of the rules above. */
export function someProfile(choices: Choices): string {
  const flags = choices.of([
    '',
    '',
    '',
    'flags=(complain)',
    'flags=(attach_disconnected, audit)',
    'flags=(kill)',
    'flags=(default_allow)',
  ]);
  const attachment = choices.of(['', '/bin/p', '/bin/{p,q}*']);
  const rules = Array.from({ length: 1 + choices.below(6) }, () => choices.of(RULES));
  const child = choices.of(['', '', 'profile child { /a r, }', 'hat h { /a/** r, capability chown, }']);
  return `@{PEERS} = a b//c\nprofile p ${attachment} ${flags} {\n${rules.join('\n')}\n${child}\n}\n`;
}

/** One edit of a rule or a header of the text itself; undefined where there is nothing to edit. */
export function edited(text: string, choices: Choices, find: FindInclude): string | undefined {
  const read = readProfileText('p', text, find);
  if (!isRead(read)) return undefined;
  const spans = read.profiles.flatMap(({ span, rules }) => {
    const own = rules.filter(({ span: { file } }) => file === 'p').map((rule) => rule.span);
    return span.file === 'p' ? [{ start: span.start, end: text.indexOf('{', span.start) }, ...own] : own;
  });
  if (spans.length === 0) return undefined;
  const { start, end } = choices.of(spans);
  const isRule = text[end - 1] === ',';
  const body = text.slice(start, isRule ? end - 1 : end);
  const tail = text.slice(isRule ? end - 1 : end);
  const part = editedPart(body, choices, isRule);
  // no path of the kernel's begins with two slashes, and an arrow needs a blank, though the parser takes them
  return /(?:^|\s)"?\/\/|->\S/.test(part) ? undefined : `${text.slice(0, start)}${part}${tail}`;
}

const TOKEN = /"[^"]*"|[A-Za-z_.]+\s+in\s+\([^)]*\)|[A-Za-z_.]+=\([^)]*\)|->\s*\S+|[^\s]+/g;

function editedPart(body: string, choices: Choices, isRule: boolean): string {
  const tokens = [...body.matchAll(TOKEN)].map(([token]) => token);
  const at = choices.below(tokens.length);
  const token = tokens[at] ?? '';
  const replaced = (...words: readonly string[]): string =>
    [...tokens.slice(0, at), ...words, ...tokens.slice(at + 1)].join(' ');
  switch (choices.below(10)) {
    case 0:
      return replaced();
    case 1:
      return replaced(choices.of(WORDS));
    case 2:
      return replaced(choices.of(WORDS), token);
    case 3:
      return replaced(token, choices.of(WORDS));
    case 4:
      return replaced(withoutCharacter(token, choices));
    case 5:
      return replaced(withCharacter(token, choices));
    case 6:
      return replaced(token.replace('**', '*'));
    case 7:
      return [
        choices.of(['audit', 'deny', 'owner', 'priority=1', 'unsafe', 'safe', 'audit deny', 'allow']),
        ...tokens,
      ].join(' ');
    case 8:
      return isRule ? `${body},\n${choices.of(RULES).replace(/,$/, '')}` : replaced(swappedCase(token));
    default:
      return replaced(swappedCase(token));
  }
}

function withoutCharacter(token: string, choices: Choices): string {
  const at = choices.below(token.length);
  return token.slice(0, at) + token.slice(at + 1);
}

function withCharacter(token: string, choices: Choices): string {
  const at = choices.below(token.length + 1);
  return token.slice(0, at) + choices.of(['*', 'x', '/', '?', '{x,y}', '[a-z]', '1', 'r', 'w', 'l']) + token.slice(at);
}

function swappedCase(token: string): string {
  return [...token].map((c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase())).join('');
}
