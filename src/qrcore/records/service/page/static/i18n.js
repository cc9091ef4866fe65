// English and Chinese. A document that the service wrote says its language; the page at / remembers the reader's choice.

import en from "./strings.en.js";
import zh from "./strings.zh.js";

const LANGUAGES = { en, zh };
const KEY = "qrcore.language";

let chosen = "en";

/** Takes the reader's choice, else the browser's first language that is here. */
export function guess() {
  const wanted = [localStorage.getItem(KEY), ...navigator.languages].map((tag) => tag?.slice(0, 2).toLowerCase());
  use(wanted.find((tag) => tag in LANGUAGES) ?? "en");
}

export function use(language) {
  chosen = language in LANGUAGES ? language : "en";
  document.documentElement.lang = chosen === "zh" ? "zh-CN" : "en";
}

export function remember(language) {
  localStorage.setItem(KEY, language);
  use(language);
}

export const language = () => chosen;

export const has = (key) => key in LANGUAGES[chosen];

/** The text of a key, with {name} filled in where `values` has it. */
export const t = (key, values = {}) => LANGUAGES[chosen][key].replace(/\{(\w+)\}/g, (mark, name) => values[name] ?? mark);

/** The reader's own form of the language, for numbers and times: "en-GB" and not just "en". */
const locale = () => navigator.languages.find((tag) => tag.toLowerCase().startsWith(chosen)) ?? chosen;

export const formatNumber = (n) => new Intl.NumberFormat(locale()).format(n);

export const formatTime = (moment, style = { dateStyle: "medium", timeStyle: "short" }) =>
  new Intl.DateTimeFormat(locale(), style).format(new Date(moment));

/** The name of a language, "German" for "de", where the browser has it. */
export function languageName(tag) {
  try {
    return new Intl.DisplayNames(chosen, { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
