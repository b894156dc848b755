// When words are said: what a person may set, and room for words that are put in.

const LETTER_MS = 70; // about 14 letters a second, as people speak
const SHORTEST_MS = 60; // a word that is put in lasts at least this long, where there is room for it
const NUDGE_MS = 10;
const LATEST_MS = 864_000_000; // that a Document can hold

/** Times that divide a stretch in proportion to letters: as many spans as texts, each of at least 1 ms. */
function divided(/** @type {number} */ start, /** @type {number} */ end, /** @type {string[]} */ texts) {
  const sizes = texts.map((text) => [...text].length);
  const all = sizes.reduce((sum, size) => sum + size, 0);
  let from = start;
  let letters = 0;
  return sizes.map((size, i) => {
    letters += size;
    const latest = end - (sizes.length - 1 - i);
    const to = Math.max(from + 1, Math.min(latest, start + Math.round(((end - start) * letters) / all)));
    const span = [from, to];
    from = to;
    return span;
  });
}

/**
 * Times for words that are put in, in proportion to their letters: of what lies between the words beside
 * them (-1 for none) as much as they need, at its end where they lead into a line. Where too little lies
 * there, `givers`, of the two, give some of their own time. Null where there is no time at all.
 * @param {Draft} draft
 * @param {{before: number, after: number, givers: number[], leads: boolean}} gap
 * @param {string[]} texts
 */
function roomIn(draft, { before, after, givers, leads }, texts) {
  const least = SHORTEST_MS * texts.length;
  const needed = Math.max(least, LETTER_MS * texts.join("").length);
  const start = before < 0 ? 0 : spanIn(draft, before)[1];
  const end = after < 0 ? Math.max(talk.media.duration_ms, start + needed) : spanIn(draft, after)[0];
  if (end - start >= least) {
    const long = Math.min(end - start, needed);
    return leads ? divided(end - long, end, texts) : divided(start, start + long, texts);
  }
  const [first, last] = [givers.includes(before), givers.includes(after)];
  const from = first ? spanIn(draft, before)[0] : start;
  const to = last ? spanIn(draft, after)[1] : end;
  const parts = [...(first ? [textIn(draft, before)] : []), ...texts, ...(last ? [textIn(draft, after)] : [])];
  if (to - from < parts.length) return null;
  const spans = divided(from, to, parts);
  if (first) change(draft, before, { end: /** @type {number[]} */ (spans.shift())[1], timing: "estimated" });
  if (last) change(draft, after, { start: /** @type {number[]} */ (spans.pop())[0], timing: "estimated" });
  return spans;
}

/** What a word says after the draft. */
function textIn(/** @type {Draft} */ draft, /** @type {number} */ word) {
  return draft.changes.get(word)?.text ?? words.text[word];
}

/** The earliest start and the latest end that the words beside it leave to a word. */
function boundsOf(/** @type {number} */ word) {
  const [before, after] = [saidBeside(word, -1), saidBeside(word, 1)];
  const low = before < 0 ? 0 : words.end[before];
  const last = talk.media.duration_ms > words.start[word] ? talk.media.duration_ms : LATEST_MS;
  return [low, Math.max(after < 0 ? last : words.start[after], words.end[word])];
}

/** Let a word begin, or end, at a time, as far as the words beside it allow. */
function retime(/** @type {number} */ word, /** @type {"start"|"end"} */ edge, /** @type {number} */ ms) {
  const [low, high] = boundsOf(word);
  const [start, end] = [words.start[word], words.end[word]];
  const least = Math.min(NUDGE_MS, end - start);
  const at = edge === "start" ? Math.max(low, Math.min(end - least, Math.round(ms))) : Math.min(high, Math.max(start + least, Math.round(ms)));
  // A person who hears the word sets its time: that is as good as aligned.
  correctWord(word, { start, end, [edge]: at, timing: "aligned" }, `time of “${words.text[word]}”`);
}

/** A time as a field of seconds has it. */
function inSeconds(/** @type {number} */ ms) {
  return (ms / 1000).toFixed(3);
}

/** A field for one edge of a word, with steps of 10 ms and the time that the recording stands at. */
function timeField(/** @type {number} */ word, /** @type {"start"|"end"} */ edge) {
  const id = `fix-${edge}`;
  const field = /** @type {HTMLInputElement} */ (make("input"));
  Object.assign(field, { id, type: "number", step: NUDGE_MS / 1000, value: inSeconds(words[edge][word]), inputMode: "decimal" });
  field.addEventListener("change", () => {
    if (Number.isFinite(field.valueAsNumber)) retime(word, edge, field.valueAsNumber * 1000);
    field.value = inSeconds(words[edge][word]);
  });
  const name = edge === "start" ? "Start" : "End";
  const nudge = (/** @type {number} */ step, /** @type {string} */ sign, /** @type {string} */ way) => {
    const button = editButton(`${id}-${way}`, sign, () => retime(word, edge, words[edge][word] + step));
    button.setAttribute("aria-label", `${name} 10 milliseconds ${way}`);
    return button;
  };
  const here = editButton(`${id}-here`, "Here", () => retime(word, edge, media.currentTime * 1000));
  here.setAttribute("aria-label", `${name} where the recording stands`);
  const row = make("div", "edit-time", field, nudge(-NUDGE_MS, "−", "earlier"), nudge(NUDGE_MS, "+", "later"), here);
  const label = make("label", "", `${name}, seconds`);
  label.setAttribute("for", id);
  return make("div", "edit-field", label, row);
}
