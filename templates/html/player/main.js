// Everything in its order.

// A press leaves the field that had the focus, which may be an edit. Drawing it at once would put
// new buttons under the mouse before it is up, and the click would be lost: it waits for the click.
let pressing = false;
/** @type {{edit: Edit, said: string}[]} */
const waiting = [];

/** Show what an edit changed, wherever it can be seen. */
function showEdit(/** @type {Edit} */ edit, /** @type {string} */ said) {
  waiting.push({ edit, said });
  if (!pressing) showWaiting();
}

/** Show all edits that were not shown yet, as one. */
function showWaiting() {
  if (!waiting.length) return;
  const shown = waiting.splice(0);
  const lines = shown.flatMap(({ edit }) => (edit.utterances ? [edit.utterances] : []));
  for (const word of [rangeFrom, rangeTo]) if (word >= 0 && places[word] < 0) dropRange();
  if (pickedWord >= 0 && places[pickedWord] < 0) hidePanel();
  redrawTranscript({
    name: "",
    words: shown.flatMap(({ edit }) => edit.words),
    utterances: lines.length ? [lines[0][0], lines[lines.length - 1][1]] : null,
  });
  searchAgain();
  drawScore();
  shownCue = -2; // built anew by the next line
  draw(media.currentTime * 1000);
  drawFeeling(activeWord);
  if (pickedWord >= 0) showPanel(pickedWord);
  drawFixes(shown[shown.length - 1].said);
}

/** Know when a mouse button is down; the click comes before what waits. */
function listenToPresses() {
  window.addEventListener("mousedown", () => (pressing = true), { capture: true });
  for (const kind of ["mouseup", "dragend", "blur"]) {
    window.addEventListener(
      kind,
      (event) => {
        if (kind === "blur" && event.target !== window) return;
        pressing = false;
        window.setTimeout(showWaiting);
      },
      { capture: true },
    );
  }
}

/** Bring the page to life. */
function start() {
  reorder();
  buildTranscript();
  listenToSettings();
  drawLegend();
  drawMissed();
  drawSounds();
  drawNotes();
  drawScore();
  listenToTranscript();
  listenToTouch();
  listenToSearch();
  listenToScore();
  listenToDialogs();
  listenToKeys();
  listenToEditor();
  listenToSaving();
  listenToExport();
  listenToPresses();
  listenToPrinting();
  listenToFullScreen();
  listenToMedia();
  if (order.length) setTabWord(order[0]);
  draw(talk.start_ms);
  if (restore()) drawFixes("Your corrections from last time are back.");
}
