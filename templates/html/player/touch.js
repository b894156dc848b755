// A long press on a word opens its correction, where there is no key to do that with.

const LONG_PRESS_MS = 500;
const PRESS_SLACK_PX = 10; // a finger is never still
let pressTimer = 0;
let isLongPress = false;
let pressedBy = "";

/** The word that an event of the transcript is about, null where it is about none. */
function wordSpanOf(/** @type {Event} */ event) {
  return /** @type {HTMLElement|null} */ (/** @type {HTMLElement} */ (event.target).closest("[data-word]"));
}

/** Wire presses of fingers and pens; the click that ends a long one is no choice. */
function listenToTouch() {
  let from = [0, 0];
  transcript.addEventListener("pointerdown", (event) => {
    const span = wordSpanOf(event);
    isLongPress = false;
    pressedBy = event.pointerType;
    if (!span || pressedBy === "mouse") return;
    from = [event.clientX, event.clientY];
    pressTimer = window.setTimeout(() => {
      isLongPress = true;
      editWord(Number(span.dataset.word));
    }, LONG_PRESS_MS);
  });
  transcript.addEventListener("pointermove", (event) => {
    if (Math.hypot(event.clientX - from[0], event.clientY - from[1]) > PRESS_SLACK_PX) window.clearTimeout(pressTimer);
  });
  for (const kind of ["pointerup", "pointercancel"]) transcript.addEventListener(kind, () => window.clearTimeout(pressTimer));
  transcript.addEventListener("contextmenu", (event) => wordSpanOf(event) && pressedBy === "touch" && event.preventDefault());
  transcript.addEventListener(
    "click",
    (event) => {
      if (!isLongPress) return;
      isLongPress = false;
      event.stopPropagation();
    },
    { capture: true },
  );
}
