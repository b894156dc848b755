// The panel of one word: what was read, how surely, and from what.

let pickedWord = -1;
let tableIsOpen = false;
const LONG_WORD = 9; // letters from which the sample is set smaller
const UNUSUAL = 1; // spreads from which a word is called louder, or higher
const SAID = [["softer", "louder"], ["lower", "higher"], ["drawn out", "faster"], ["without a pause", "after a pause"]];
const AXES = [
  ["Valence", "unpleasant", "pleasant"],
  ["Arousal", "calm", "excited"],
  ["Dominance", "yielding", "in control"],
];

/** Go to a word and show how it was read; play from it, unless words are being corrected. */
function chooseWord(/** @type {number} */ word, plays = !editing) {
  dropRange();
  seek(words.start[word]);
  setTabWord(word);
  showPanel(word);
  follow(true);
  if (plays) play();
}

/** Show the panel of a word: how it was read, or the form that corrects it. */
function showPanel(/** @type {number} */ word) {
  pick(word);
  spanOf(word).classList.add("picked");
  const panel = byId("panel");
  const kept = keepFocus(panel);
  const close = closeButton("Close the word");
  close.classList.add("panel-close");
  close.addEventListener("click", hidePanel);
  const edit = make("button", "plain panel-edit", editing ? "Done" : "Correct");
  edit.id = "panel-edit";
  edit.setAttribute("type", "button");
  edit.setAttribute("aria-keyshortcuts", "E");
  edit.addEventListener("click", () => (editing ? stopEditing() : editWord(word)));
  const tools = make("div", "panel-tools", edit, close);
  const head = panelHead(word);
  head.append(tools);
  panel.replaceChildren(head, editing ? editForm(word) : panelBody(word));
  panel.hidden = false;
  byId("hint").hidden = true;
  kept();
  clearStage();
}

/** On small screens, where the panel is a sheet, bring the stage to the top: it would cover its controls. */
function clearStage() {
  const panel = byId("panel");
  const box = stage.getBoundingClientRect();
  const covers = panel.getBoundingClientRect().top < box.bottom;
  if (covers && getComputedStyle(panel).position === "fixed") window.scrollBy(0, box.top);
}

/** Let a word be the chosen one. */
function pick(/** @type {number} */ word) {
  if (word === pickedWord) return;
  wordSpans[pickedWord]?.classList.remove("picked");
  pickedWord = word;
}

/** Remember which part of the panel has the focus; gives a function that puts it back. */
function keepFocus(/** @type {HTMLElement} */ panel) {
  const focused = /** @type {HTMLElement|null} */ (document.activeElement);
  const id = focused && panel.contains(focused) ? focused.id : "";
  return () => id && (document.getElementById(id) ?? byId("panel-edit")).focus();
}

/** Close the panel. */
function hidePanel() {
  const span = wordSpans[pickedWord];
  const hadFocus = byId("panel").contains(document.activeElement);
  dropRange();
  selecting = false;
  pick(-1);
  editing = false;
  byId("panel").hidden = true;
  byId("hint").hidden = false;
  if (hadFocus) span?.focus();
}

/** The word in its style, its feeling and when it is said. */
function panelHead(/** @type {number} */ word) {
  const sample = makeWord(word);
  sample.classList.add("sample");
  if (words.text[word].length > LONG_WORD) sample.classList.add("long");
  if (rangeFrom >= 0) return rangeHead();
  const unknown = shownEmotion(word) === RAISED ? `; ${NOT_KNOWN}` : "";
  const felt = isGone(word) ? "removed" : isUnread(word) ? "not read" : feeling(word) + unknown || "no strong feeling";
  const when = `${fineClock(words.start[word])} – ${fineClock(words.end[word])}`;
  const fix = fixes.get(word);
  const timing = fix?.timing === "aligned" ? "time set by hand" : fix?.timing || estimated.has(word) ? "time estimated" : "time aligned to the sound";
  const origin = originOf(word);
  const text = make("div", "", make("p", "panel-feeling", felt), make("p", "quiet", `${when} · ${origin} · ${timing}`));
  return make("div", "panel-head", make("div", "panel-word", sample), text);
}

/** Where a word comes from. */
function originOf(/** @type {number} */ word) {
  if (word >= N_READ) return readingOf(word) === BLANK ? "put in by hand" : `a part of “${talk.words.text[readingOf(word)]}”`;
  if (fixes.get(word)?.text !== undefined) return `was “${talk.words.text[word]}”`;
  const sure = Math.round(100 * words.confidence[word]); // 1 stands for a recognizer that does not say
  const surely = sure < 100 ? ` with ${sure} % confidence` : "";
  return given.has(word) ? `from the given transcript${surely}` : `heard${surely}`;
}

