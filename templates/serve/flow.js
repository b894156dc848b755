// The words as they are known, in the type of their emotion once it is read.

import { byId, clock, make } from "./shared.js";

const PAUSE_MS = 1500; // a longer one begins a paragraph
const LEVELS = 4; // as in core/style.py
const NEAR_END_PX = 80;
const RAISED = "raised-voice";

/**
 * @typedef {{text: string, start_ms: number, end_ms: number, joined?: boolean}} Word
 * @typedef {{label: string, intensity: number, probs: Record<string, number>|null, withheld?: boolean}} Reading
 */

/** @type {Word[]} */
let words = [];
/** @type {(Reading|undefined)[]} */
const readings = [];
/** @type {HTMLElement[]} */
let spans = [];
let isFollowing = true;

/** The words that are known, in their order. */
export function knownWords() {
  return words;
}

/** The readings that are known, each with its word. */
export function knownReadings() {
  return words.flatMap((word, i) => (readings[i] ? [{ word, reading: /** @type {Reading} */ (readings[i]) }] : []));
}

/** Whether words from a place on fit to what is known: else some were missed. */
export function fits(/** @type {number} */ from) {
  return from <= words.length;
}

/** Words from a place on: those that were there give way, for a later look may hear better. */
export function setWords(/** @type {number} */ from, /** @type {Word[]} */ list) {
  if (!list.length) return;
  const end = from + list.length;
  const isNew = end > words.length;
  words = [...words.slice(0, from), ...list, ...words.slice(end)];
  if (isNew && from === spans.length) append(from);
  else redraw();
  keepUp();
}

/** All words anew. */
export function replaceWords(/** @type {Word[]} */ list) {
  words = list;
  readings.length = Math.min(readings.length, list.length);
  redraw();
  keepUp();
}

/** Readings from a place on. */
export function setReadings(/** @type {number} */ from, /** @type {Reading[]} */ list) {
  list.forEach((reading, i) => {
    readings[from + i] = reading;
    if (spans[from + i]) dress(from + i);
  });
}

/** Say where there are no words. */
export function sayNoWords(/** @type {string} */ text) {
  const place = document.getElementById("no-words");
  if (place) place.textContent = text;
}

/** Follow the newest words until somebody scrolls away. */
export function listenToFlow() {
  const flow = byId("flow");
  flow.addEventListener("scroll", () => {
    isFollowing = flow.scrollTop + flow.clientHeight > flow.scrollHeight - NEAR_END_PX;
    byId("follow").hidden = isFollowing;
  });
  byId("follow").addEventListener("click", () => {
    isFollowing = true;
    keepUp();
    flow.focus();
  });
}

/** Build all spans anew. */
function redraw() {
  spans = [];
  byId("flow").replaceChildren();
  append(0);
}

/** Add the words from a place on. */
function append(/** @type {number} */ from) {
  const flow = byId("flow");
  document.getElementById("no-words")?.remove();
  let paragraph = /** @type {HTMLElement|null} */ (from ? flow.lastElementChild : null);
  for (let i = from; i < words.length; i += 1) {
    const word = words[i];
    if (!paragraph || (i > 0 && word.start_ms - words[i - 1].end_ms > PAUSE_MS)) {
      paragraph = make("p", "said", make("span", "at", clock(word.start_ms)));
      paragraph.dir = "auto";
      flow.append(paragraph);
    } else if (!word.joined) paragraph.append(" ");
    const span = make("span", "w fresh", word.text);
    spans[i] = span;
    paragraph.append(span);
    if (readings[i]) dress(i);
  }
}

/** Put a word into the type of its emotion. */
function dress(/** @type {number} */ i) {
  const { emotion, level } = shown(/** @type {Reading} */ (readings[i]));
  spans[i].className = level ? `w s-${classPart(emotion)}-${level}` : "w";
  if (level) spans[i].dataset.emotion = emotion;
  else delete spans[i].dataset.emotion;
}

/** The name of an emotion as classes have it. */
export function classPart(/** @type {string} */ emotion) {
  return emotion.replace(/[^A-Za-z0-9_-]/g, "_");
}

/** What a reading shows: an emotion, or a raised voice, and how strongly; level 0 is plain. */
export function shown(/** @type {Reading} */ { label, intensity, withheld }) {
  const emotion = withheld ? RAISED : label;
  if (emotion === "neutral" || intensity <= 0) return { emotion: "neutral", level: 0 };
  return { emotion, level: Math.min(LEVELS, Math.max(1, Math.floor(intensity * LEVELS + 0.5))) };
}

/** Scroll on to the newest words. */
function keepUp() {
  const flow = byId("flow");
  // what is done is read from its beginning
  const isAtWork = ["queued", "running"].includes(byId("job").dataset.state ?? "");
  if (isFollowing && isAtWork) flow.scrollTop = flow.scrollHeight;
  byId("follow").hidden = isFollowing || flow.scrollHeight <= flow.clientHeight;
}
