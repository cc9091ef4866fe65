// Making a code: an open one, or one that is sealed here, whose secret the service never sees.

import { call, newKey, secrets, session } from "./api.js";
import { toBase64 } from "./bytes.js";
import { check, field, h } from "./dom.js";
import { editor } from "./editor.js";
import { t } from "./i18n.js";
import { newRef, newSecret, writeLink } from "./links.js";
import { picture } from "./picture.js";
import { action, note } from "./problems.js";
import { canSeal, claimToken, sealBody, tokenHash } from "./seal.js";

export function makeView() {
  const form = editor({});
  form.add({}, true);
  const more = options();
  const sealing = h("input", { disabled: !canSeal() });
  const output = h("div");
  const result = h("section", { "aria-live": "polite" });
  let pending = null; // what was tried last: a retry of the same content uses its key again

  async function make() {
    const body = form.read();
    const wanted = JSON.stringify([body, more.read(), sealing.checked]);
    if (pending?.wanted !== wanted) pending = { wanted, key: newKey(), ...(await envelope(body)) };
    const created = await call("POST", "v1/records", { json: pending.json, key: pending.key });
    if (pending.secret) secrets.set(created.ref, pending.secret);
    const { secret } = pending;
    pending = null;
    result.replaceChildren(
      h("h2", { tabindex: -1 }, t("make.done")),
      ...(secret ? [note(t("make.keep"), "warn")] : []),
      showCodes(created, secret),
      h("p", {}, h("a", { href: `#codes/${created.ref}` }, t("make.edit"))),
    );
    result.querySelector("h2").focus();
  }

  async function envelope(body) {
    const json = { ...more.read(), body };
    if (!sealing.checked) return { json, secret: null };
    const [ref, secret, { authority }] = [newRef(), newSecret(), session];
    if (json.quota) json.quota.token = toBase64(await tokenHash(await claimToken(secret, authority, ref)));
    return { secret, json: { ...json, ref, body: await sealBody(body, secret, { authority, ref, version: 1 }) } };
  }

  const button = action(t("make.make"), output, make, { type: "submit" });
  return h("div", { class: "columns" },
    h("section", {},
      h("h1", {}, t("nav.make")),
      h("form", {},
        form.element,
        more.element,
        check(t("make.seal"), sealing, canSeal() ? t("make.seal_hint") : t("error.page.insecure")),
        h("p", { class: "buttons" }, button), output,
      ),
    ),
    result,
  );
}

/** What is optional: places, a quota, times. */
function options() {
  const places = h("textarea", { rows: 3, dir: "auto" });
  const most = h("input", { type: "number", min: 1 });
  const each = h("input", { type: "number", min: 1 });
  const window = h("input", { type: "number", min: 1 });
  const reveal = h("textarea", { rows: 3, dir: "auto" });
  const begin = h("input", { type: "datetime-local" });
  const end = h("input", { type: "datetime-local" });
  const element = h("details", {}, h("summary", {}, t("make.more")),
    field(t("make.places"), places, t("make.places_hint")),
    h("div", { class: "pair" }, field(t("make.not_before"), begin), field(t("make.not_after"), end)),
    field(t("make.max"), most, t("make.max_hint")),
    h("div", { class: "pair" }, field(t("make.per_claimant"), each), field(t("make.window"), window)),
    field(t("make.reveal"), reveal, t("make.reveal_hint")),
  );
  const lines = ({ value }) => value.split("\n").map((line) => line.trim()).filter(Boolean);
  const moment = ({ value }) => new Date(value).toISOString();
  return {
    element,
    read() {
      const quota = {};
      if (most.value) quota.max = Number(most.value);
      if (each.value) quota.per_claimant = Number(each.value);
      if (window.value) quota.window = 3600 * Number(window.value);
      if (lines(reveal).length) quota.reveal = lines(reveal);
      return {
        ...(lines(places).length ? { aliases: lines(places).map((label) => ({ label })) } : {}),
        ...(Object.keys(quota).length ? { quota } : {}),
        ...(begin.value ? { not_before: moment(begin) } : {}),
        ...(end.value ? { not_after: moment(end) } : {}),
      };
    },
  };
}

/** The pictures of a record's codes: its own, and one for each place. */
export function showCodes({ ref, aliases = [] }, secret) {
  const printed = [{ ref, label: "" }, ...aliases];
  return h("div", { class: "printed" }, printed.map(({ ref: own, label }) =>
    h("article", { class: "card" },
      label && h("p", { class: "place", dir: "auto" }, label),
      picture(writeLink(session.authority, own, secret), own),
      h("p", { class: "text" }, writeLink(session.authority, own, null), secret && t("make.and_key")),
    )));
}
