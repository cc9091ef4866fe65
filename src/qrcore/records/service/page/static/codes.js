// The codes of a tenant, and one of them with its content, picture, versions, scans and claims.

import { call, pages, publishedKeys, record, secrets, session } from "./api.js";
import { fromBase64 } from "./bytes.js";
import { claimsView } from "./claims.js";
import { contentView } from "./content.js";
import { field, h } from "./dom.js";
import { t } from "./i18n.js";
import { readLink, readRef } from "./links.js";
import { showCodes } from "./make.js";
import { action, explain, Problem } from "./problems.js";
import { scansView } from "./scans.js";
import { isSigned, openBody } from "./seal.js";
import { versionsView } from "./versions.js";

const SHOWN = 200; // in the list; others are opened by their link

export async function codesView() {
  const records = await pages("v1/records", "records", SHOWN);
  return h("div", {},
    h("h1", {}, t("nav.codes")),
    finder(),
    records.length === 0 && h("p", {}, t("codes.none"), " ", h("a", { href: "#make" }, t("codes.first"))),
    h("ul", { class: "links" }, records.map(listed)),
    records.length >= SHOWN && h("p", { class: "muted" }, t("codes.more", { count: SHOWN })),
  );
}

const listed = (found) =>
  h("li", {},
    h("a", { href: `#codes/${found.ref}` },
      h("span", { class: "name", dir: "auto" }, found.body?.title || name(found)),
      h("span", { class: "where" }, describe(found)),
    ),
  );

/** What to call a record without a title. */
function name({ ref, body }) {
  if (body === null) return t("codes.retired");
  if (body.sealed) return isSigned(fromBase64(body.sealed)) ? t("codes.signed") : t("codes.sealed");
  return body.links?.[0]?.href ?? ref;
}

const describe = ({ ref, version, state }) => [ref, t("codes.version", { version }), t(`state.${state}`)].join(" · ");

/** A field for a reference or a whole link; the secret of a link stays here. */
function finder() {
  const input = h("input", { spellcheck: false, autocomplete: "off", required: true });
  const output = h("div");
  const open = async () => {
    const link = readLink(input.value);
    const ref = link?.ref ?? readRef(input.value.trim());
    if (!ref || (link && link.authority !== session.authority)) throw new Problem("payload.format");
    if (link?.secret) secrets.set(ref, link.secret);
    location.hash = `codes/${ref}`;
  };
  return h("form", { class: "finder" },
    field(t("codes.find"), input), action(t("codes.open"), output, open, { type: "submit" }), output);
}

const TABS = { content: contentView, code: (state) => showCodes(state, state.secret), versions: versionsView, scans: scansView, claims: claimsView };
const CLOSED = ["content", "code", "versions"]; // what needs the secret of a sealed record

/** One record. `tab` is one of the above. */
export async function recordView(ref, tab = "content") {
  const found = await call("GET", record(ref));
  const withdrawn = found.state === "retired" || found.state === "erased";
  const state = { ...found, withdrawn, secret: secrets.get(found.ref) ?? secrets.get(ref) ?? null, opened: null };
  if (found.body?.sealed) state.opened = await open(state);
  const locked = found.body?.sealed && !state.opened;
  const content = locked && CLOSED.includes(tab) ? unlock(state) : await (TABS[tab] ?? contentView)(state);
  return h("div", {},
    h("p", { class: "crumb" }, h("a", { href: "#codes" }, `‹ ${t("nav.codes")}`)),
    h("h1", { dir: "auto" }, (state.opened?.body ?? found.body)?.title || name(found)),
    h("p", { class: "muted" }, describe(found)),
    h("nav", { class: "tabs", "aria-label": t("codes.parts") },
      Object.keys(TABS).map((key) =>
        h("a", { href: `#codes/${found.ref}/${key}`, "aria-current": key === tab ? "page" : null }, t(`tab.${key}`)))),
    content,
  );
}

/** {body, sealed, signed} of a record that is not plain, or null where what is known here does not open it. */
async function open({ ref, version, body, secret }) {
  try {
    return await openBody(body.sealed, secret, { authority: session.authority, ref, version }, publishedKeys);
  } catch (error) {
    if (error.code === "seal.invalid") return null;
    throw error;
  }
}

/** Asks for the link of a sealed code. */
function unlock({ ref, secret }) {
  const input = h("input", { spellcheck: false, autocomplete: "off", required: true, placeholder: "HTTPS://…#…" });
  const output = h("div", {}, secret && explain(new Problem("seal.invalid")));
  const run = async () => {
    const link = readLink(input.value);
    if (!link?.secret || link.authority !== session.authority) throw new Problem("page.other_link");
    secrets.set(ref, link.secret);
    dispatchEvent(new HashChangeEvent("hashchange"));
  };
  return h("form", { class: "finder" },
    h("p", {}, t("codes.unlock")),
    field(t("codes.link"), input), action(t("codes.open"), output, run, { type: "submit" }), output);
}
