/** `network,`, a family, and a family with one type, where the profile does not allow them. Pure. */
import { SOCKET_FAMILIES } from '../../model/linux.ts';
import type { AddContext, AddOperator } from './add-context.ts';

/** Types that a kernel knows of the families that most kernels have. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  unix: ['stream', 'dgram', 'seqpacket'],
  inet: ['stream', 'dgram', 'raw', 'seqpacket'],
  inet6: ['stream', 'dgram', 'raw', 'seqpacket'],
  netlink: ['dgram', 'raw'],
  packet: ['dgram', 'raw'],
  vsock: ['stream'],
};

/** Of other families, what they have most often. */
const USUAL_TYPES = ['stream', 'dgram', 'raw', 'seqpacket'];

export const addNetwork: AddOperator = (context) => {
  const families = Object.keys(SOCKET_FAMILIES).filter((family) => missingTypes(context, family).length > 0);
  if (families.length === 0) return [];
  return [
    'network',
    ...families.map((family) => `network ${family}`),
    ...Object.keys(TYPES).flatMap((family) => pairsOf(context, family)),
  ];
};

/** One type of a family adds less than the family only where the family has several. */
function pairsOf(context: AddContext, family: string): string[] {
  if ((TYPES[family]?.length ?? 0) < 2) return [];
  return missingTypes(context, family).map((type) => `network ${family} ${type}`);
}

function missingTypes({ allows }: AddContext, family: string): string[] {
  return (TYPES[family] ?? USUAL_TYPES).filter((type) => !allows({ class: 'network', family, type }));
}
