// The page at /: which part is shown follows the fragment of its address (#read, #make, #codes/REF/versions).

import { address, call, login, session } from "./api.js";
import { codesView, recordView } from "./codes.js";
import { h } from "./dom.js";
import { guess, language, remember, t } from "./i18n.js";
import { makeView } from "./make.js";
import { explain } from "./problems.js";
import { readView } from "./read.js";

const header = document.querySelector("header");
const main = document.querySelector("main");
const PARTS = ["read", "make", "codes"];
let reading = null; // the part where pictures are read keeps what was read
let turn = 0;

function showHeader(part) {
  const languages = h("select", { "aria-label": t("language"), onchange: changeLanguage },
    h("option", { value: "en", lang: "en" }, "English"), h("option", { value: "zh", lang: "zh-CN" }, "中文"));
  languages.value = language();
  header.replaceChildren(
    h("p", { class: "brand" }, h("strong", {}, "qrcore"), h("span", { class: "where" }, session.authority)),
    h("nav", { "aria-label": t("nav") }, PARTS.map((name) =>
      h("a", { href: `#${name}`, "aria-current": name === part ? "page" : null }, t(`nav.${name}`)))),
    h("p", { class: "tools" }, languages, h("button", { type: "button", class: "quiet", onclick: leave }, t("logout"))),
  );
  document.title = `${t(`nav.${part}`)} · qrcore`;
}

function changeLanguage(event) {
  remember(event.target.value);
  reading = null;
  show();
}

async function leave() {
  await call("DELETE", "session");
  location.replace(address("login"));
}

function view(part, ref, tab) {
  if (part === "make") return makeView();
  if (part === "codes") return ref ? recordView(ref, tab) : codesView();
  return (reading ??= readView());
}

async function show() {
  const mine = ++turn;
  const [name, ref, tab] = location.hash.slice(1).split("/").map(decodeURIComponent);
  const part = PARTS.includes(name) ? name : "read";
  showHeader(part);
  let content;
  try {
    content = await view(part, ref, tab);
  } catch (error) {
    if (error.status === 401) return location.replace(address("login"));
    content = explain(error);
  }
  if (mine === turn) main.replaceChildren(content);
}

guess();
try {
  if (await login()) {
    addEventListener("hashchange", show);
    await show();
  } else {
    location.replace(address("login"));
  }
} catch (error) {
  main.replaceChildren(explain(error));
}
