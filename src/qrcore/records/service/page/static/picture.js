// The picture of a code: as SVG in the page, and as a file, SVG or PNG.

import { download, h, s } from "./dom.js";
import { t } from "./i18n.js";
import { encode } from "./qr.js";

const QUIET = 4; // modules of light around a code
const SCALE = 8; // pixels a module, in files

/** One path of all dark modules, runs in a row joined. */
function path(modules) {
  let out = "";
  modules.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      const start = x;
      while (row[x]) x++;
      if (x > start) out += `M${start + QUIET} ${y + QUIET}h${x - start}v1h-${x - start}z`;
    }
  });
  return out;
}

/** The code of a text, with buttons to save it. `name` is the file's, without ending. */
export function picture(text, name) {
  const modules = encode(text);
  const size = modules.length + 2 * QUIET;
  const drawn = path(modules);
  const view = s("svg", { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": t("picture.label"), class: "code" },
    s("rect", { width: size, height: size, fill: "#fff" }), s("path", { d: drawn, fill: "#000" }));
  const svg = () => download(`${name}.svg`, "image/svg+xml",
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size * SCALE}" height="${size * SCALE}" viewBox="0 0 ${size} ${size}">` +
    `<path fill="#fff" d="M0 0h${size}v${size}H0z"/><path d="${drawn}"/></svg>\n`);
  const png = async () => download(`${name}.png`, "image/png", await raster(modules, size));
  return h("div", { class: "picture" }, view,
    h("p", { class: "buttons" },
      h("button", { type: "button", onclick: svg }, "SVG"), h("button", { type: "button", onclick: png }, "PNG")));
}

async function raster(modules, size) {
  const canvas = new OffscreenCanvas(size * SCALE, size * SCALE);
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "#000";
  modules.forEach((row, y) => row.forEach((dark, x) => {
    if (dark) context.fillRect((x + QUIET) * SCALE, (y + QUIET) * SCALE, SCALE, SCALE);
  }));
  return canvas.convertToBlob({ type: "image/png" });
}
