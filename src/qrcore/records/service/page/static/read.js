// Reading a picture: drop, choose, photograph or paste it; see the codes, what they say, and what they lead to.

import { call, publishedKeys, secrets, session } from "./api.js";
import { row, showBody } from "./body.js";
import { h } from "./dom.js";
import { has, t } from "./i18n.js";
import { readLink } from "./links.js";
import { outline, readPhoto } from "./photo.js";
import { explain, note, showSigned } from "./problems.js";
import { openBody } from "./seal.js";

export function readView() {
  const results = h("div", { "aria-live": "polite" });
  const stage = h("div", { class: "stage" });
  const choose = h("input", { type: "file", accept: "image/*", id: "choose", class: "away" });
  const shoot = h("input", { type: "file", accept: "image/*", capture: "environment", id: "shoot", class: "away" });
  const drop = h("div", { class: "drop" },
    h("p", {}, t("read.drop")),
    h("p", { class: "buttons" },
      choose, h("label", { for: "choose", class: "button" }, t("read.choose")),
      navigator.maxTouchPoints > 0 && [shoot, h("label", { for: "shoot", class: "button quiet" }, t("read.shoot"))],
    ),
    h("p", { class: "muted" }, t("read.privacy")),
  );
  const view = h("div", { class: "columns" }, h("section", {}, h("h1", {}, t("nav.read")), drop, stage), results);

  for (const input of [choose, shoot]) input.addEventListener("change", () => input.files[0] && read(input.files[0]));
  view.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  view.addEventListener("dragleave", () => drop.classList.remove("over"));
  view.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer.files[0]) read(event.dataTransfer.files[0]);
  });
  view.addEventListener("paste", (event) => event.clipboardData.files[0] && read(event.clipboardData.files[0]));
  view.tabIndex = -1; // so that it can be pasted into
  return view;

  async function read(file) {
    results.replaceChildren(note(t("read.busy"), "plain"));
    stage.replaceChildren();
    try {
      const { canvas, blob } = await readPhoto(file);
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", t("read.picture"));
      stage.replaceChildren(canvas);
      const { symbols } = await call("POST", "v1/decode", { body: blob, type: blob.type });
      outline(canvas, symbols);
      canvas.setAttribute("aria-label", t("read.found", { count: symbols.length }));
      const cards = await Promise.all(symbols.map(card));
      results.replaceChildren(h("h2", {}, t("read.found", { count: symbols.length })), ...cards);
      if (!symbols.length) results.append(h("p", {}, t("read.none")));
    } catch (error) {
      results.replaceChildren(explain(error));
    }
    for (const input of [choose, shoot]) input.value = "";
  }
}

async function card(symbol, index) {
  const link = readLink(symbol.text);
  const text = link?.secret ? symbol.text.split("#")[0] : symbol.text;
  const kind = symbol.payload?.kind ?? "text";
  return h("article", { class: "card" },
    h("header", {},
      h("span", { class: "number" }, index + 1),
      h("strong", {}, has(`kind.${kind}`) ? t(`kind.${kind}`) : kind),
      showVerdict(symbol.verdict),
    ),
    h("pre", { class: "text", dir: "auto", tabindex: 0 }, text),
    link?.secret && h("p", { class: "muted" }, t("read.secret")),
    showReasons(symbol.verdict),
    await showRecord(symbol.record, link),
    showPayload(symbol),
  );
}

const showVerdict = (verdict) => verdict && h("span", { class: `badge ${verdict.level}` }, t(`level.${verdict.level}`));

function showReasons(verdict) {
  if (!verdict) return null;
  const { host_ascii: ascii, host_unicode: unicode, reasons = [] } = verdict;
  const told = reasons.map((reason) => {
    const [code, rest = ""] = reason.split(":");
    return has(`reason.${code}`) ? t(`reason.${code}`, { rest }) : reason;
  });
  return [
    ascii && h("p", { class: "host" }, h("bdi", {}, unicode || ascii), unicode && unicode !== ascii && ` (${ascii})`),
    told.length > 0 && h("ul", { class: "reasons" }, told.map((text) => h("li", {}, text))),
  ];
}

async function showRecord(found, link) {
  if (!found) return null;
  if (found.error) return explain(found.error);
  const parts = await Promise.all(found.records.map((record) => showOne(record, link)));
  return h("div", { class: "record" }, parts);
}

async function showOne({ ref, version, label = "", body }, link) {
  const context = { authority: link?.authority ?? session.authority, ref, version };
  let opened = { body, signed: null };
  try {
    if (body.sealed) opened = await openBody(body.sealed, link?.secret ?? null, context, publishedKeys);
    if (link?.secret && link.authority === session.authority) secrets.set(ref, link.secret);
  } catch (error) {
    return explain(error);
  }
  return [
    showBody(opened.body, { label, rules: session.rules }),
    opened.signed && showSigned(opened.signed),
    context.authority === session.authority && h("p", {}, h("a", { href: `#codes/${ref}` }, t("read.open", { version }))),
  ];
}

/** The fields of the payload that hold something, nested ones with a dot. */
function showPayload({ payload }) {
  const rows = [];
  const walk = (value, name) => {
    if (value === null || value === "" || value === false || (Array.isArray(value) && !value.length)) return;
    if (Array.isArray(value)) value.forEach((item, i) => walk(item, `${name} ${i + 1}`));
    else if (typeof value === "object") Object.entries(value).forEach(([key, item]) => walk(item, name ? `${name}.${key}` : key));
    else rows.push(row(name, typeof value === "string" ? value : String(value)));
  };
  const { kind, issues = [], ...fields } = payload ?? {};
  walk(fields, "");
  const faults = issues.map((issue) => h("li", {}, issue.message));
  return [
    faults.length > 0 && h("ul", { class: "reasons" }, faults),
    rows.length > 0 && h("details", {}, h("summary", {}, t("read.fields")), h("dl", { class: "data" }, rows)),
  ];
}
