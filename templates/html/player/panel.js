// The panel of one word: what was read, how surely, and from what.

let pickedWord = -1;
const AXES = [
  ["Valence", "unpleasant", "pleasant"],
  ["Arousal", "calm", "excited"],
  ["Dominance", "yielding", "in control"],
];

/** Play from a word and show how it was read. */
function chooseWord(/** @type {number} */ word) {
  seek(words.start[word]);
  setTabWord(word);
  showPanel(word);
  follow(true);
}

/** Show the panel of a word. */
function showPanel(/** @type {number} */ word) {
  wordSpans[pickedWord]?.classList.remove("picked");
  pickedWord = word;
  spanOf(word).classList.add("picked");
  const close = closeButton("Close the word");
  close.classList.add("panel-close");
  close.addEventListener("click", hidePanel);
  const panel = byId("panel");
  panel.replaceChildren(panelHead(word), close, panelBody(word));
  panel.hidden = false;
  byId("hint").hidden = true;
}

/** Close the panel. */
function hidePanel() {
  wordSpans[pickedWord]?.classList.remove("picked");
  pickedWord = -1;
  byId("panel").hidden = true;
  byId("hint").hidden = false;
}

/** The word in its style, its feeling and when it is said. */
function panelHead(/** @type {number} */ word) {
  const sample = makeWord(word);
  sample.classList.add("sample");
  const felt = feeling(word) || "no strong feeling";
  const when = `${fineClock(words.start[word])} – ${fineClock(words.end[word])}`;
  const sure = words.confidence[word]; // 100 stands for a recognizer that does not say
  const heard = sure < 100 ? `heard, ${sure} % sure of the word` : "heard";
  const origin = given.has(word) ? "from the given transcript" : heard;
  const timing = estimated.has(word) ? "time estimated" : "time aligned to the sound";
  const text = make("div", "", make("p", "panel-feeling", felt), make("p", "quiet", `${when} · ${origin} · ${timing}`));
  return make("div", "panel-head", make("div", "panel-word", sample), text);
}

/** Radar, bars and table. */
function panelBody(/** @type {number} */ word) {
  const label = words.label[word];
  const facts = make("div", "facts", decision(word), ...affect(word), evidence(word));
  const body = make("div", "panel-body", makeRadar(words.probs[word], label), facts, probabilityTable(word));
  body.style.setProperty("--tint", swatchOf(talk.labels[label]));
  return body;
}

/** What the model decided, or that a person did. */
function decision(/** @type {number} */ word) {
  const name = spoken(talk.labels[words.label[word]]);
  const sure = Math.round(words.probs[word][words.label[word]] / 10);
  const text = byHand.has(word) ? `${name}, set by hand` : `${name}, ${sure} % sure`;
  return fact("Reading", text, bar(0, byHand.has(word) ? 100 : sure));
}

/** Valence, arousal and dominance as bars from the middle. */
function affect(/** @type {number} */ word) {
  const vad = words.vad[word];
  if (!vad) return [fact("Valence, arousal, dominance", "not measured")];
  return vad.map((value, i) => {
    const [name, low, high] = AXES[i];
    const side = Math.abs(value) < 8 ? "even" : value < 0 ? low : high;
    const strip = bar(50 + Math.min(0, value) / 2, Math.abs(value) / 2);
    strip.classList.add("two-sided");
    return fact(name, `${side} (${value > 0 ? "+" : ""}${(value / 100).toFixed(2)})`, strip);
  });
}

/** How much words and voice each moved the reading. */
function evidence(/** @type {number} */ word) {
  const shares = words.evidence[word];
  if (!shares) return fact("Evidence", "not measured");
  if (shares[0] + shares[1] === 0) return fact("Evidence", "neither words nor voice");
  const strip = bar(0, shares[0]);
  const voice = make("i");
  voice.style.left = `${shares[0]}%`;
  voice.style.width = `${shares[1]}%`;
  strip.append(voice);
  strip.classList.add("split");
  return fact("Evidence", `words ${shares[0]} % · voice ${shares[1]} %`, strip);
}

/** A name, a value in words, and a bar. */
function fact(/** @type {string} */ name, /** @type {string} */ value, /** @type {HTMLElement|undefined} */ strip = undefined) {
  const head = make("div", "fact-name", make("span", "", name), make("span", "", value));
  return strip ? make("div", "", head, strip) : make("div", "", head);
}

/** A bar from `left` that is `width` percent long. */
function bar(/** @type {number} */ left, /** @type {number} */ width) {
  const part = make("i");
  part.style.left = `${left}%`;
  part.style.width = `${width}%`;
  const strip = make("div", "bar", part);
  strip.setAttribute("aria-hidden", "true");
  return strip;
}

/** All probabilities as a table. */
function probabilityTable(/** @type {number} */ word) {
  const entries = talk.labels.map((/** @type {string} */ name, /** @type {number} */ i) => [spoken(name), words.probs[word][i]]);
  entries.sort((a, b) => b[1] - a[1]);
  const body = make("tbody");
  for (const [name, permille] of entries) {
    const head = make("th", "", name);
    head.setAttribute("scope", "row");
    body.append(make("tr", "", head, make("td", "", `${(permille / 10).toFixed(1)} %`)));
  }
  const caption = make("caption", "visually-hidden", `Probabilities for “${words.text[word]}”`);
  return make("details", "panel-table", make("summary", "", "All probabilities"), make("table", "", caption, body));
}
