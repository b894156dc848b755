// The keyboard, where no field or menu has it.

/** @type {Object<string, () => void>} */
const KEYS = {
  " ": togglePlay,
  k: togglePlay,
  j: () => seek(media.currentTime * 1000 - 10000),
  l: () => seek(media.currentTime * 1000 + 10000),
  ArrowLeft: () => seek(media.currentTime * 1000 - 5000),
  ArrowRight: () => seek(media.currentTime * 1000 + 5000),
  ArrowUp: () => setVolume(media.volume + 0.1),
  ArrowDown: () => setVolume(media.volume - 0.1),
  m: () => (media.muted = !media.muted),
  Home: () => seek(talk.start_ms),
  End: () => seek(talk.end_ms),
  "[": () => changeSpeed(-1),
  "]": () => changeSpeed(1),
  e: () => editWord(wordInMind()),
  E: () => editWord(wordInMind(), "fix-line"),
  f: toggleFullScreen,
  "/": () => byId("search").focus(),
  "?": () => /** @type {HTMLDialogElement} */ (byId("help")).showModal(),
  Escape: escape,
};

/** Leave one thing: the filled window, the form, the panel, or the filter. */
function escape() {
  if (isFilled()) fillWindow(false);
  else if (editing) stopEditing();
  else if (!byId("panel").hidden) hidePanel();
  else if (wanted.size) {
    wanted.clear();
    filter();
  }
}

/** Whether single characters are shortcuts: the viewer may need them off (speech input, typing). */
function singleKeys() {
  return /** @type {HTMLInputElement} */ (byId("single-keys")).checked;
}

/** Whether the focused element needs the key itself. */
function needsKey(/** @type {HTMLElement} */ target, /** @type {string} */ key) {
  if (key === "Escape") return target.closest("dialog[open]") !== null;
  if (target.closest("input, select, textarea, dialog[open]")) return true;
  // Words are buttons that Enter presses: after a click on one, Space pauses as everywhere.
  return key === " " && target.closest("button, summary") !== null;
}

/** Wire the keyboard. */
function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const isCharacter = event.key.length === 1;
    const isShifted = event.shiftKey && Object.hasOwn(KEYS, event.key);
    const key = isCharacter && !isShifted ? event.key.toLowerCase() : event.key;
    if (!Object.hasOwn(KEYS, key) || needsKey(/** @type {HTMLElement} */ (event.target), key)) return;
    if (isCharacter && !singleKeys()) return;
    event.preventDefault();
    KEYS[key]();
  });
}
