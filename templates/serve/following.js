// Following a job: the server's events, which come back by themselves; where none come, questions.

import { ask } from "./asking.js";

const NAMES = ["state", "stage", "note", "words", "readings", "done", "failed"];
const AGAIN_MS = 3000;
const PATIENCE = 3; // breaks in a row without any event, then it asks instead

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

  function listen() {
    if (!("EventSource" in window)) {
      poll();
      return;
    }
    source = new EventSource(`${address}/events`);
    for (const name of NAMES) source.addEventListener(name, (event) => hear(name, JSON.parse(/** @type {MessageEvent} */ (event).data)));
    source.addEventListener("open", () => told.lost(""));
    source.addEventListener("error", () => {
      breaks += 1;
      // A stream that the server ends is opened again by the browser; one that it refuses is not.
      if (source?.readyState !== EventSource.CLOSED && breaks < PATIENCE) return;
      source?.close();
      poll();
    });
  }

  function hear(/** @type {string} */ name, /** @type {any} */ data) {
    breaks = 0;
    told.event(name, data);
    if (name === "done" || name === "failed") stop();
  }

  async function poll() {
    if (isOver) return;
    try {
      const job = await ask(address);
      told.lost("");
      told.job(job);
      if (job.state === "done" || job.state === "failed") stop();
    } catch (error) {
      const { status, message } = /** @type {{status?: number, message: string}} */ (error);
      told.lost(message);
      if (status === 404) stop();
    }
    if (!isOver) timer = window.setTimeout(poll, AGAIN_MS);
  }

  function stop() {
    isOver = true;
    source?.close();
    window.clearTimeout(timer);
  }
  listen();
  return stop;
}
