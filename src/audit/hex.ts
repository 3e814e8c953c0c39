/**
 * Values that the kernel prints as hexadecimal digits.
 * Format: audit_log_untrustedstring (kernel/audit.c): when any byte is `"`, below 0x21 or above 0x7e, the whole value
 * is printed as upper-case hex without quotes; all others are printed verbatim in quotes, backslashes included.
 */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Whether a value printed without quotes can be an encoded string. */
export function isHex(text: string): boolean {
  return text.length > 0 && text.length % 2 === 0 && /^[0-9A-F]+$/.test(text);
}

/** The string behind hex digits. Bytes that are not UTF-8 stay visible as `\xNN`. */
export function decodeHex(text: string): string {
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(text.slice(at * 2, at * 2 + 2), 16);
  return decodeBytes(bytes);
}

/** Bytes as text: UTF-8 where they are UTF-8, `\xNN` where not. Never loses a byte, never throws. */
export function decodeBytes(bytes: Uint8Array): string {
  const whole = utf8(bytes);
  if (whole !== undefined) return whole;
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at] ?? 0;
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const character = utf8(bytes.subarray(at, at + length));
    text += character ?? `\\x${lead.toString(16).toUpperCase().padStart(2, '0')}`;
    at += character === undefined ? 1 : length;
  }
  return text;
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}
