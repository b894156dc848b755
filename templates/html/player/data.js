// What the page knows: the JSON inside it, and small questions to it.

/**
 * @typedef {{text: string[], start: number[], end: number[], joined: number[], given: number[],
 *   estimated: number[], confidence: number[], label: number[], by_hand: number[],
 *   intensity: number[], probs: number[][], vad: (number[]|null)[], evidence: (number[]|null)[]}} Words
 * @typedef {[speaker: string, first: number, count: number]} Utterance
 * @typedef {[start: number, end: number, lines: number[][], speaker: string]} Cue
 * @typedef {{culture: string, age: string, table: number, legend: [string, string, string][]}} Look
 */
const talk = JSON.parse(document.getElementById("talk")?.textContent ?? "");
/** @type {Words} */
const words = talk.words;
/** @type {Utterance[]} */
const utterances = talk.utterances;
/** @type {Cue[]} */
const cues = talk.cues;
const cueStarts = cues.map((cue) => cue[0]);
const utteranceFirsts = utterances.map((utterance) => utterance[1]);
const joined = new Set(words.joined);
const given = new Set(words.given);
const estimated = new Set(words.estimated);
const byHand = new Set(words.by_hand);
const STRENGTHS = ["", "slight", "some", "clear", "strong"];

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

/** Which utterance a word belongs to. */
function utteranceOf(/** @type {number} */ word) {
  return lastAtMost(utteranceFirsts, word);
}

/** A name as people write it: `mixed_up` becomes `mixed up`. */
function spoken(/** @type {string} */ name) {
  return name.replaceAll("_", " ");
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
