// A form for a body: title, links, which of them opens by itself, data. What it does not show it keeps.

import { field, h } from "./dom.js";
import { t } from "./i18n.js";
import { parseJson } from "./bytes.js";
import { Problem } from "./problems.js";

const RELATIONS = ["about", "payment", "alternate", "terms-of-service", "privacy-policy", "help", "license", "gs1:pip"];

/** {element, read}: `read()` gives the body as it stands in the form. */
export function editor(body) {
  const title = h("input", { value: body.title ?? "", maxlength: 512, dir: "auto" });
  const rows = h("div");
  const page = h("input", { type: "radio", name: "default", checked: true });
  const entries = [];

  function add(link = {}, isDefault = false) {
    const entry = {
      link,
      href: h("input", { type: "url", value: link.href ?? "", placeholder: "https://", required: true, spellcheck: false }),
      title: h("input", { value: link.title ?? "", maxlength: 512, dir: "auto" }),
      rel: h("input", { value: link.rel ?? "about", list: "relations", spellcheck: false }),
      hreflang: h("input", { value: (link.hreflang ?? []).join(" "), placeholder: "en zh-CN", spellcheck: false }),
      first: h("input", { type: "radio", name: "default", checked: isDefault }),
    };
    entry.element = h("fieldset", {},
      h("legend", {}, t("editor.link")),
      field(t("editor.href"), entry.href),
      field(t("editor.link_title"), entry.title),
      h("div", { class: "pair" }, field(t("editor.rel"), entry.rel), field(t("editor.hreflang"), entry.hreflang)),
      h("p", { class: "check" },
        h("label", {}, entry.first, h("span", {}, t("editor.default"))),
        h("button", { type: "button", class: "quiet", onclick: () => remove(entry) }, t("editor.remove")),
      ),
    );
    if (isDefault) page.checked = false;
    entries.push(entry);
    rows.append(entry.element);
    return entry;
  }

  function remove(entry) {
    if (entry.first.checked) page.checked = true;
    entries.splice(entries.indexOf(entry), 1);
    entry.element.remove();
  }

  (body.links ?? []).forEach((link, i) => add(link, i === body.default));
  const text = body.data && Object.keys(body.data).length ? JSON.stringify(body.data, null, 2) : "";
  const data = h("textarea", { rows: text ? 6 : 2, spellcheck: false, value: text });
  const element = h("div", { class: "editor" },
    h("datalist", { id: "relations" }, RELATIONS.map((rel) => h("option", { value: rel }))),
    field(t("editor.title"), title),
    rows,
    h("p", {}, h("button", { type: "button", class: "quiet", onclick: () => add().href.focus() }, t("editor.add"))),
    h("p", { class: "check" }, h("label", {}, page, h("span", {}, t("editor.page")))),
    h("details", { open: text !== "" }, h("summary", {}, t("editor.data")), field(t("editor.data_json"), data)),
  );
  return { element, add, read };

  function read() {
    const links = entries.map(({ link, href, title: name, rel, hreflang }) => ({
      ...link,
      rel: rel.value.trim() || "about",
      href: href.value.trim(),
      title: name.value.trim(),
      hreflang: hreflang.value.split(/[\s,]+/).filter(Boolean),
    }));
    const first = entries.findIndex((entry) => entry.first.checked);
    return { title: title.value.trim(), links, default: first < 0 ? null : first, data: readData() };
  }

  function readData() {
    if (!data.value.trim()) return {};
    try {
      const found = parseJson(data.value);
      if (typeof found === "object" && found !== null && !Array.isArray(found)) return found;
    } catch {
      // said below
    }
    throw new Problem("page.data");
  }
}
