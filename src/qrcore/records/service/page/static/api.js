// Calls of the service: same origin, by the session's cookie or by a claim token, errors as `Problem`.

import { parseJson, toBase64 } from "./bytes.js";
import { Problem } from "./problems.js";

const root = new URL("..", import.meta.url); // this file lies in {root}/static/

/** Who is logged in, and where: filled by `login`. */
export const session = { authority: "", rules: {}, scopes: [], tenant: "" };

/** What this page has learned of secrets: by reference, in memory, until the page is closed. */
export const secrets = new Map();

export const address = (path) => new URL(path, root);

/** The key of a call that must not be done twice, whatever is retried. */
export const newKey = () => toBase64(crypto.getRandomValues(new Uint8Array(16)));

/** `json` or `body` goes out; what comes back is JSON, or null. `match` is the version that is replaced. */
export async function call(method, path, { json, body, type, key, match, token, authority = session.authority } = {}) {
  const headers = { Accept: "application/json" };
  if (authority) headers["QRCore-Authority"] = authority;
  if (json !== undefined) [body, type] = [JSON.stringify(json), "application/json"];
  if (type) headers["Content-Type"] = type;
  if (key) headers["Idempotency-Key"] = JSON.stringify(key);
  if (match !== undefined) headers["If-Match"] = `"v${match}"`;
  if (token) headers.Authorization = `Claim ${toBase64(token)}`;
  const credentials = token ? "omit" : "same-origin";
  let response, text;
  try {
    response = await fetch(address(path), { method, body, headers, credentials, redirect: "error", cache: "no-store" });
    text = await response.text();
  } catch {
    throw new Problem("page.offline");
  }
  let found = null;
  try {
    found = text ? parseJson(text) : null;
  } catch {
    throw new Problem("resolve.unavailable", { status: response.status });
  }
  if (!response.ok) throw new Problem(found?.code ?? "resolve.unavailable", { status: response.status, ...found });
  return found;
}

export const record = (ref, rest = "") => `v1/records/${encodeURIComponent(ref)}${rest}`;

/** All entries of a paged answer, up to `most`. */
export async function pages(path, name, most = 1000) {
  const out = [];
  for (let after = null; out.length < most; ) {
    const query = new URLSearchParams({ limit: 100, ...(after === null ? {} : { after }) });
    const found = await call("GET", path + (path.includes("?") ? "&" : "?") + query);
    out.push(...found[name]);
    if (found.next === null || found.next === undefined || !found[name].length) break;
    after = found.next;
  }
  return out;
}

/** The published keys of this authority, to check signatures with. */
export const publishedKeys = async () => (await call("GET", ".well-known/qrcore-keys")).keys ?? [];

/** Whether somebody is logged in. */
export async function login() {
  try {
    Object.assign(session, await call("GET", "session"));
    return true;
  } catch (error) {
    if (error.status === 401) return false;
    throw error;
  }
}
