/**
 * Values that the kernel prints as hexadecimal digits.
 * Format: audit_log_untrustedstring (kernel/audit.c): when any byte is `"`, below 0x21 or above 0x7e, the whole value
 * is printed as upper-case hex without quotes; all others are printed verbatim in quotes, backslashes included.
 */

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Whether a value printed without quotes can be an encoded string. */
export function isHex(text: string): boolean {
  return text.length > 0 && text.length % 2 === 0 && /^[0-9A-F]+$/.test(text);
}

/** The string that hex digits encode. Bytes that are not UTF-8 stay visible as `\xNN`. */
export function decodeHex(text: string): string {
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(text.slice(at * 2, at * 2 + 2), 16);
  return decodeBytes(bytes);
}

/** Bytes as text: UTF-8 where they are UTF-8, `\xNN` where not. Never loses a byte, never throws. */
export function decodeBytes(bytes: Uint8Array): string {
  let text = '';
  let good = 0;
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    text += `${decoder.decode(bytes.subarray(good, at))}\\x${hexPair(bytes[at] ?? 0)}`;
    good = ++at;
  }
  return text + decoder.decode(bytes.subarray(good));
}

/** Length of the well-formed UTF-8 sequence at a place, 0 where there is none (Unicode 15, table 3-7). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return 1;
  const second = bytes[at + 1] ?? 0;
  const { low, high } = secondByteRange(lead);
  if (lead < 0xc2 || lead > 0xf4 || second < low || second > high) return 0;

  const length = lengthByLead(lead);
  for (let more = 2; more < length; more++) if (((bytes[at + more] ?? 0) & 0xc0) !== 0x80) return 0;
  return length;
}

/** Which second bytes are well-formed: after some lead bytes they would encode a surrogate or have a shorter form. */
function secondByteRange(lead: number): { readonly low: number; readonly high: number } {
  switch (lead) {
    case 0xe0:
      return { low: 0xa0, high: 0xbf };
    case 0xed:
      return { low: 0x80, high: 0x9f };
    case 0xf0:
      return { low: 0x90, high: 0xbf };
    case 0xf4:
      return { low: 0x80, high: 0x8f };
    default:
      return { low: 0x80, high: 0xbf };
  }
}

function lengthByLead(lead: number): number {
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

function hexPair(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}
