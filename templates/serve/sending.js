// Sending a job: the file goes up with its progress, and can be stopped.

import { sentence, size, wait } from "./asking.js";

const SETTLED_MS = 3000; // before that, a rate says nothing

/**
 * Send a form; resolves to what the server answers.
 * @param {FormData} form
 * @param {(share: number, text: string) => void} progress
 * @param {AbortSignal} signal
 * @returns {Promise<{id: string}>}
 */
export function send(form, progress, signal) {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    const began = performance.now();
    request.open("POST", "/api/jobs");
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(total ? loaded / total : 0, told(loaded, total, performance.now() - began)));
    request.upload.addEventListener("load", () => progress(1, "Sent; the server looks at it"));
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300 && request.response?.id) done(request.response);
      else fail(new Error(sentence(request.response)));
    });
    request.addEventListener("error", () => fail(new Error("The connection broke off. Nothing was begun; send it again.")));
    request.addEventListener("abort", () => fail(new DOMException("", "AbortError")));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/** How far it is. */
function told(/** @type {number} */ loaded, /** @type {number} */ total, /** @type {number} */ ms) {
  const left = ms > SETTLED_MS && loaded ? `, ${wait(((total - loaded) / loaded) * (ms / 1000))} left` : "";
  return `${size(loaded)} of ${size(total)}${left}`;
}
