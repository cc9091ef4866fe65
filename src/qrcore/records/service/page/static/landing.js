// The page of a code's links works without this. Where the code holds a secret, it leaves the address, and proves that
// the code is held when something is claimed.

import { claiming } from "./holder.js";
import { use } from "./i18n.js";
import { readSecret, takeFragment } from "./links.js";
import { canSeal } from "./seal.js";

const secret = readSecret(takeFragment());
const form = document.querySelector("form");
if (form && secret && canSeal()) {
  use(document.documentElement.lang.slice(0, 2));
  const { authority, ref } = form.dataset;
  form.closest("section").replaceWith(claiming({ authority, ref, secret }));
}
