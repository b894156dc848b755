// What the page knows: the JSON inside it, and small questions to it.

/**
 * @typedef {{text: string[], start: number[], end: number[], label: number[],
 *   confidence: Float64Array, intensity: Float64Array, probs: Float64Array, vad: Float64Array,
 *   evidence: Float64Array}} Words
 * @typedef {[speaker: string, first: number, count: number, id: string]} Utterance
 * @typedef {[start: number, end: number, lines: number[][], speaker: string, label: string]} Cue
 * @typedef {{culture: string, age: string, profile: string, classes: string, table: number,
 *   legend: number[]}} Look
 */
const talk = JSON.parse(document.getElementById("talk")?.textContent ?? "");
const N_LABELS = talk.labels.length;
const NEUTRAL = talk.labels.indexOf("neutral");
const RAISED = talk.raised; // what a word shows whose label is withheld; no label can be called so
/** @type {Words} */
const words = {
  text: talk.words.text.slice(),
  start: talk.words.start,
  end: talk.words.end,
  label: talk.words.label,
  confidence: unscaled(talk.words.confidence),
  intensity: unscaled(talk.words.intensity),
  probs: unscaled(talk.words.probs),
  vad: unscaled(talk.words.vad),
  evidence: unscaled(talk.words.evidence),
};
/** @type {Utterance[]} */
let utterances = talk.utterances;
/** @type {Cue[]} */
const cues = talk.cues;
const cueStarts = cues.map((cue) => cue[0]);
let utteranceFirsts = utterances.map((utterance) => utterance[1]);
const joined = new Set(talk.words.joined);
const given = new Set(talk.words.given);
const estimated = new Set(talk.words.estimated);
const withheld = new Set(talk.words.withheld);
const byHand = new Set(talk.words.by_hand);
const noVad = new Set(talk.words.no_vad);
const noEvidence = new Set(talk.words.no_evidence);
const STRENGTHS = ["", "slight", "some", "clear", "strong"];
const RAISED_STRENGTHS = ["", "slightly", "somewhat", "clearly", "strongly"];
const BY_HAND_INTENSITY = 0.75; // as in core/emotion.py: what is set by hand without an intensity

/** Numbers as they were: whole ones, and the scale that they share. */
function unscaled(/** @type {[number, number[]]} */ [scale, whole]) {
  return Float64Array.from(whole, (number) => number / scale);
}

/** The probabilities of a word, in the order of the labels. */
function probsOf(/** @type {number} */ word) {
  return words.probs.subarray(word * N_LABELS, (word + 1) * N_LABELS);
}

/** Valence, arousal and dominance of a word; null where they were not measured. */
function vadOf(/** @type {number} */ word) {
  return noVad.has(word) ? null : words.vad.subarray(word * 3, word * 3 + 3);
}

/** How much words and voice moved the reading; null where that was not measured. */
function evidenceOf(/** @type {number} */ word) {
  return noEvidence.has(word) ? null : words.evidence.subarray(word * 2, word * 2 + 2);
}

/** The last position whose number is not above `limit`, -1 if there is none. */
function lastAtMost(/** @type {number[]} */ numbers, /** @type {number} */ limit) {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Each different value once. */
function distinct(/** @type {string[]} */ names) {
  return [...new Set(names)];
}

/** Which utterance a word belongs to. */
function utteranceOf(/** @type {number} */ word) {
  return lastAtMost(utteranceFirsts, word);
}

/** A name as people write it: `mixed_up` becomes `mixed up`. */
function spoken(/** @type {string} */ name) {
  return name.replaceAll("_", " ").replaceAll("-", " ");
}

/** `1:02` or `1:01:02`. */
function clock(/** @type {number} */ ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** `1:02.3`: exact enough to tell words apart. */
function fineClock(/** @type {number} */ ms) {
  return `${clock(ms)}.${Math.floor((ms % 1000) / 100)}`;
}
