// Following a job: the server's events, which come back by themselves; where none come, questions.

import { ask } from "./asking.js";

const NAMES = ["state", "stage", "note", "recognized", "words", "readings", "done", "failed"];
const AGAIN_MS = 3000;
const UNSEEN_MS = 15_000; // nobody looks: it is enough to know the end
const PATIENCE = 3; // attempts in a row that reach nobody, then it asks instead

/**
 * Follow a job until it is done or failed.
 * @param {string} id
 * @param {{event: (name: string, data: any) => void, job: (job: any) => void, lost: (text: string) => void}} told
 */
export function follow(id, told) {
  const address = `/api/jobs/${encodeURIComponent(id)}`;
  /** @type {EventSource|null} */
  let source = null;
  let breaks = 0;
  let timer = 0;
  let isOver = false;
  let turn = 0; // grows when the way of following changes: an answer of before counts no more

  // A browser has six connections to a server, for all tabs together: those that nobody sees give theirs back.
  function look() {
    source?.close();
    window.clearTimeout(timer);
    turn += 1;
    if (isOver) return;
    if (document.hidden || !("EventSource" in window)) poll();
    else listen();
  }

  function listen() {
    source = new EventSource(`${address}/events`);
    for (const name of NAMES) source.addEventListener(name, (event) => hear(name, JSON.parse(/** @type {MessageEvent} */ (event).data)));
    source.addEventListener("open", () => {
      breaks = 0;
      told.lost("");
    });
    source.addEventListener("error", () => {
      breaks += 1;
      // A stream that the server ends is opened again by the browser; one that it refuses is not.
      if (source?.readyState !== EventSource.CLOSED && breaks < PATIENCE) return;
      source?.close();
      poll();
    });
  }

  function hear(/** @type {string} */ name, /** @type {any} */ data) {
    told.event(name, data);
    if (name === "done" || name === "failed") stop();
  }

  async function poll() {
    if (isOver) return;
    const mine = turn;
    try {
      const job = await ask(document.hidden ? `${address}?document=0` : address);
      if (mine !== turn) return;
      told.lost("");
      if (job.state === "done" || job.state === "failed") hear(job.state, {});
      else told.job(job);
    } catch (error) {
      if (mine !== turn) return;
      const { status, message } = /** @type {{status?: number, message: string}} */ (error);
      told.lost(message);
      if (status === 404) stop();
    }
    if (!isOver) timer = window.setTimeout(poll, document.hidden ? UNSEEN_MS : AGAIN_MS);
  }

  function stop() {
    isOver = true;
    source?.close();
    window.clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
  }
  document.addEventListener("visibilitychange", look);
  look();
  return stop;
}
