// Logging in: by the link that the service printed when it started, or by an API key.

import { address, call } from "./api.js";
import { field, h } from "./dom.js";
import { guess, t } from "./i18n.js";
import { action, explain } from "./problems.js";

guess();
const output = h("div", { "aria-live": "polite" });
const key = h("input", { type: "password", autocomplete: "off", required: true, spellcheck: false });

async function enter(json) {
  await call("POST", "session", { json });
  location.replace(address(""));
}

/** The token of a login link leaves the address before it is used; the link may also come while this page is open. */
function take() {
  const token = location.hash.slice(1);
  if (!token) return;
  history.replaceState(null, "", location.pathname);
  enter({ login: token }).catch((error) => output.replaceChildren(explain(error)));
}

document.title = `${t("login.title")} · qrcore`;
document.querySelector("main").replaceChildren(
  h("h1", {}, t("login.title")),
  h("p", {}, t("login.how")),
  h("form", { class: "finder" }, field(t("login.key"), key),
    action(t("login.enter"), output, () => enter({ key: key.value.trim() }), { type: "submit" })),
  output,
);
addEventListener("hashchange", take);
take();
