// Logging in: by the link that the service printed when it started, or by an API key.

const token = location.hash.slice(1);
history.replaceState(null, "", location.pathname);

import { address, call } from "./api.js";
import { field, h } from "./dom.js";
import { guess, t } from "./i18n.js";
import { action, explain } from "./problems.js";

guess();
const main = document.querySelector("main");
const output = h("div", { "aria-live": "polite" });
const key = h("input", { type: "password", autocomplete: "off", required: true, spellcheck: false });

async function enter(json) {
  await call("POST", "session", { json });
  location.replace(address(""));
}

main.replaceChildren(
  h("h1", {}, t("login.title")),
  h("p", {}, t("login.how")),
  h("form", { class: "finder" }, field(t("login.key"), key),
    action(t("login.enter"), output, () => enter({ key: key.value.trim() }), { type: "submit" })),
  output,
);
if (token) enter({ login: token }).catch((error) => output.replaceChildren(explain(error)));
