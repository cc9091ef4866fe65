// What a code says: HTTPS://{AUTHORITY}/C/{REF}, and #{SECRET} where it is sealed (docs/records.md, "Wire formats").
// And what a record's links may be: the check of the write, made again at use, since a server cannot see into a seal.

import { fromBase64, toBase64 } from "./bytes.js";

const LINK =
  /^https:\/\/((?=[^/]{1,259}\/)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::[0-9]{1,5})?)\/c\/([0-9a-tv-z]{16})(?:#(.*))?$/is;
const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SECRET_BYTES = 16;

/** {authority, ref, secret}: secret is 16 bytes, or null. Null where the text is no such link, or its secret is none. */
export function readLink(text) {
  const match = LINK.exec(text.trim());
  if (!match) return null;
  const secret = match[3] === undefined ? null : readSecret(match[3]);
  if (match[3] !== undefined && !secret) return null;
  return { authority: match[1].toLowerCase(), ref: readRef(match[2]), secret };
}

/** The text that is printed: upper case, which a symbol holds in fewer modules, but for the secret. */
export const writeLink = (authority, ref, secret) =>
  `HTTPS://${authority.toUpperCase()}/C/${ref}${secret ? "#" + toBase64(secret) : ""}`;

/** The canonical spelling of a reference, or null. */
export function readRef(text) {
  if (!/^[0-9a-tv-z]{16}$/i.test(text)) return null;
  return text.toUpperCase().replaceAll("O", "0").replace(/[IL]/g, "1");
}

export function newRef() {
  const draws = crypto.getRandomValues(new Uint8Array(16)); // 256 is a multiple of 32: each digit is as likely
  return Array.from(draws, (draw) => DIGITS[draw & 31]).join("");
}

export const newSecret = () => crypto.getRandomValues(new Uint8Array(SECRET_BYTES));

/** The 16 bytes of a fragment, or null. */
export function readSecret(text) {
  const bytes = fromBase64(text);
  return bytes?.length === SECRET_BYTES ? bytes : null;
}

/** What stands behind # in the address, which stands there no longer. */
export function takeFragment() {
  const found = location.hash.slice(1);
  history.replaceState(null, "", location.pathname + location.search);
  return found;
}

const LABEL = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?";
const WEB = new RegExp(String.raw`^https?://(${LABEL}(?:\.${LABEL})*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(?=[/?#]|$)`, "i");
const HREF = /^[!#-;=?-[\]_a-z~{}]+$/;
const SCHEMES = ["http", "https", "tel", "mailto", "sms", "geo"];
const NEVER = ["javascript", "data", "vbscript", "file", "blob", "filesystem", "about", "view-source"];

export const schemeOf = (href) => /^([a-z][a-z0-9+.-]*):/i.exec(href)?.[1].toLowerCase() ?? "";

/** Whether a link may be shown. `schemes` are the tenant's beside the usual ones, `targets` the only hosts, if any. */
export function isSafe(href, { schemes = [], targets = [] } = {}) {
  const scheme = schemeOf(href);
  if (NEVER.includes(scheme) || !HREF.test(href) || !(SCHEMES.includes(scheme) || schemes.includes(scheme))) return false;
  return !/^https?$/.test(scheme) || isTarget(hostOf(href).replace(/:[0-9]+$/, ""), targets);
}

const isTarget = (host, targets) =>
  host !== "" && (!targets.length || targets.some((t) => t === host || (t[0] === "*" && host.endsWith(t.slice(1)))));

/** The host of a web link where the browser and this strict reading see the same, else empty. */
export function hostOf(href) {
  const match = WEB.exec(href);
  if (!match || !URL.canParse(href)) return "";
  const url = new URL(href);
  return url.hostname === match[1].toLowerCase() && !url.username && !url.password ? url.host : "";
}

/** `{label}` in the query filled with the place of the printed code, percent-encoded. */
export function fillLabel(href, label) {
  const at = href.indexOf("?");
  if (at < 0) return href;
  const encoded = encodeURIComponent(label).replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());
  return href.slice(0, at) + href.slice(at).replaceAll("{label}", () => encoded);
}
