// Bytes and texts: UTF-8, base64url (canonical, without padding), CBOR heads.

const encoder = new TextEncoder();

export const utf8 = (text) => encoder.encode(text);

/** The text of UTF-8 bytes; throws where they are none. */
export const fromUtf8 = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);

export function concat(...parts) {
  const out = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

export const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

export function toBase64(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The bytes of canonical base64url, or null. */
export function fromBase64(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null;
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
  return toBase64(bytes) === text ? bytes : null;
}

/** The head of a CBOR item, its number in the shortest form (RFC 8949, section 4.2.1). */
export function cborHead(major, number) {
  if (number < 24) return Uint8Array.of((major << 5) | number);
  const size = number < 2 ** 8 ? 1 : number < 2 ** 16 ? 2 : number < 2 ** 32 ? 4 : 8;
  const out = new Uint8Array(1 + size);
  out[0] = (major << 5) | (24 + Math.log2(size));
  let rest = BigInt(number);
  for (let i = size; i > 0; i--, rest >>= 8n) out[i] = Number(rest & 255n);
  return out;
}

export const cborBytes = (bytes) => concat(cborHead(2, bytes.length), bytes);

export const cborText = (text) => {
  const bytes = utf8(text);
  return concat(cborHead(3, bytes.length), bytes);
};

/**
 * JSON in which a whole number that JavaScript cannot hold stays as it was written, where the browser allows it: a
 * record that passes through this page must not lose digits of its data.
 */
export const parseJson = (text) =>
  JSON.parse(text, (key, value, context) =>
    Number.isInteger(value) && !Number.isSafeInteger(value) && context?.source && JSON.rawJSON
      ? JSON.rawJSON(context.source)
      : value,
  );
