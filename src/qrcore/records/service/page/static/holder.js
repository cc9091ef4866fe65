// Claiming by whoever holds a code: a token that follows from its secret proves it, and the secret stays here.

import { address, call, newKey, record } from "./api.js";
import { showReceipt } from "./claims.js";
import { field, h } from "./dom.js";
import { t } from "./i18n.js";
import { action } from "./problems.js";
import { claimToken } from "./seal.js";

/** The form. The key of a try outlives a reload, so that a lost answer costs nothing. */
export function claiming({ authority, ref, secret }) {
  const output = h("div", { "aria-live": "polite" });
  const claimant = h("input", { maxlength: 255, autocomplete: "name", dir: "auto" });
  const kept = `qrcore.claim.${address("")}${ref}`;
  const claim = async () => {
    const json = claimant.value ? { claimant: claimant.value } : {};
    const [key, asked] = JSON.parse(sessionStorage.getItem(kept)) ?? [newKey(), JSON.stringify(json)];
    sessionStorage.setItem(kept, JSON.stringify([key, asked]));
    try {
      const token = await claimToken(secret, authority, ref);
      const receipt = await call("POST", record(ref, "/claims"), { json: JSON.parse(asked), key, token, authority });
      output.replaceChildren(...showReceipt(receipt));
      form.remove();
    } catch (error) {
      if (error.status >= 400 && error.status < 500) sessionStorage.removeItem(kept); // answered, and nothing granted
      throw error;
    }
  };
  const form = h("form", {},
    field(t("viewer.claimant"), claimant, t("viewer.claimant_hint")),
    action(t("viewer.claim"), output, claim, { type: "submit" }));
  return h("section", {}, h("h2", {}, t("viewer.claim_title")), form, output);
}
