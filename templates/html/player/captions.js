// Captions over the picture: the cue of the moment, its spans built once when it appears.

const captions = byId("captions");
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const LETTER = /\p{L}/u;
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
    span.classList.toggle("on", word === activeWord);
    span.classList.toggle("said", words.start[word] <= ms);
  }
}

/** Who says a cue: corrections of speakers count. */
function speakerOf(/** @type {number} */ cue) {
  const word = cues[cue][2][0]?.[0];
  return word === undefined ? cues[cue][3] : utterances[utteranceOf(word)].speaker;
}

/** What stands before the first word of a cue, with the speaker's present name. */
function labelOfCue(/** @type {number} */ cue) {
  const [, , , before, label] = cues[cue];
  return before ? label.replaceAll(before, () => speakerOf(cue)) : label;
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
  const label = labelOfCue(cue);
  const rows = cues[cue][2].map((line, i) => makeLine(line.filter((word) => !isGone(word)), i ? "" : label));
  const speaker = speakerOf(cue);
  const isNewSpeaker = !label && speaker && (cue === 0 || speakerOf(cue - 1) !== speaker);
  captions.replaceChildren(...(isNewSpeaker ? [make("div", "speaker", speaker)] : []), ...rows);
  fitCaptions();
  speakCue(cue);
}

/** Build a line of a cue, `label` before its words. */
function makeLine(/** @type {number[]} */ line, /** @type {string} */ label) {
  const row = make("div", "line s-neutral-0"); // its box and its spaces are those of plain words
  const base = directionOf(line.map((word) => words.text[word]).join(" ")) || "ltr";
  row.dir = base;
  if (label) row.append(make("span", "w s-neutral-0 label", label), " ");
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

/** Give the words of a cue to a screen reader, with their feelings, where the viewer asked for it. */
function speakCue(/** @type {number} */ cue) {
  const spokenLine = byId("spoken");
  if (spokenLine.getAttribute("aria-live") === "off") return;
  spokenLine.textContent = `${labelOfCue(cue)} ${inWords(cues[cue][2].flat())}`.trim();
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
