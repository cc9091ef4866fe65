// What a record says now, to be changed: the new version names the one that it replaces.

import { call, record, session } from "./api.js";
import { showBody } from "./body.js";
import { h } from "./dom.js";
import { editor } from "./editor.js";
import { t } from "./i18n.js";
import { action, note } from "./problems.js";
import { sealBody } from "./seal.js";

export async function contentView(state) {
  const body = state.opened?.body ?? state.body;
  const fixed = state.withdrawn ? "codes.gone" : state.opened?.signed ? "content.signed" : null;
  if (fixed) return h("div", {}, note(t(fixed), "plain"), body && showBody(body));
  const form = editor(body);
  const output = h("div", { "aria-live": "polite" });
  let { version } = state;

  async function save() {
    const { version: now } = await write(state, form.read(), version);
    version = now;
    output.replaceChildren(note(t("content.saved", { version })));
  }

  async function retire() {
    if (!confirm(t("content.retire_sure"))) return;
    await call("DELETE", record(state.ref), { match: version });
    location.hash = "codes";
  }

  return h("form", { class: "narrow" },
    form.element,
    state.opened && h("p", { class: "muted" }, t("content.sealed")),
    h("p", { class: "buttons" },
      action(t("content.save"), output, save, { type: "submit" }),
      action(t("content.retire"), output, retire, { class: "quiet" }),
    ),
    output,
  );
}

/** Writes a body over version `version`; one that was sealed is sealed anew, for the version that it becomes. */
export async function write({ ref, opened, secret }, body, version) {
  const context = { authority: session.authority, ref, version: version + 1 };
  const stored = opened ? await sealBody(body, secret, context) : body;
  return call("PUT", record(ref), { json: { body: stored }, match: version });
}
