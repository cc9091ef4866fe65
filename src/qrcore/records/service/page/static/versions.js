// The history of a record: two versions as a diff, and going back to one. Sealed versions are opened here.

import { call, pages, publishedKeys, record, session } from "./api.js";
import { fromUtf8 } from "./bytes.js";
import { write } from "./content.js";
import { field, h } from "./dom.js";
import { formatTime, t } from "./i18n.js";
import { diffLines } from "./diff.js";
import { action } from "./problems.js";
import { encodeBody, openBody } from "./seal.js";

export async function versionsView(state) {
  const versions = (await pages(record(state.ref, "/versions"), "versions")).reverse();
  const opened = new Map();
  const output = h("div", { "aria-live": "polite" });
  const shown = h("div", { class: "diff", tabindex: 0, role: "region", "aria-label": t("versions.changes") });
  const head = versions[0].version;
  const from = choice(Math.max(head - 1, 1));
  const to = choice(head);

  function choice(version) {
    const select = h("select", { onchange: compare },
      versions.map((entry) => h("option", { value: entry.version }, t("codes.version", { version: entry.version }))));
    select.value = version;
    return select;
  }

  /** The body of a version; null where it was erased. */
  async function open(version) {
    if (!opened.has(version)) {
      const { body } = versions.find((entry) => entry.version === version);
      const context = { authority: session.authority, ref: state.ref, version };
      opened.set(version, body?.sealed ? (await openBody(body.sealed, state.secret, context, publishedKeys)).body : body);
    }
    return opened.get(version);
  }

  async function compare() {
    output.replaceChildren();
    const [before, after] = await Promise.all([from, to].map((select) => open(Number(select.value)).then(pretty)));
    const lines = diffLines(before, after);
    shown.replaceChildren(
      ...(lines.some(({ kind }) => kind !== "same") ? lines.map(showLine) : [h("p", {}, t("versions.equal"))]));
  }

  async function goBack(version) {
    if (state.opened) await write(state, await open(version), head);
    else await call("PUT", record(state.ref), { json: { rollback: version }, match: head });
    dispatchEvent(new HashChangeEvent("hashchange"));
  }

  const view = h("div", { class: "columns" },
    h("ol", { class: "rows" }, versions.map(({ version, author, at, body }) =>
      h("li", {},
        h("strong", {}, t("codes.version", { version })),
        h("span", { class: "where" }, [formatTime(at), author].filter(Boolean).join(" · ")),
        version !== head && body && !state.withdrawn && !state.opened?.signed && action(t("versions.back"), output, () => goBack(version), { class: "quiet" }),
      ))),
    h("div", {},
      h("div", { class: "pair" }, field(t("versions.from"), from), field(t("versions.to"), to)), output, shown),
  );
  await compare();
  return view;
}

/** A body as lines: as it is stored, indented. */
const pretty = (body) => (body ? JSON.stringify(JSON.parse(fromUtf8(encodeBody(body))), null, 2).split("\n") : []);

const SIGNS = { same: " ", added: "+", removed: "−" };

const showLine = ({ kind, line }) =>
  h(kind === "added" ? "ins" : kind === "removed" ? "del" : "span", {}, `${SIGNS[kind]} ${line}`);
