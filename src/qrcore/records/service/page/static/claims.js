// What was claimed of a record: to redeem one more, and to take one back.

import { call, newKey, pages, record } from "./api.js";
import { field, h } from "./dom.js";
import { formatNumber, formatTime, t } from "./i18n.js";
import { action, note } from "./problems.js";

export async function claimsView(state) {
  const left = h("p", { class: "left" });
  const list = h("ul", { class: "rows" });
  const output = h("div", { "aria-live": "polite" });
  const claimant = h("input", { maxlength: 255, autocomplete: "off", dir: "auto" });
  const qty = h("input", { type: "number", min: 1, value: 1, required: true });
  let key = newKey(); // the same until it is answered: a retry claims nothing twice

  for (const input of [claimant, qty]) input.addEventListener("input", () => (key = newKey()));

  async function refresh() {
    const { quota } = await call("GET", record(state.ref, "/claims?limit=1"));
    const claims = (await pages(record(state.ref, "/claims"), "claims")).reverse();
    left.textContent = quota ? leftOf(quota) : t("claims.none_possible");
    list.replaceChildren(...claims.map(show));
    return quota;
  }

  async function redeem() {
    const json = { qty: Number(qty.value), ...(claimant.value ? { claimant: claimant.value } : {}) };
    const receipt = await call("POST", record(state.ref, "/claims"), { json, key });
    key = newKey();
    await refresh();
    output.replaceChildren(...showReceipt(receipt));
  }

  async function takeBack(receipt) {
    if (!confirm(t("claims.void_sure", { ordinal: receipt.ordinal }))) return;
    await call("DELETE", `v1/claims/${encodeURIComponent(receipt.id)}`);
    await refresh();
    output.replaceChildren(note(t("claims.voided", { ordinal: receipt.ordinal })));
  }

  const show = (receipt) => h("li", {},
    h("span", { class: "name" }, h("b", {}, t("claims.number", { ordinal: receipt.ordinal })), " ",
      h("bdi", {}, receipt.claimant ?? ""), receipt.qty > 1 && ` × ${receipt.qty}`),
    h("span", { class: "where" }, formatTime(receipt.at), receipt.reveal && [" · ", h("bdi", {}, receipt.reveal)]),
    receipt.voided_at
      ? h("span", { class: "badge" }, t("claims.void_at", { at: formatTime(receipt.voided_at) }))
      : action(t("claims.void"), output, () => takeBack(receipt), { class: "quiet", "aria-label": t("claims.void_one", { ordinal: receipt.ordinal }) }),
  );

  const quota = await refresh();
  return h("div", {}, left,
    quota && h("form", { class: "finder" },
      field(t("claims.claimant"), claimant), h("div", { class: "number" }, field(t("claims.qty"), qty)),
      action(t("claims.redeem"), output, redeem, { type: "submit" })),
    output, list);
}

const leftOf = ({ max, used, left }) =>
  max === null
    ? t("claims.used", { used: formatNumber(used) })
    : t("claims.left", { used: formatNumber(used), max: formatNumber(max), left: formatNumber(left) });

/** A receipt, for the one who claimed. */
export const showReceipt = ({ ordinal, reveal, id }) => [
  note(t("claims.granted", { ordinal })),
  ...(reveal ? [h("p", { class: "reveal", dir: "auto" }, reveal)] : []),
  h("p", { class: "muted" }, t("claims.receipt", { id })),
];
