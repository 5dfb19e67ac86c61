// Bytes as the wire writes them: text, base64, joining, comparing.

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

export const utf8 = (text) => encoder.encode(text);
export const textOf = (bytes) => decoder.decode(bytes);

/** One array of several. */
export function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function equal(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

export function toBase64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

/** The bytes of a base64 text, of exactly this length; throws for anything else. */
export function fromBase64(text, length) {
  if (typeof text !== "string" || text.length > 4 * length) throw new Error("no base64 text");
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  if (bytes.length !== length) throw new Error(`${bytes.length} bytes, not ${length}`);
  return bytes;
}

export function randomHex(bytes) {
  const found = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(found, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
