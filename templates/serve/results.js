// What can be taken home, and other looks of it.

import { byId, make } from "./shared.js";
import { ask, size, tell } from "./asking.js";
import { addFields, chosen } from "./fields.js";

/**
 * @typedef {Record<string, {url: string, bytes: number|null}>} Results
 */

/** List the results by kind, those that most people want first. */
export function showResults(/** @type {Results} */ results, /** @type {Record<string, [string, string]>} */ kinds) {
  const known = Object.keys(kinds).filter((kind) => kind in results);
  const others = Object.keys(results).filter((kind) => !(kind in kinds));
  byId("downloads").replaceChildren(...[...known, ...others].map((kind) => row(kind, results[kind], kinds[kind] ?? [kind, ""])));
}

/** A result with its size, which is not known where corrections wait to be drawn. */
function row(/** @type {string} */ kind, /** @type {{url: string, bytes: number|null}} */ { url, bytes }, /** @type {[string, string]} */ [title, about]) {
  const link = /** @type {HTMLAnchorElement} */ (make("a", "download", make("span", "download-name", title), make("span", "download-size quiet", bytes === null ? "with your corrections" : size(bytes))));
  link.href = url;
  link.download = "";
  link.dataset.kind = kind;
  return make("li", "", link, make("p", "quiet", about));
}

/**
 * Wire the form of other looks.
 * @param {string} id
 * @param {import("./fields.js").Field[]} fields
 * @param {{results: (results: Results) => void, queued: () => void}} told
 */
export function listenToRestyle(id, fields, told) {
  const form = /** @type {HTMLFormElement} */ (byId("restyle-form"));
  addFields(byId("restyle-options"), fields);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = /** @type {HTMLButtonElement} */ (byId("restyle-send"));
    // All of them: what differs from the defaults of a new job says nothing about this one.
    const values = Object.fromEntries(chosen(form, fields.map((field) => ({ ...field, value: "\0" }))));
    tell(byId("restyle-problem"), "");
    if (values.to === "") {
      tell(byId("restyle-problem"), "Choose at least one kind of result.");
      return;
    }
    byId("restyle-said").textContent = "Drawing …";
    button.disabled = true;
    try {
      const answer = await ask(`/api/jobs/${encodeURIComponent(id)}/restyle`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify(values),
      });
      byId("restyle-said").textContent = answer.results ? "Done: the results above are new." : "Pictures take longer: it is in the queue.";
      if (answer.results) told.results(answer.results);
      else told.queued();
    } catch (error) {
      byId("restyle-said").textContent = "";
      tell(byId("restyle-problem"), /** @type {Error} */ (error).message);
    } finally {
      button.disabled = false;
    }
  });
}
