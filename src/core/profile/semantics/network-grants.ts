/** Network rules as grants (network.cc, its table of families and types). Pure. */
import { SOCKET_FAMILIES } from '#core/model/linux.ts';
import { some, type Part } from './grant-types.ts';
import type { NetworkRule } from '../syntax/ast.ts';

/** The types of a rule that names a family only. A bare `network,` covers every type there is. */
export const TYPES = ['stream', 'dgram', 'seqpacket', 'rdm', 'raw', 'packet'] as const;
/** Protocols that stand for a type of inet sockets: a kernel without finer mediation sees only that. */
const PROTOCOLS: Readonly<Record<string, { readonly type: string; readonly families: readonly string[] }>> = {
  tcp: { type: 'stream', families: ['inet', 'inet6'] },
  udp: { type: 'dgram', families: ['inet', 'inet6'] },
  icmp: { type: 'raw', families: ['inet'] },
};

/** Words: family, type, access, conditions. */
export function networkGrants(rule: NetworkRule): Part[] {
  const conditions = Object.entries(rule.conditions)
    .map(([key, { text }]) => `${key}=${text}`)
    .sort()
    .join(' ');
  const rest = [some(rule.access), some(conditions === '' ? [] : [conditions])] as const;
  // `network tcp,` names no family: the parser takes a lone word that is none for a type
  const lone = rule.family !== undefined && rule.type === undefined && !isFamily(rule.family) ? rule.family : undefined;
  const family = lone === undefined ? rule.family : undefined;
  const type = rule.type ?? lone;
  const protocol = type !== undefined && Object.hasOwn(PROTOCOLS, type) ? PROTOCOLS[type] : undefined;
  const families =
    protocol === undefined
      ? some(family === undefined ? [] : [family])
      : new Set(protocol.families.filter((one) => family === undefined || one === family));
  const types =
    protocol !== undefined
      ? new Set([protocol.type])
      : type !== undefined
        ? new Set([type])
        : family === undefined
          ? undefined
          : new Set<string>(TYPES);
  return [{ domain: 'network', words: [families, types, ...rest], regex: '' }];
}

function isFamily(word: string): boolean {
  return (
    Object.hasOwn(SOCKET_FAMILIES, word) ||
    (!(TYPES as readonly string[]).includes(word) && !Object.hasOwn(PROTOCOLS, word))
  );
}
