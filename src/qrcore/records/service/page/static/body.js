// What a record says, for a reader: title, links by relation with the reader's language first, data.

import { h } from "./dom.js";
import { has, language, languageName, t } from "./i18n.js";
import { fillLabel, hostOf, isSafe } from "./links.js";

/** The name of a relation: "Payment" for "payment"; one that we do not know stands as it is. */
export const relationName = (rel) => (has(`rel.${rel}`) ? t(`rel.${rel}`) : rel);

/** A body as elements, its title a heading of that level. Links that may not be shown are left out, as the service leaves them out. */
export function showBody({ title = "", links = [], data = {} }, { label = "", rules, level = 2 } = {}) {
  return [
    title && h(`h${level}`, { dir: "auto" }, title),
    label && h("p", { class: "muted", dir: "auto" }, label),
    showLinks(links, label, rules, `h${level + 1}`),
    showData(data),
  ];
}

function showLinks(links, label, rules, heading) {
  const shown = links.filter((link) => isSafe(link.href, rules));
  const relations = [...new Set(shown.map((link) => link.rel ?? "about"))];
  return relations.map((rel) =>
    h("section", { class: "relation" },
      h(heading, { dir: "auto" }, relationName(rel)),
      h("ul", { class: "links" },
        shown.filter((link) => (link.rel ?? "about") === rel).sort((a, b) => foreign(a) - foreign(b))
          .map((link) => h("li", {}, showLink(link, label))),
      ),
    ),
  );
}

/** Whether a link is in languages other than the reader's. */
const foreign = ({ hreflang = [] }) => hreflang.length > 0 && !hreflang.some((tag) => tag.toLowerCase().startsWith(language()));

function showLink({ href, title = "", hreflang = [] }, label) {
  const target = fillLabel(href, label);
  const host = hostOf(target);
  return h("a", { href: target, rel: "noreferrer noopener", hreflang: hreflang[0] },
    h("span", { class: "name", dir: "auto" }, title || host || target),
    h("span", { class: "where" }, [host || target, ...hreflang.map(languageName)].join(" · ")),
  );
}

/** Members of the data but `names`, which is for resolvers. */
function showData(data) {
  const members = Object.entries(data).filter(([name]) => name !== "names");
  return members.length > 0 && h("dl", { class: "data" }, members.map(([name, value]) => row(name, value)));
}

/** A term and its value: text as it is, anything else as JSON. */
export const row = (name, value) => [
  h("dt", { dir: "auto" }, name),
  h("dd", { dir: "auto" }, typeof value === "string" ? value : JSON.stringify(value)),
];
