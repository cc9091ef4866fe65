// Sealing and opening by the secret of a code, with WebCrypto: byte for byte what qrcore.records.cose does.
//
//   sealed   D0 83 bstr(A2 01 03 04 41 00) A1 05 4C iv[12] bstr(ciphertext tag[16])
//   signed   D2 84 bstr(A2 01 27 04 48 kid[8]) A0 bstr(payload) 58 40 signature[64]
//
// Nothing else is admitted, and all that can be wrong is one error.

import { cborBytes, cborHead, cborText, concat, equal, fromBase64, fromHex, fromUtf8, parseJson, toBase64, utf8 } from "./bytes.js";

const SEALED_HEAD = fromHex("d08346a20103044100a1054c");
const PROTECTED = fromHex("46a20103044100"); // byte string and all: algorithm A256GCM, kid 00
const SIGNED_HEAD = fromHex("d2844da201270448");
const MAX_MESSAGE = 12 * 1024 - 64;

export class SealError extends Error {
  code = "seal.invalid";
}

/** Whether this page may use WebCrypto: browsers have it on https and on this machine's own address. */
export const canSeal = () => globalThis.crypto?.subtle !== undefined;

async function derive(secret, purpose, authority, ref, bytes) {
  const info = concat(utf8(`qrcore/1 ${purpose}`), Uint8Array.of(0), utf8(authority), Uint8Array.of(0), utf8(ref));
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const algorithm = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, 8 * bytes));
}

async function codeKey(secret, authority, ref) {
  const bytes = await derive(secret, "enc", authority, ref, 32);
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** The proof, towards a service, that one holds the code: 16 bytes. */
export const claimToken = (secret, authority, ref) => derive(secret, "claim", authority, ref, 16);

/** What the service keeps of a claim token. */
export const tokenHash = async (token) => new Uint8Array(await crypto.subtle.digest("SHA-256", token));

function externalAad(use, { authority, ref, version }) {
  return concat(Uint8Array.of(0x85), ...["qrcore/1", use, authority, ref].map(cborText), cborHead(0, version));
}

const encStructure = (context) =>
  concat(Uint8Array.of(0x83), cborText("Encrypt0"), PROTECTED, cborBytes(externalAad("enc", context)));

/** Seals bytes by a code's secret, for {authority, ref, version}. `iv` is fresh but where vectors are checked. */
export async function seal(body, secret, context, iv = crypto.getRandomValues(new Uint8Array(12))) {
  const key = await codeKey(secret, context.authority, context.ref);
  const algorithm = { name: "AES-GCM", iv, additionalData: encStructure(context) };
  const ciphertext = new Uint8Array(await crypto.subtle.encrypt(algorithm, key, body));
  const message = concat(SEALED_HEAD, iv, cborBytes(ciphertext));
  if (message.length > MAX_MESSAGE) throw Object.assign(new Error("too large"), { code: "write.too_large" });
  return message;
}

/** The bytes that `seal` closed. */
export async function unseal(message, secret, context) {
  const start = SEALED_HEAD.length;
  const ciphertext = readBytes(message, start + 12, message.length);
  if (message.length > MAX_MESSAGE || !equal(message.subarray(0, start), SEALED_HEAD) || !ciphertext) throw new SealError();
  const key = await codeKey(secret, context.authority, context.ref);
  const algorithm = { name: "AES-GCM", iv: message.slice(start, start + 12), additionalData: encStructure(context) };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, ciphertext));
  } catch {
    throw new SealError();
  }
}

export const isSigned = (message) => message[0] === 0xd2;

/**
 * {body, verified} of a signed message. `keys` is a JWK set. `verified` is false where the key is not among them or
 * the browser has no Ed25519: such content is shown as unchecked. A signature that is wrong is an error.
 */
export async function verify(message, keys, context) {
  const start = SIGNED_HEAD.length + 8;
  const stop = message.length - 66;
  const payload = message[start] === 0xa0 ? readBytes(message, start + 1, stop) : null;
  const shaped = equal(message.subarray(0, SIGNED_HEAD.length), SIGNED_HEAD);
  if (message.length > MAX_MESSAGE || !shaped || !payload || message[stop] !== 0x58 || message[stop + 1] !== 0x40) {
    throw new SealError();
  }
  const kid = toBase64(message.subarray(SIGNED_HEAD.length, start));
  const jwk = keys.find((entry) => entry.kid === kid && entry.crv === "Ed25519");
  const key = jwk && (await publicKey(jwk));
  if (!key) return { body: payload, verified: false };
  const signed = concat(
    Uint8Array.of(0x84), cborText("Signature1"), message.subarray(2, start),
    cborBytes(externalAad("sign", context)), message.subarray(start + 1, stop),
  );
  if (!(await crypto.subtle.verify("Ed25519", key, message.slice(stop + 2), signed))) throw new SealError();
  return { body: payload, verified: true };
}

async function publicKey({ x }) {
  try {
    return await crypto.subtle.importKey("raw", fromBase64(x), "Ed25519", false, ["verify"]);
  } catch {
    return null; // an older browser
  }
}

/** The content of a CBOR byte string at `at` if it ends at `stop`, its length in the shortest form; else null. */
function readBytes(message, at, stop) {
  for (const head of [1, 2, 3]) {
    const size = stop - at - head;
    if (size >= 0 && equal(message.subarray(at, at + head), cborHead(2, size))) return message.slice(at + head, stop);
  }
  return null;
}

/** The bytes of a body as a store holds them: compact JSON, members in this order, empty ones left out. */
export function encodeBody({ title = "", links = [], default: first = null, data = {} }) {
  const out = {};
  if (title) out.title = title;
  if (links.length) out.links = links.map(encodeLink);
  if (first !== null) out.default = first;
  if (Object.keys(data).length) out.data = data;
  return utf8(JSON.stringify(out));
}

function encodeLink({ rel = "about", href, title = "", hreflang = [], type = "", fwqs = true }) {
  const out = { rel, href };
  if (title) out.title = title;
  if (hreflang.length) out.hreflang = hreflang;
  if (type) out.type = type;
  if (!fwqs) out.fwqs = false;
  return out;
}

/** A body to store in place of `body`: it opens under this authority, reference and version alone. */
export async function sealBody(body, secret, context) {
  return { sealed: toBase64(await seal(encodeBody(body), secret, context)) };
}

/**
 * What `sealBody` closed: {body, sealed, signed}, signed being null, "verified" or "unchecked". `secret` is null for a
 * body that is signed and no more. `keys` gives the JWK set of the authority; it is asked for where one is needed.
 */
export async function openBody(sealed, secret, context, keys = async () => []) {
  let message = fromBase64(sealed);
  let signed = null;
  const closed = message && !isSigned(message);
  if (!message || closed !== (secret !== null)) throw new SealError();
  if (closed) message = await unseal(message, secret, context);
  if (isSigned(message)) {
    const found = await verify(message, await keys(), context);
    message = found.body;
    signed = found.verified ? "verified" : "unchecked";
  }
  try {
    const body = parseJson(fromUtf8(message));
    if (typeof body !== "object" || body === null || Array.isArray(body)) throw new SealError();
    return { body, sealed: closed, signed };
  } catch {
    throw new SealError();
  }
}
