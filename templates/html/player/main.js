// Everything in its order.

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
  listenToMedia();
  window.addEventListener("beforeprint", () => rows.forEach((_, number) => buildWords(number)));
  draw(talk.start_ms);
}
