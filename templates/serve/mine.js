// One's own recordings: where each stands, with what can be done.

import { byId, clock, make } from "./shared.js";
import { ask, isSure, standing } from "./asking.js";

const AGAIN_MS = 3000;
let asking = 0;
/** @type {Map<string, string>} */
const states = new Map(); // what was shown last, so that only changes are said

/** Show the list, and again while something is at work. */
export async function showMine() {
  window.clearTimeout(asking);
  let jobs;
  try {
    jobs = (await ask("/api/jobs")).jobs.slice().reverse(); // the newest first
  } catch {
    asking = window.setTimeout(showMine, 3 * AGAIN_MS);
    return;
  }
  draw(jobs);
  const isBusy = jobs.some((/** @type {any} */ job) => job.state === "queued" || job.state === "running");
  if (isBusy) asking = window.setTimeout(showMine, document.hidden ? 5 * AGAIN_MS : AGAIN_MS);
}

/** Rows stay where they are, so that the focus does too. */
function draw(/** @type {any[]} */ jobs) {
  const list = byId("jobs");
  byId("mine-none").hidden = jobs.length > 0;
  const rows = new Map([...list.children].map((row) => [/** @type {HTMLElement} */ (row).dataset.id, row]));
  const wanted = jobs.map((job) => fill(/** @type {HTMLElement} */ (rows.get(job.id) ?? makeRow(job)), job));
  for (const row of list.children) if (!wanted.includes(/** @type {HTMLElement} */ (row))) row.remove();
  wanted.forEach((row, i) => list.children[i] !== row && list.insertBefore(row, list.children[i] ?? null));
  for (const job of jobs) {
    const before = states.get(job.id);
    states.set(job.id, job.state);
    if (before && before !== job.state && job.state !== "running") byId("mine-said").textContent = `${job.name}: ${standing(job)}.`;
  }
}

/** A row of the list. */
function makeRow(/** @type {any} */ job) {
  const link = /** @type {HTMLAnchorElement} */ (make("a", "job-name", job.name));
  link.href = `/jobs/${job.id}`;
  link.dir = "auto";
  const remove = make("button", "button small", "Delete");
  remove.type = "button";
  remove.setAttribute("aria-label", `Delete ${job.name}`);
  remove.addEventListener("click", () => removeJob(job));
  const bar = make("progress", "job-bar");
  bar.setAttribute("aria-label", `${job.name}: how far it is`);
  const row = make("li", "job-row", link, make("p", "job-state quiet"), remove, bar);
  row.dataset.id = job.id;
  return row;
}

/** Bring a row up to date. */
function fill(/** @type {HTMLElement} */ row, /** @type {any} */ job) {
  const state = /** @type {HTMLElement} */ (row.querySelector(".job-state"));
  const when = job.created ? ` · ${whenOf(job.created)}` : "";
  const length = job.duration_ms ? ` · ${clock(job.duration_ms)}` : "";
  const told = `${standing(job)}${length}${when}`;
  if (state.textContent !== told) state.textContent = told;
  row.className = `job-row ${job.state}`;
  const bar = /** @type {HTMLProgressElement} */ (row.querySelector(".job-bar"));
  bar.hidden = job.state !== "running";
  if (job.stage) bar.value = job.stage.share;
  else bar.removeAttribute("value");
  return row;
}

/** `today, 14:05`, or the day. */
function whenOf(/** @type {string|number} */ created) {
  const then = new Date(typeof created === "number" ? created * 1000 : created);
  const time = then.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return then.toDateString() === new Date().toDateString() ? `today, ${time}` : `${then.toLocaleDateString()}, ${time}`;
}

/** Delete a job once it is sure. */
async function removeJob(/** @type {{id: string, name: string}} */ { id, name }) {
  if (!(await isSure(`“${name}” with its words and results is removed from the server.`))) return;
  try {
    await ask(`/api/jobs/${id}`, { method: "DELETE" });
    byId("mine-said").textContent = `${name} is deleted.`;
  } catch (error) {
    byId("mine-said").textContent = /** @type {Error} */ (error).message;
  }
  await showMine();
  const next = /** @type {HTMLElement|null} */ (document.querySelector(".job-name"));
  (next ?? byId("mine-title")).focus();
}
