// Which words there are, in which order, and when they are said: made anew after each edit.

/** @type {number[]} */
let order = []; // the words of all lines
/** @type {number[]} */
let places = []; // where in it each word is, -1 for those that no line holds
/** @type {number[]} */
let lineNumbers = []; // which line holds each word
/** @type {number[]} */
let saidWords = []; // those that were not removed, in order
/** @type {number[]} */
let saidStarts = [];
/** @type {Cue[]} */
let cues = talk.cues;
/** @type {number[]} */
let cueStarts = [];

/** The cue and the line in it that each word was read in. */
const homes = new Map(
  talk.cues.flatMap((/** @type {Cue} */ cue, /** @type {number} */ c) => cue[2].flatMap((line, l) => line.map((word) => [word, [c, l]]))),
);

/** Put the words in order, after what lines hold, times or removals changed. */
function reorder() {
  order = utterances.flatMap((utterance) => utterance.words);
  places = new Array(words.text.length).fill(-1);
  order.forEach((word, place) => (places[word] = place));
  lineNumbers = new Array(words.text.length).fill(-1);
  utterances.forEach((utterance, number) => utterance.words.forEach((word) => (lineNumbers[word] = number)));
  saidWords = order.filter((word) => !isGone(word));
  saidStarts = saidWords.map((word) => words.start[word]);
  cues = cuesNow();
  cueStarts = cues.map((cue) => cue[0]);
}

/** Which utterance a word belongs to. */
function utteranceOf(/** @type {number} */ word) {
  return lineNumbers[word];
}

/** The word that is said at a time, or was said last; -1 before the first one. */
function wordAt(/** @type {number} */ ms) {
  return saidWords[lastAtMost(saidStarts, ms)] ?? -1;
}

/** The word that stands `step` words after another one; -1 where there is none. */
function neighbour(/** @type {number} */ word, /** @type {number} */ step) {
  return order[places[word] + step] ?? -1;
}

/** The next word in a direction, 1 or -1, that was not removed; -1 where there is none. */
function saidBeside(/** @type {number} */ word, /** @type {number} */ step) {
  let beside = neighbour(word, step);
  while (beside >= 0 && isGone(beside)) beside = neighbour(beside, step);
  return beside;
}

/** The cues with the words that they have now: what was put in stands in the line of the word before it. */
function cuesNow() {
  /** @type {number[][][]} */
  const lines = talk.cues.map((/** @type {Cue} */ cue) => cue[2].map(() => []));
  for (const { words: line } of utterances) {
    let home = homes.get(line.find((word) => homes.has(word)));
    for (const word of line) {
      home = homes.get(word) ?? home;
      if (home) lines[home[0]][home[1]].push(word);
    }
  }
  return inTurn(talk.cues.map((/** @type {Cue} */ cue, /** @type {number} */ i) => moved(cue, lines[i])));
}

/** A cue that begins and ends as long before and after its words as it was made. */
function moved(/** @type {Cue} */ [start, end, lines, speaker, label, allVoices, side], /** @type {number[][]} */ all) {
  const now = all.filter((line) => line.length);
  const voices = allVoices.filter((_, i) => all[i].length);
  const [before, after] = [lines.flat(), now.flat()];
  if (!before.length || !after.length) return /** @type {Cue} */ ([start, end, now, speaker, label, voices, side]);
  const begins = start + words.start[after[0]] - talk.words.start[before[0]];
  const ends = end + words.end[after.at(-1) ?? 0] - talk.words.end[before.at(-1) ?? 0];
  return /** @type {Cue} */ ([begins, ends, now, speaker, label, voices, side]);
}

/** Cues of which none begins before the one before it ends, nor loses a word by that. */
function inTurn(/** @type {Cue[]} */ list) {
  list.forEach((cue, i) => {
    const next = list[i + 1];
    if (!next || cue[1] <= next[0]) return;
    const last = cue[2].flat().at(-1);
    next[0] = Math.max(next[0], last === undefined ? next[0] : words.end[last]);
    cue[1] = Math.min(cue[1], next[0]);
  });
  return list;
}
