// Building the page. All that a code or a record says goes in as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element: h("a", {href, class, onclick}, "text", child). Null, undefined and false are left out. */
export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

/** The same in SVG. */
export const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

let count = 0;

/** A labelled control: field("Title", h("input"), "a hint below it"). */
export function field(label, control, hint = null) {
  control.id ||= `field-${++count}`;
  if (hint) control.setAttribute("aria-describedby", `${control.id}-hint`);
  return h("p", { class: "field" },
    h("label", { for: control.id }, label), control,
    hint && h("small", { id: `${control.id}-hint` }, hint),
  );
}

/** A checkbox with its label beside it. */
export function check(label, control, hint = null) {
  control.type = "checkbox";
  return h("p", { class: "check" }, h("label", {}, control, h("span", {}, label)), hint && h("small", {}, hint));
}

/** Offers bytes or text as a file. */
export function download(name, type, content) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
