// Full screen: the stage with its captions. Where a browser lets only a bare video fill the screen, as
// on an iPhone, captions would be lost: the stage fills the window instead.

const root = document.documentElement;

/** Whether the stage fills the window, for want of a screen to fill. */
function isFilled() {
  return root.classList.contains("filled");
}

/** Fill the window with the stage, or not; what it covers cannot be reached meanwhile. */
function fillWindow(/** @type {boolean} */ wanted) {
  root.classList.toggle("filled", wanted);
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".masthead, .right, .left > :not(.stage)"))) {
    part.inert = wanted;
  }
  showFull();
}

/** Fill the screen with the stage, captions included, or leave it. */
function toggleFullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (isFilled()) fillWindow(false);
  else if (document.fullscreenEnabled) stage.requestFullscreen().catch(() => fillWindow(true));
  else fillWindow(true);
}

/** Show which it is. */
function showFull() {
  const isFull = document.fullscreenElement === stage || isFilled();
  stage.classList.toggle("full", isFull);
  byId("full-screen").setAttribute("aria-pressed", String(isFull));
  byId("full-screen").title = isFull ? "Leave full screen (F)" : "Full screen (F)";
}

/** Wire the button. */
function listenToFullScreen() {
  byId("full-screen").addEventListener("click", toggleFullScreen);
  document.addEventListener("fullscreenchange", showFull);
}
