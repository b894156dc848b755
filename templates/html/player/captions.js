// Captions over the picture: the cue of the moment, its spans built once when it appears.

const captions = byId("captions");
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const LETTER = /\p{L}/u;
const DASH = /^\p{Pd} ?/u; // before the words of one of two who speak
const SOUND = /^[♪♫♬♩🎵🎶# ]*([[(（［【*].+[\])）］】*][.,;:!?…]*)?[♪♫♬♩🎵🎶# ]*$/u; // shown, and not said
let shownCue = -1;
/** @type {HTMLElement[]} */
let cueSpans = [];

/** Show the cue of a time and mark the word that is said. */
function drawCaptions(/** @type {number} */ ms, /** @type {number} */ activeWord) {
  const last = lastAtMost(cueStarts, ms);
  const cue = last >= 0 && ms < cues[last][1] ? last : -1;
  if (cue !== shownCue) showCue(cue);
  if (cue < 0) showSound(soundCueAt(ms));
  for (const span of cueSpans) {
    const word = Number(span.dataset.word);
    span.classList.toggle("on", word === activeWord && !SOUND.test(words.text[word]));
    span.classList.toggle("said", words.start[word] <= ms);
  }
}

/**
 * The lines of a cue with what is left of their words, who says each now, and what stands before it: a name, a dash.
 * @typedef {{words: number[], speaker: string, opening: string}} SaidLine
 */
function linesOf(/** @type {number} */ cue) {
  const [, , lines, before, label, voices] = cues[cue];
  const left = lines.map((line, i) => ({ line: line.filter((word) => !isGone(word)), voice: voices[i] })).filter(({ line }) => line.length);
  const speakers = left.map(({ line }) => utterances[utteranceOf(line[0])].speaker);
  const areTwo = distinct(speakers).length > 1; // else corrections left one of them
  return left.map(({ line, voice }, i) => {
    const [name, opening] = voice ?? [before, i || !label ? "" : `${label} `];
    const text = voice && !areTwo ? opening.replace(DASH, "") : opening;
    return /** @type {SaidLine} */ ({ words: line, speaker: speakers[i], opening: name ? text.replaceAll(name, () => speakers[i]) : text });
  });
}

/** Build the lines of a cue; -1 for none. */
function showCue(/** @type {number} */ cue) {
  shownCue = cue;
  shownSound = "";
  cueSpans = [];
  if (cue < 0) {
    captions.replaceChildren();
    return;
  }
  const lines = linesOf(cue);
  captions.dataset.side = cues[cue][6];
  const rows = lines.map((line) => makeLine(line.words, line.opening));
  const isNamed = lines.some((line) => line.opening.replace(DASH, ""));
  const speakers = distinct(lines.map((line) => line.speaker).filter(Boolean));
  const isNewSpeaker = speakers.length > 1 || (speakers.length && (cue === 0 || linesOf(cue - 1).at(-1)?.speaker !== speakers[0]));
  captions.replaceChildren(...(isNewSpeaker && !isNamed ? [make("div", "speaker", speakers.join(" / "))] : []), ...rows);
  fitCaptions();
  speakCue(cue);
}

/** Build a line of a cue, what opens it before its words: no word, so nothing happens on a click. */
function makeLine(/** @type {number[]} */ line, /** @type {string} */ opening) {
  const row = make("div", "line s-neutral-0"); // its box and its spaces are those of plain words
  const base = directionOf(line.map((word) => words.text[word]).join(" ")) || "ltr";
  row.dir = base;
  if (opening) row.append(make("span", "w s-neutral-0 label", opening.trimEnd()), opening.endsWith(" ") ? " " : "");
  let place = row;
  let way = base;
  line.forEach((word, position) => {
    const now = directionOf(words.text[word]) || way;
    const gap = position && !joined.has(word) ? " " : "";
    const opens = now !== way;
    way = now;
    if (!opens) place.append(gap);
    else {
      row.append(gap);
      place = row;
    }
    if (opens && now !== base) {
      // Boxes count as one sign each for the order of letters: words of the other direction need
      // a box of their own, or they would stand in the order of the line.
      place = make("span", "turn");
      place.dir = now;
      row.append(place);
    }
    const span = makeWord(word);
    cueSpans.push(span);
    place.append(span);
  });
  return row;
}

/** Which way a text runs, by its first letter; "" where it has none. */
function directionOf(/** @type {string} */ text) {
  const letter = LETTER.exec(text)?.[0];
  return letter === undefined ? "" : RIGHT_TO_LEFT.test(letter) ? "rtl" : "ltr";
}

/** Shrink captions that would leave the picture: sizes change with age and text size. */
function fitCaptions() {
  captions.style.setProperty("--fit", "1");
  const room = captions.clientWidth;
  const widest = Math.max(0, ...[...captions.querySelectorAll(".line")].map((row) => row.scrollWidth));
  if (room > 0 && widest > room) captions.style.setProperty("--fit", String(room / widest));
  wrapWhereTooSmall(room);
}

/** Below the smallest size that reads, lines wrap instead of shrinking further. */
function wrapWhereTooSmall(/** @type {number} */ room) {
  for (const row of /** @type {NodeListOf<HTMLElement>} */ (captions.querySelectorAll(".line"))) {
    row.classList.remove("wrapped");
    row.classList.toggle("wrapped", room > 0 && row.scrollWidth > room);
  }
}

/** Give the words of a cue to a screen reader, with who says them and their feelings, where the viewer asked for it. */
function speakCue(/** @type {number} */ cue) {
  const spokenLine = byId("spoken");
  if (spokenLine.getAttribute("aria-live") === "off") return;
  const lines = linesOf(cue);
  const isOne = distinct(lines.map((line) => line.speaker)).length < 2;
  spokenLine.textContent = isOne
    ? (lines[0]?.opening ?? "") + inWords(lines.flatMap((line) => line.words))
    : lines.map((line) => `${line.speaker}: ${inWords(line.words)}`).join(" ");
}

/** Words with their feelings in brackets, wherever the feeling changes. */
function inWords(/** @type {number[]} */ list) {
  let before = "";
  let text = "";
  for (const word of list) {
    if (isGone(word)) continue;
    const felt = feeling(word);
    const gap = text && !joined.has(word) ? " " : "";
    text += gap + (felt && felt !== before ? `[${felt}] ` : "") + words.text[word];
    before = felt;
  }
  return text;
}