/** Radar, plane, bars and table; of a word without a reading only what a person says. */
function panelBody(/** @type {number} */ word) {
  if (isBlank(word)) {
    const said = isByHand(word) ? `${feeling(word) || "neutral"}, set by hand` : "none: nobody read this word";
    return make("div", "panel-body", make("div", "facts", fact("Reading", said)));
  }
  const label = labelOf(word);
  const top = isRaised(word) ? -1 : label; // of the emotions none was decided on
  const pictures = make("div", "pictures", makeRadar(talk.labels, probsOf(word), top), ...(vadOf(word) ? [makePlane(word)] : []));
  const facts = make("div", "facts", ...(isRaised(word) ? raisedVoice(word) : [decision(word)]), evidence(word), ...affect(word), ...howSaid(word));
  const body = make("div", "panel-body", pictures, facts, probabilityTable(word));
  body.style.setProperty("--tint", swatchOf(isRaised(word) ? RAISED : EMOTIONS[label]));
  return body;
}

/** What the model decided, or that a person did. */
function decision(/** @type {number} */ word) {
  const label = labelOf(word);
  const name = spoken(EMOTIONS[label]);
  const shares = Array.from(probsOf(word), (share) => Math.round(100 * share));
  if (isByHand(word)) return fact("Reading", `${name}, set by hand`, bar(0, 100));
  const best = shares.indexOf(Math.max(...shares));
  // Neutral where no feeling is likely enough, though one of them may be likelier than neutral.
  const text = shares[best] > shares[label]
    ? `${name}: ${spoken(talk.labels[best])} is not sure enough (${shares[best]} %)`
    : `${name}, ${shares[label]} % sure`;
  return fact("Reading", text, bar(0, shares[label]));
}

/** That the voice is raised, how much, and that no emotion is claimed. */
function raisedVoice(/** @type {number} */ word) {
  const strength = Math.round(100 * strengthOf(word));
  const reading = `${spoken(RAISED)}; ${NOT_KNOWN}${isByHand(word) ? " (set by hand)" : ""}`;
  return [fact("Reading", reading), fact("How raised", `${strength} %`, bar(0, strength))];
}

/** How a word is said against the speaker's other words; nothing where that was not measured. */
function howSaid(/** @type {number} */ word) {
  const known = prosodyOf(word);
  if (!known.length) return [];
  const said = SAID.flatMap(([low, high], i) => {
    const value = known[i] ?? 0;
    return Math.abs(value) < UNUSUAL ? [] : [`${Math.abs(value) < 2 * UNUSUAL ? "" : "much "}${value < 0 ? low : high}`];
  });
  const text = said.join(", ") || "as usual for the speaker";
  const emphasis = known[SAID.length] ?? null;
  if (emphasis === null) return [fact("How it is said", text)];
  const share = Math.round(100 * emphasis);
  return [fact("How it is said", text), fact("Emphasis", `${share} %`, bar(0, share))];
}

/** Valence, arousal and dominance as bars from the middle. */
function affect(/** @type {number} */ word) {
  const vad = vadOf(word);
  if (!vad) return [fact("Valence, arousal, dominance", "not measured")];
  return Array.from(vad, (value, i) => {
    const strip = bar(50 + Math.min(0, value) * 50, Math.abs(value) * 50);
    strip.classList.add("two-sided");
    return fact(AXES[i][0], `${sideOf(i, value)} (${value > 0 ? "+" : ""}${value.toFixed(2)})`, strip);
  });
}

/** How much words and voice each moved the reading. */
function evidence(/** @type {number} */ word) {
  const shares = evidenceOf(word);
  if (!shares) return fact("Evidence", "not measured");
  const [text, voice] = Array.from(shares, (part) => Math.round(100 * part));
  if (text + voice === 0) return fact("Evidence", "neither words nor voice");
  const strip = bar(0, text);
  const part = make("i");
  part.style.left = `${text}%`;
  part.style.width = `${voice}%`;
  strip.append(part);
  strip.classList.add("split");
  return fact("Evidence", `words ${text} % · voice ${voice} %`, strip);
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
  const probs = probsOf(word);
  const entries = talk.labels.map((/** @type {string} */ name, /** @type {number} */ i) => [spoken(name), probs[i]]);
  entries.sort((a, b) => b[1] - a[1]);
  const body = make("tbody");
  for (const [name, part] of entries) {
    const head = make("th", "", name);
    head.setAttribute("scope", "row");
    body.append(make("tr", "", head, make("td", "", `${(100 * part).toFixed(1)} %`)));
  }
  const caption = make("caption", "visually-hidden", `Probabilities for “${words.text[word]}”`);
  const details = /** @type {HTMLDetailsElement} */ (make("details", "panel-table", make("summary", "", "All probabilities"), make("table", "", caption, body)));
  details.open = tableIsOpen;
  details.addEventListener("toggle", () => (tableIsOpen = details.open));
  return details;
}
