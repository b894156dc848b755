// What the page knows: the JSON inside it, and small questions to it.

/**
 * @typedef {{text: string[], start: number[], end: number[], label: number[],
 *   confidence: Float64Array, intensity: Float64Array, probs: Float64Array, vad: Float64Array,
 *   evidence: Float64Array}} Words
 * @typedef {{speaker: string, words: number[], id: string}} Utterance
 * @typedef {[speaker: string, opening: string]} Voice
 * @typedef {[start: number, end: number, lines: number[][], speaker: string, label: string, voices: Voice[], side: string]} Cue
 * @typedef {{culture: string, age: string, profile: string, classes: string, table: number,
 *   legend: number[], plain: string, dimensions: [string, string, string][]}} Look
 */
const talk = JSON.parse(document.getElementById("talk")?.textContent ?? "");
const N_LABELS = talk.labels.length;
const NEUTRAL = talk.labels.indexOf("neutral");
const RAISED = talk.raised; // what a word shows whose label is withheld; no label can be called so
const LABEL = /^[a-z][a-z0-9_]{0,31}$/; // as core/emotion.py has it
// What a word can be corrected to: the labels of the model, then what else the themes have rules for.
/** @type {string[]} */
const EMOTIONS = distinct([...talk.labels, ...talk.styles.map((/** @type {string[]} */ style) => style[1]).filter((name) => LABEL.test(name))]);
// Words are called by numbers that stay: those that were read from 0 on, then those that were put in.
const N_READ = talk.words.text.length;
const BLANK = N_READ; // the reading of a word that nobody read: neutral, and nothing measured
/** @type {Words} */
const words = {
  text: talk.words.text.slice(),
  start: talk.words.start.slice(),
  end: talk.words.end.slice(),
  label: [...talk.words.label, NEUTRAL],
  confidence: unscaled(talk.words.confidence, [1]),
  intensity: unscaled(talk.words.intensity, [0]),
  probs: unscaled(talk.words.probs, talk.labels.map((/** @type {string} */ _, /** @type {number} */ i) => Number(i === NEUTRAL))),
  vad: unscaled(talk.words.vad, [0, 0, 0]),
  evidence: unscaled(talk.words.evidence, [0, 0]),
};
/** @type {Utterance[]} */
const readUtterances = talk.utterances.map(asUtterance);
let utterances = readUtterances;
const joined = new Set(talk.words.joined);
const given = new Set(talk.words.given);
const estimated = new Set(talk.words.estimated);
const withheld = new Set(talk.words.withheld);
const unread = new Set(talk.words.unread); // of a Document whose emotions were not read
const byHand = new Set(talk.words.by_hand);
const noVad = new Set([...talk.words.no_vad, BLANK]);
const noEvidence = new Set([...talk.words.no_evidence, BLANK]);
const PROSODY = ["loudness", "pitch", "rate", "pause", "emphasis"];
/** @type {(number|null)[][]} */
const prosody = talk.words.prosody;
const STRENGTHS = ["", "slight", "some", "clear", "strong"];
const RAISED_STRENGTHS = ["", "slightly", "somewhat", "clearly", "strongly"];
const BY_HAND_INTENSITY = 0.75; // as in core/emotion.py: what is set by hand without an intensity

/** Numbers as they were: whole ones, and the scale that they share; those of the blank reading last. */
function unscaled(/** @type {[number, number[]]} */ [scale, whole], /** @type {number[]} */ blank) {
  return Float64Array.from([...whole.map((number) => number / scale), ...blank]);
}

/** A line, from the row of its first word and their count. */
function asUtterance(/** @type {[string, number, number, string]} */ [speaker, first, count, id]) {
  return { speaker, words: Array.from({ length: count }, (_, i) => first + i), id };
}

/** The probabilities of a word, in the order of the labels. */
function probsOf(/** @type {number} */ word) {
  const reading = readingOf(word);
  return words.probs.subarray(reading * N_LABELS, (reading + 1) * N_LABELS);
}

/** Valence, arousal and dominance of a word; null where they were not measured. */
function vadOf(/** @type {number} */ word) {
  const reading = readingOf(word);
  return noVad.has(reading) ? null : words.vad.subarray(reading * 3, reading * 3 + 3);
}

/** How a word is said, in the order of PROSODY; empty where that was not measured. */
function prosodyOf(/** @type {number} */ word) {
  return prosody[word] ?? [];
}

/** How much words and voice moved the reading; null where that was not measured. */
function evidenceOf(/** @type {number} */ word) {
  const reading = readingOf(word);
  return noEvidence.has(reading) ? null : words.evidence.subarray(reading * 2, reading * 2 + 2);
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
