// A sealed code that was scanned: opened here. The first line takes the secret out of the address, so that nothing
// that follows (history, a shared address, a link's target) can hold it.

const fragment = takeFragment();

import { publishedKeys } from "./api.js";
import { showBody } from "./body.js";
import { h } from "./dom.js";
import { claiming } from "./holder.js";
import { t, use } from "./i18n.js";
import { readSecret } from "./links.js";
import { explain, note, Problem } from "./problems.js";
import { canSeal, openBody } from "./seal.js";

function takeFragment() {
  const found = location.hash.slice(1);
  history.replaceState(null, "", location.pathname + location.search);
  return found;
}

const main = document.querySelector("main");
const { authority, ref, version, sealed, label, schemes, quota } = JSON.parse(main.dataset.record);

async function show() {
  use(document.documentElement.lang.slice(0, 2));
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
  main.replaceChildren(
    ...[
      ...showBody(body, { label, schemes, heading: "h1" }),
      signed && note(t(`viewer.${signed}`), signed === "verified" ? "good" : "warn"),
      quota && secret && claiming({ authority, ref, secret }),
      h("p", { class: "muted" }, t(opened.sealed ? "viewer.opened" : "viewer.public", { authority })),
    ].flat(Infinity).filter(Boolean),
  );
  if (body.title) document.title = body.title;
}

show().catch((error) => main.replaceChildren(h("h1", {}, t("viewer.closed")), explain(error)));
