// Scans of a record as a plot: a row for each place, a bar for each hour, all on one scale.

import { pages, record } from "./api.js";
import { field, h, s } from "./dom.js";
import { formatNumber, formatTime, t } from "./i18n.js";

const HOUR = 3600e3;
const RANGES = [1, 7, 30]; // days

export async function scansView(state) {
  const plot = h("div");
  const range = h("select", { onchange: () => draw() },
    RANGES.map((days) => h("option", { value: days }, t("scans.days", { days }))));
  range.value = 7;

  async function draw() {
    const end = (Math.floor(Date.now() / HOUR) + 1) * HOUR;
    const begin = end - 24 * HOUR * Number(range.value);
    const query = new URLSearchParams({ since: new Date(begin).toISOString(), until: new Date(end).toISOString() });
    const counts = await pages(`${record(state.ref, "/stats")}?${query}`, "counts", 100_000);
    plot.replaceChildren(...(counts.length ? show(byPlace(counts), begin, end) : [h("p", {}, t("scans.none"))]));
  }

  await draw();
  return h("div", {}, h("div", { class: "short" }, field(t("scans.range"), range)), plot);
}

/** {place: {hour: n}}, the most scanned place first. A place is the label of a printed code. */
function byPlace(counts) {
  const places = new Map();
  for (const { label, ref, hour, n } of counts) {
    const name = label || ref;
    const hours = places.get(name) ?? places.set(name, new Map()).get(name);
    const at = Date.parse(hour);
    hours.set(at, (hours.get(at) ?? 0) + n);
  }
  return new Map([...places].sort(([, a], [, b]) => total(b) - total(a)));
}

const total = (hours) => [...hours.values()].reduce((sum, n) => sum + n, 0);

function show(places, begin, end) {
  const most = Math.max(...[...places.values()].flatMap((hours) => [...hours.values()]));
  const hours = (end - begin) / HOUR;
  const rows = [...places].map(([name, counts]) => h("figure", { class: "plot" },
    h("figcaption", {}, h("span", { dir: "auto" }, name), h("strong", {}, formatNumber(total(counts)))),
    s("svg", { viewBox: `0 0 ${hours} 100`, preserveAspectRatio: "none", role: "img", "aria-label": t("scans.plot", { name, count: formatNumber(total(counts)) }) },
      midnights(begin, end).map((at) => s("path", { class: "grid", d: `M${(at - begin) / HOUR} 0v100` })),
      [...counts].map(([at, n]) => {
        const tall = Math.max(1, (100 * n) / most);
        return s("rect", { x: (at - begin) / HOUR + 0.05, y: 100 - tall, width: 0.9, height: tall },
          s("title", {}, `${formatHour(at)}: ${formatNumber(n)}`));
      }),
    ),
  ));
  return [
    ...rows,
    h("p", { class: "axis" }, h("span", {}, formatHour(begin)), h("span", {}, t("scans.most", { count: formatNumber(most) })), h("span", {}, formatHour(end))),
    h("details", {}, h("summary", {}, t("scans.table")), table(places)),
  ];
}

/** The midnights, in the reader's time, between two moments. */
function midnights(begin, end) {
  const out = [];
  const day = new Date(begin);
  day.setHours(24, 0, 0, 0);
  for (; day < end; day.setDate(day.getDate() + 1)) out.push(day.getTime());
  return out;
}

const formatHour = (at) => formatTime(at, { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });

function table(places) {
  const rows = [...places].flatMap(([name, hours]) => [...hours].sort(([a], [b]) => a - b).map(([at, n]) => [name, at, n]));
  return h("table", {},
    h("thead", {}, h("tr", {}, ["scans.place", "scans.hour", "scans.count"].map((key) => h("th", { scope: "col" }, t(key))))),
    h("tbody", {}, rows.map(([name, at, n]) =>
      h("tr", {}, h("td", { dir: "auto" }, name), h("td", {}, formatHour(at)), h("td", { class: "n" }, formatNumber(n))))),
  );
}
