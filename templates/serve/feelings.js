// The radar of all readings so far, and the same in a sentence.

import { byId, makeRadar, spoken } from "./shared.js";
import { classPart, knownReadings, shown } from "./flow.js";

const DRAW_MS = 250; // readings may come by the hundred
const LEAST = 1; // percent: what is less is not named
let waiting = 0;
let isOver = false;

/** Draw soon: many readings are drawn once. */
export function drawFeelings() {
  if (!document.getElementById("radar") || waiting) return;
  waiting = window.setTimeout(() => {
    waiting = 0;
    draw();
  }, DRAW_MS);
}

/** No more readings come. */
export function endFeelings() {
  isOver = true;
  if (!document.getElementById("radar")) return;
  byId("feelings-title").textContent = "Emotions";
  draw();
}

/** Average the probabilities by how long each word is said. */
function draw() {
  const known = knownReadings();
  const measured = known.filter(({ reading }) => reading.probs);
  if (!known.length) {
    if (isOver) byId("feelings-text").textContent = "No word has a reading.";
    return;
  }
  if (measured.length) {
    const labels = Object.keys(/** @type {Record<string, number>} */ (measured[0].reading.probs));
    const sums = labels.map((label) => measured.reduce((sum, { word, reading }) => sum + (reading.probs?.[label] ?? 0) * (word.end_ms - word.start_ms), 0));
    const whole = sums.reduce((sum, part) => sum + part, 0) || 1;
    const shares = sums.map((part) => part / whole);
    const top = shares.indexOf(Math.max(...shares));
    const radar = makeRadar(labels, shares, top);
    radar.classList.add(`s-${classPart(labels[top])}-4`); // the colour of what is said most
    byId("radar").replaceChildren(radar);
  }
  byId("feelings-text").textContent = inWords(known);
}

/** `Of the speech: anger 18 %, neutral 82 %.` */
function inWords(/** @type {ReturnType<typeof knownReadings>} */ known) {
  /** @type {Map<string, number>} */
  const held = new Map();
  let whole = 0;
  for (const { word, reading } of known) {
    const { emotion } = shown(reading);
    const ms = Math.max(1, word.end_ms - word.start_ms);
    held.set(emotion, (held.get(emotion) ?? 0) + ms);
    whole += ms;
  }
  const parts = [...held].map(([name, ms]) => ({ name, share: Math.round((100 * ms) / whole) })).filter(({ share }) => share >= LEAST);
  parts.sort((one, other) => other.share - one.share);
  return `Of the speech${isOver ? "" : " so far"}: ${parts.map(({ name, share }) => `${spoken(name)} ${share}\u00a0%`).join(", ")}.`;
}
