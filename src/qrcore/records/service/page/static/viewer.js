// A sealed code that was scanned: opened here. First of all the secret leaves the address, so that nothing that follows
// (history, a shared address, a link's target) can hold it.

import { publishedKeys } from "./api.js";
import { showBody } from "./body.js";
import { h } from "./dom.js";
import { claiming } from "./holder.js";
import { t, use } from "./i18n.js";
import { readSecret, takeFragment } from "./links.js";
import { explain, Problem, showSigned } from "./problems.js";
import { canSeal, openBody } from "./seal.js";

const main = document.querySelector("main");
const { authority, ref, version, sealed, label, rules, quota } = JSON.parse(main.dataset.record);

async function open(fragment) {
  if (!canSeal()) throw new Problem("page.insecure");
  const secret = fragment ? readSecret(fragment) : null;
  if (fragment && !secret) throw new Problem("page.no_secret");
  let opened;
  try {
    opened = await openBody(sealed, secret, { authority, ref, version }, publishedKeys);
  } catch (error) {
    throw error.code === "seal.invalid" && !secret ? new Problem("page.no_secret") : error;
  }
  const { body, signed } = opened;
  if (body.title) document.title = body.title;
  return [
    ...showBody(body, { label, rules, level: 1 }),
    signed && showSigned(signed),
    quota && secret && claiming({ authority, ref, secret }),
    h("p", { class: "muted" }, t(opened.sealed ? "viewer.opened" : "viewer.public", { authority })),
  ];
}

async function show() {
  const fragment = takeFragment();
  let content;
  try {
    content = await open(fragment);
  } catch (error) {
    content = [h("h1", {}, t("viewer.closed")), explain(error)];
  }
  main.replaceChildren(...content.flat(Infinity).filter(Boolean));
}

use(document.documentElement.lang.slice(0, 2));
addEventListener("hashchange", () => location.hash && show()); // the same code scanned again, in the same tab
show();
