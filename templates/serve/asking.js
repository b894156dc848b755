// Talking to the server, and what its numbers are to people.

const SILENT = "The server does not answer. Try again in a moment.";
const KB = 1000;

/** Ask for JSON; an Error with one plain sentence where there is none. */
export async function ask(/** @type {string} */ address, /** @type {RequestInit} */ options = {}) {
  let answer;
  try {
    answer = await fetch(address, { headers: { Accept: "application/json" }, ...options });
  } catch {
    throw new Error(SILENT);
  }
  const told = answer.status === 204 ? {} : await answer.json().catch(() => null);
  if (!answer.ok) throw Object.assign(new Error(sentence(told)), { status: answer.status });
  if (told === null) throw new Error("The server answered with something that this page cannot read.");
  return told;
}

/** What went wrong, as the server says it. */
export function sentence(/** @type {any} */ told) {
  return asSentence(typeof told?.error === "string" ? told.error : "") || "The server refused it, and did not say why.";
}

/** A message as a sentence of its own: `it is too large` becomes `It is too large.` */
export function asSentence(/** @type {string} */ text) {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return !whole || /[.!?…]$/.test(whole) ? whole : `${whole}.`;
}

/** A size: `312 kB`, `48 MB`. */
export function size(/** @type {number} */ bytes) {
  if (bytes < KB) return `${bytes} bytes`;
  for (const [unit, scale] of /** @type {[string, number][]} */ ([["GB", KB ** 3], ["MB", KB ** 2]])) {
    if (bytes >= scale) return `${(bytes / scale).toFixed(bytes < 10 * scale ? 1 : 0)} ${unit}`;
  }
  return `${Math.round(bytes / KB)} kB`;
}

/** A wait, not more exact than it is: `a few seconds`, `about 2 minutes`. */
export function wait(/** @type {number} */ seconds) {
  if (seconds < 15) return "a few seconds";
  if (seconds < 55) return `about ${Math.ceil(seconds / 10) * 10} seconds`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `about ${minutes} minute${minutes === 1 ? "" : "s"}`;
  return `about ${Math.round(minutes / 60)} hours`;
}

/** Where a job stands, in a few words. */
export function standing(/** @type {{state: string, place?: number|null, eta_s?: number|null}} */ job) {
  const left = Number.isFinite(job.eta_s) ? `, ${wait(/** @type {number} */ (job.eta_s))} left` : "";
  if (job.state === "queued") {
    const ahead = (job.place ?? 1) - 1;
    return ahead > 0 ? `Waiting: ${ahead} before it${left}` : `Next in the queue${left}`;
  }
  if (job.state === "running") return `At work${left}`;
  return job.state === "done" ? "Done" : "It could not be finished";
}

/** Ask whether to delete; true if so. */
export function isSure(/** @type {string} */ text) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("sure"));
  /** @type {HTMLElement} */ (document.getElementById("sure-text")).textContent = text;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((decide) => dialog.addEventListener("close", () => decide(dialog.returnValue === "yes"), { once: true }));
}

/** Show what went wrong, or nothing. */
export function tell(/** @type {HTMLElement} */ place, /** @type {string} */ text) {
  place.textContent = text;
  place.hidden = !text;
}
