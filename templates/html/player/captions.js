// Captions over the picture: the cue of the moment, its spans built once when it appears.

const captions = byId("captions");
let shownCue = -1;
/** @type {HTMLElement[]} */
let cueSpans = [];

/** Show the cue of a time and mark the word that is said. */
function drawCaptions(/** @type {number} */ ms, /** @type {number} */ activeWord) {
  const last = lastAtMost(cueStarts, ms);
  const cue = last >= 0 && ms < cues[last][1] ? last : -1;
  if (cue !== shownCue) showCue(cue);
  for (const span of cueSpans) {
    const word = Number(span.dataset.word);
    span.classList.toggle("on", word === activeWord);
    span.classList.toggle("said", words.start[word] <= ms);
  }
}

/** Build the lines of a cue; -1 for none. */
function showCue(/** @type {number} */ cue) {
  shownCue = cue;
  cueSpans = [];
  if (cue < 0) {
    captions.replaceChildren();
    return;
  }
  const [, , lines, speaker] = cues[cue];
  const rows = lines.map((line) => {
    const row = make("div", "line");
    row.dir = "auto";
    line.forEach((word, position) => {
      if (position && !joined.has(word)) row.append(" ");
      const span = makeWord(word);
      cueSpans.push(span);
      row.append(span);
    });
    return row;
  });
  const isNewSpeaker = speaker && (cue === 0 || cues[cue - 1][3] !== speaker);
  captions.replaceChildren(...(isNewSpeaker ? [make("div", "speaker", speaker)] : []), ...rows);
  fitCaptions();
  speakCue(lines);
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
function speakCue(/** @type {number[][]} */ lines) {
  const spokenLine = byId("spoken");
  if (spokenLine.getAttribute("aria-live") === "off") return;
  let before = "";
  const parts = lines.flat().map((word) => {
    const felt = feeling(word);
    const prefix = felt && felt !== before ? `[${felt}] ` : "";
    before = felt;
    return prefix + words.text[word];
  });
  spokenLine.textContent = parts.join(" ");
}
