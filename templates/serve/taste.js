// Two looks of one's own talk, and which is liked better.

import { byId } from "./shared.js";
import { ask } from "./asking.js";

const told = JSON.parse(/** @type {string} */ (byId("told").textContent));
let images = [0, 1].map((side) => /** @type {HTMLImageElement} */ (byId(`image-${side}`)));
const reduced = window.matchMedia("(prefers-reduced-motion: reduce)");
const GLANCE_MS = 300; // nobody looks at two pictures and chooses in less
let question = -1;
let count = "";
let drawnAt = 0;
let isStill = false;
let isWriting = false;
let isDone = false;
/** @type {any} */
let undrawn = null; // the question whose looks could not be drawn

/** What the answers so far came to; then the next question, once both of its looks are drawn. */
function show(/** @type {any} */ now) {
  if (isDone) return;
  undrawn = null;
  byId("undrawn").hidden = true;
  byId("changes").textContent = now.changes;
  byId("agreement").textContent = now.agreement;
  count = now.choices > told.n_choices ? `${now.choices} choices.` : `${now.choices} of ${told.n_choices} choices.`;
  byId("state").textContent = `${count} Drawing the looks…`;
  const button = /** @type {HTMLButtonElement} */ (byId("finish"));
  const isEnough = now.choices >= told.n_choices;
  button.disabled = now.choices === 0;
  button.textContent = isEnough || !now.choices ? "Write the theme" : `Write it of ${now.choices} ${now.choices === 1 ? "choice" : "choices"}`;
  button.classList.toggle("ready", isEnough);
  for (const image of images) image.closest("button")?.classList.add("drawing");
  const next = images.map((image) => /** @type {HTMLImageElement} */ (image.cloneNode()));
  let left = next.length;
  next.forEach((image, side) => {
    image.onload = () => {
      left -= 1;
      if (!left && !isDone) ready(now, next);
    };
    image.onerror = () => failed(now);
    image.src = `look/${now.question}/${side}`;
  });
}

/** Say that a pair is not there, and offer to draw it again. */
function failed(/** @type {any} */ now) {
  undrawn = now;
  complain("A look could not be drawn: is the talk still where it was? The terminal says more.");
  byId("state").textContent = count;
  byId("undrawn").hidden = isDone;
  byId("undrawn").scrollIntoView({ block: "nearest" }); // on a telephone it is below both looks
}

/** Put a pair that is drawn in the place of the one before, with its words: from now on it is asked about. */
function ready(/** @type {any} */ now, /** @type {HTMLImageElement[]} */ next) {
  images.forEach((image, side) => image.replaceWith(next[side]));
  images = next;
  for (const image of images) image.closest("button")?.classList.remove("drawing");
  byId("said").textContent = now.said;
  byId("state").textContent = count;
  complain("");
  hold();
  question = now.question;
  drawnAt = performance.now();
}

/** A moving picture is held by a copy of what it shows. */
function hold() {
  for (const image of images) {
    const copy = /** @type {HTMLCanvasElement} */ (image.nextElementSibling);
    if (isStill && image.naturalWidth) {
      copy.width = image.naturalWidth;
      copy.height = image.naturalHeight;
      copy.getContext("2d")?.drawImage(image, 0, 0);
    }
    copy.hidden = !isStill;
    image.classList.toggle("visually-hidden", isStill);
  }
  byId("still").setAttribute("aria-pressed", String(isStill));
}

function complain(/** @type {string} */ text) {
  byId("problem").textContent = text;
  byId("problem").hidden = !text;
}

async function post(/** @type {string} */ address, /** @type {any} */ body) {
  complain("");
  try {
    return await ask(address, { method: "POST", body: JSON.stringify(body), headers: { Accept: "application/json", "Content-Type": "application/json" } });
  } catch (error) {
    complain(/** @type {Error} */ (error).message);
    return null;
  }
}

async function answer(/** @type {string} */ given) {
  const asked = question;
  if (isWriting || isDone) return; // the file is of the answers before
  if (asked < 0) {
    // What nobody has seen yet cannot be chosen: a press is not kept for it, and that is said.
    if (!undrawn) complain("The next two looks are being drawn: choose when both are here.");
    return;
  }
  if (performance.now() - drawnAt < GLANCE_MS) {
    byId("state").textContent = `${count} These two are new: look at both, then choose.`;
    return;
  }
  question = -1; // a second press is not a second answer
  const now = await post("answer", { question: asked, answer: given });
  if (now) show(now);
  else question = asked;
}

async function finish() {
  if (isWriting || isDone) return;
  isWriting = true;
  const done = await post("finish", {});
  isWriting = false;
  if (!done) return;
  complain("");
  byId("changes").textContent = done.told[0];
  byId("agreement").textContent = done.told[1];
  byId("undrawn").hidden = true;
  byId("state").textContent = `Written: ${done.file}. You can close this page; the terminal says how to use it.`;
  for (const name of ["first", "second", "neither", "finish"]) /** @type {HTMLButtonElement} */ (byId(name)).disabled = true;
  question = -1;
  isDone = true;
  byId("taste-title").textContent = "Your theme is written";
  byId("taste-title").focus();
}

for (const name of ["first", "second", "neither"]) byId(name).addEventListener("click", () => answer(name));
byId("finish").addEventListener("click", finish);
byId("again").addEventListener("click", () => {
  complain("");
  show(undrawn);
});
byId("still").addEventListener("click", () => {
  isStill = !isStill;
  hold();
});
document.addEventListener("keydown", (event) => {
  if (event.repeat) {
    // A key that is held answers once; on a button, Enter would press it again and again.
    if (event.key === "Enter") event.preventDefault();
    return;
  }
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "1") answer("first");
  if (event.key === "2") answer("second");
});
isStill = reduced.matches;
ask("question").then(show, (error) => complain(error.message));
