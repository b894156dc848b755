// Everything in its order.

/** Show what an edit changed, wherever it can be seen. */
function showEdit(/** @type {Edit} */ edit, /** @type {string} */ said) {
  redrawTranscript(edit);
  searchAgain();
  drawScore();
  shownCue = -2; // built anew by the next line
  draw(media.currentTime * 1000);
  drawFeeling(activeWord);
  if (pickedWord >= 0) showPanel(pickedWord);
  drawFixes(said);
}

/** Bring the page to life. */
function start() {
  buildTranscript();
  listenToSettings();
  drawLegend();
  drawScore();
  listenToTranscript();
  listenToSearch();
  listenToScore();
  listenToDialogs();
  listenToKeys();
  listenToEditor();
  listenToExport();
  listenToMedia();
  if (words.text.length) setTabWord(0);
  draw(talk.start_ms);
  if (restore()) drawFixes("Your corrections from last time are back.");
  window.addEventListener("beforeprint", () => {
    printing = true;
    rows.forEach((_, number) => buildWords(number));
  });
  window.addEventListener("afterprint", () => (printing = false));
}
