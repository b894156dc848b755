// Speech without words, and what was said about the recording while it was heard.

/** @type {[start: number, end: number][]} */
const missed = talk.missed;
/** @type {string[]} */
const notes = talk.notes;

/** `2.7 seconds`, or in whole ones from ten on. */
function lasting(/** @type {number} */ ms) {
  const seconds = ms < 10_000 ? Math.round(ms / 100) / 10 : Math.round(ms / 1000);
  return `${seconds} second${seconds === 1 ? "" : "s"}`;
}

/** The nearest second, as the command line says it. */
function roundClock(/** @type {number} */ ms) {
  return clock(ms + 500);
}

/** The list of stretches, each to jump to. */
function drawMissed() {
  byId("missed").hidden = !missed.length;
  if (!missed.length) return;
  const all = missed.reduce((sum, [start, end]) => sum + end - start, 0);
  const places = missed.length === 1 ? "1 place" : `${missed.length} places`;
  byId("missed-title").textContent = `Speech without words: ${places}, ${lasting(all)}`;
  const items = missed.map(([start, end]) => {
    const button = make("button", "plain", `${roundClock(start)}\u2013${roundClock(Math.max(end, start + 1000))}`);
    button.setAttribute("type", "button");
    button.setAttribute("aria-label", `Play from ${roundClock(start)}: ${lasting(end - start)} of speech without words`);
    button.addEventListener("click", () => {
      seek(start);
      follow(true);
      play();
    });
    return make("li", "", button);
  });
  byId("missed-list").replaceChildren(...items);
}

/** A line of the transcript where words are missing. */
function missedRow(/** @type {[number, number]} */ [start, end]) {
  const text = make("span", "u-words", `[speech without words, ${lasting(end - start)}]`);
  return make("div", "u u-missed", make("span", "u-time", roundClock(start)), text);
}

/** The stretch without words at a time, undefined where there is none. */
function missedAt(/** @type {number} */ ms) {
  return missed.find(([start, end]) => ms >= start && ms < end);
}

/** What is to be known about this transcript. */
function drawNotes() {
  byId("about").hidden = !notes.length;
  byId("about-title").textContent = `About this transcript: ${notes.length === 1 ? "1 note" : `${notes.length} notes`}`;
  byId("about-list").replaceChildren(...notes.map((note) => Object.assign(make("li", "", note), { dir: "auto" })));
}
