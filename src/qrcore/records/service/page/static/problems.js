// What went wrong, for a person: by the stable code of the service's problem documents (RFC 9457).

import { h } from "./dom.js";
import { has, t } from "./i18n.js";

export class Problem extends Error {
  constructor(code, { status = 0, detail = "", retry_after: retryAfter = null } = {}) {
    super(detail || code);
    Object.assign(this, { code, status, detail, retryAfter });
  }
}

/** A notice of what went wrong. */
export function explain(error) {
  const code = error?.code ?? "";
  const known = has(`error.${code}`);
  const detail = known && code !== "write.invalid" ? "" : (error.detail ?? error.message);
  return h("p", { class: "notice bad", role: "alert" },
    known ? t(`error.${code}`) : t("error"),
    detail && h("span", { dir: "auto" }, ` ${detail}`),
    error?.retryAfter && ` ${t("error.retry", { seconds: Math.ceil(error.retryAfter) })}`,
  );
}

export const note = (text, kind = "good") => h("p", { class: `notice ${kind}`, role: "status" }, text);

/** What became of a signature: "verified" or "unchecked". */
export const showSigned = (signed) => note(t(`viewer.${signed}`), signed === "verified" ? "good" : "warn");

/** Runs what a button does: once at a time, its error shown in `output`. */
export function action(label, output, run, attributes = {}) {
  const button = h("button", { type: "button", ...attributes }, label);
  button.addEventListener("click", async (event) => {
    event.preventDefault();
    if (button.type === "submit" && !button.form.reportValidity()) return;
    button.disabled = true;
    output.replaceChildren();
    try {
      await run();
    } catch (error) {
      output.replaceChildren(explain(error));
    } finally {
      button.disabled = false;
    }
  });
  return button;
}
