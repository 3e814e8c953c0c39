/** Network rules as grants (network.cc, its table of families and types). Pure. */
import { SOCKET_FAMILIES } from '#core/model/linux.ts';
import { defined } from '#core/model/optional.ts';
import { conditionWords, wordSet, type RuleGrants, type Words } from './grant-types.ts';
import type { NetworkRule } from '../syntax/ast.ts';

/** The types of a rule that names a family only. A bare `network,` covers every type there is. */
export const FAMILY_TYPES = ['stream', 'dgram', 'seqpacket', 'rdm', 'raw', 'packet'] as const;

/** Protocols that stand for a type of inet sockets, which is all that a kernel without finer mediation sees. */
const PROTOCOLS: Readonly<Record<string, { readonly type: string; readonly families: readonly string[] }>> = {
  tcp: { type: 'stream', families: ['inet', 'inet6'] },
  udp: { type: 'dgram', families: ['inet', 'inet6'] },
  icmp: { type: 'raw', families: ['inet'] },
};

/** Words: family, type, access, conditions. The key is empty. */
export function networkGrants(rule: NetworkRule): RuleGrants {
  const { families, types } = familiesAndTypes(rule);
  const words = [families, types, wordSet(rule.access), conditionWords(rule.conditions)];
  return [{ domain: 'network', words, regex: '' }];
}

interface FamiliesAndTypes {
  readonly families: Words | undefined;
  readonly types: Words | undefined;
}

function familiesAndTypes(rule: NetworkRule): FamiliesAndTypes {
  const { family, type } = normalized(rule);
  const protocol = type !== undefined && Object.hasOwn(PROTOCOLS, type) ? PROTOCOLS[type] : undefined;
  if (protocol !== undefined) {
    const families = protocol.families.filter((name) => family === undefined || name === family);
    return { families: new Set(families), types: new Set([protocol.type]) };
  }

  const families = wordSet(family === undefined ? [] : [family]);
  if (type !== undefined) return { families, types: new Set([type]) };
  return { families, types: wordSet(family === undefined ? [] : FAMILY_TYPES) };
}

/** `network tcp,` names no family: the parser takes a lone word that is none for a type. */
function normalized({ family, type }: NetworkRule): Pick<NetworkRule, 'family' | 'type'> {
  if (family !== undefined && type === undefined && !isFamily(family)) return { type: family };
  return defined({ family, type });
}

function isFamily(word: string): boolean {
  if (Object.hasOwn(SOCKET_FAMILIES, word)) return true;
  return !(FAMILY_TYPES as readonly string[]).includes(word) && !Object.hasOwn(PROTOCOLS, word);
}
