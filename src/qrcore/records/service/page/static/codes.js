// The codes of a tenant, and one of them with its content, picture, versions, scans and claims.

import { call, pages, record, secrets, session } from "./api.js";
import { claimsView } from "./claims.js";
import { contentView } from "./content.js";
import { field, h } from "./dom.js";
import { t } from "./i18n.js";
import { readLink, readRef } from "./links.js";
import { showCodes } from "./make.js";
import { action, Problem } from "./problems.js";
import { scansView } from "./scans.js";
import { openBody } from "./seal.js";
import { publishedKeys } from "./api.js";
import { versionsView } from "./versions.js";

const SHOWN = 200; // in the list; others are opened by their link

export async function codesView() {
  const records = await pages("v1/records", "records", SHOWN);
  return h("div", {},
    h("h1", {}, t("nav.codes")),
    finder(),
    records.length === 0 && h("p", {}, t("codes.none"), " ", h("a", { href: "#make" }, t("codes.first"))),
    h("ul", { class: "records" }, records.map(listed)),
    records.length >= SHOWN && h("p", { class: "muted" }, t("codes.more", { count: SHOWN })),
  );
}

function listed({ ref, version, state, body }) {
  const title = body === null ? t("codes.retired") : body.sealed ? t("codes.sealed") : body.title || firstLink(body) || ref;
  return h("li", {},
    h("a", { href: `#codes/${ref}` },
      h("span", { class: "name", dir: "auto" }, title),
      h("span", { class: "where" }, `${ref} · ${t("codes.version", { version })} · ${t(`state.${state}`)}`),
    ),
  );
}

const firstLink = ({ links = [] }) => links[0]?.href;

/** A field for a reference or a whole link; the secret of a link stays here. */
function finder() {
  const input = h("input", { spellcheck: false, autocomplete: "off", required: true });
  const output = h("div");
  const open = async () => {
    const ref = learn(input.value) ?? readRef(input.value.trim());
    if (!ref) throw new Problem("payload.format");
    location.hash = `codes/${ref}`;
  };
  return h("form", { class: "finder" },
    field(t("codes.find"), input), action(t("codes.open"), output, open, { type: "submit" }), output);
}

/** The reference of a link of this authority, its secret remembered; null for anything else. */
function learn(text) {
  const link = readLink(text);
  if (!link || link.authority !== session.authority) return null;
  if (link.secret) secrets.set(link.ref, link.secret);
  return link.ref;
}

const TABS = { content: contentView, code: codeView, versions: versionsView, scans: scansView, claims: claimsView };

/** One record. `tab` is one of the above. */
export async function recordView(ref, tab = "content") {
  const found = await call("GET", record(ref));
  const state = { ...found, secret: secrets.get(found.ref) ?? null, body: found.body, closed: false };
  const needsBody = tab === "content" || tab === "versions";
  if (found.body?.sealed) state.closed = true;
  let content;
  if (state.closed && needsBody) state.opened = await open(state);
  if (state.closed && (needsBody || tab === "code") && (tab === "code" ? !state.secret : !state.opened)) content = unlock(state);
  else content = await (TABS[tab] ?? contentView)(state);
  const title = (state.opened ?? found.body)?.title || (state.closed ? t("codes.sealed") : found.body ? found.ref : t("codes.retired"));
  return h("div", {},
    h("p", {}, h("a", { href: "#codes" }, `‹ ${t("nav.codes")}`)),
    h("h1", { dir: "auto" }, title),
    h("p", { class: "muted" }, `${found.ref} · ${t("codes.version", { version: found.version })} · ${t(`state.${found.state}`)}`),
    h("nav", { class: "tabs", "aria-label": t("codes.parts") },
      Object.keys(TABS).map((name) =>
        h("a", { href: `#codes/${found.ref}/${name}`, "aria-current": name === tab ? "page" : null }, t(`tab.${name}`)))),
    content,
  );
}

/** The body of a sealed record, or null where what is known here does not open it. */
async function open({ ref, version, body, secret }) {
  try {
    return (await openBody(body.sealed, secret, { authority: session.authority, ref, version }, publishedKeys)).body;
  } catch (error) {
    if (error.code === "seal.invalid") return null;
    throw error;
  }
}

/** Asks for the link of a sealed code. */
function unlock({ ref }) {
  const input = h("input", { spellcheck: false, autocomplete: "off", required: true, placeholder: "HTTPS://…#…" });
  const output = h("div");
  const run = async () => {
    if (learn(input.value) !== ref || !secrets.has(ref)) throw new Problem("page.other_link");
    dispatchEvent(new HashChangeEvent("hashchange"));
  };
  return h("form", { class: "finder" },
    h("p", {}, t("codes.unlock")),
    field(t("codes.link"), input), action(t("codes.open"), output, run, { type: "submit" }), output);
}

async function codeView(state) {
  return h("div", { class: "results" }, showCodes(state, state.secret).slice(1, -1));
}
