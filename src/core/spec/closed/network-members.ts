/** Every family of sockets × type × protocol: what the kernel does not have, the control cannot open either. Pure. */
import { SOCKET_FAMILIES, SOCKET_TYPES } from '../../model/linux.ts';
import type { Member, MembersOf, UnknownMember } from './member.ts';

/**
 * Protocols beside the default, 0, by family and type (include/uapi/linux: in.h, netlink.h, if_ether.h, can.h; and
 * net/bluetooth). Protocol numbers of packet sockets are in network byte order: 768 is ETH_P_ALL.
 */
const PROTOCOLS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  inet: { stream: ['tcp', '132', '262'], dgram: ['icmp', 'udp', '136'], raw: ['icmp', 'tcp', 'udp', '255'] },
  inet6: { stream: ['tcp', '132', '262'], dgram: ['icmpv6', 'udp', '136'], raw: ['icmpv6', 'tcp', 'udp', '255'] },
  netlink: { raw: upTo(22), dgram: upTo(22) },
  packet: { raw: ['768'], dgram: ['768'] },
  can: { raw: ['1'], dgram: ['2', '6', '7'] },
  bluetooth: { raw: ['1', '5', '6'], stream: ['3'], seqpacket: ['2'] },
  key: { raw: ['2'] },
};

/** The kernel takes the one for the other before it asks AppArmor (net/socket.c, __sock_create). */
const TAKEN_FOR_ANOTHER = 'inet packet';

/** A list of the kernel begins with the family that is none. */
const NO_FAMILY = 'unspec';

export const networkMembers: MembersOf = ({ families }) =>
  families
    .filter((family) => family !== NO_FAMILY)
    .flatMap((family): readonly (Member | UnknownMember)[] => {
      if (!Object.hasOwn(SOCKET_FAMILIES, family))
        return [{ words: [family], why: `this version has no number for the family ${family}` }];
      return Object.keys(SOCKET_TYPES).flatMap((type) => socketsOf(family, type));
    });

function socketsOf(family: string, type: string): readonly Member[] {
  const protocols = PROTOCOLS[family]?.[type] ?? [];
  if (`${family} ${type}` === TAKEN_FOR_ANOTHER) return [];
  return [[family, type], ...protocols.map((protocol) => [family, type, protocol])].map((words) => ({
    words,
    operation: ['socket', ...words],
  }));
}

function upTo(last: number): readonly string[] {
  return Array.from({ length: last }, (_, i) => String(i + 1));
}
