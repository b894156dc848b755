// What can be heard besides words: a lane of the score, a list, and captions where nobody speaks.

/** @type {[start: number, end: number, label: string, confidence: number, source: string][]} */
const sounds = talk.sounds;
/** @type {[start: number, end: number, text: string][]} */
const soundCues = talk.sound_cues;
let shownSound = "";

/** What a caption of a sound says at a time, "" where there is none. */
function soundCueAt(/** @type {number} */ ms) {
  return soundCues.find(([start, end]) => ms >= start && ms < end)?.[2] ?? "";
}

/** Show a sound over the picture, where no words are; screen readers are told where words are too. */
function showSound(/** @type {string} */ text) {
  if (text === shownSound) return;
  shownSound = text;
  if (!text) {
    captions.replaceChildren();
    return;
  }
  captions.dataset.side = "middle";
  const row = make("div", "line s-neutral-0", make("span", "w s-neutral-0 label", text));
  row.dir = directionOf(text) || "ltr";
  captions.replaceChildren(row);
  fitCaptions();
  const spokenLine = byId("spoken");
  if (spokenLine.getAttribute("aria-live") !== "off") spokenLine.textContent = text;
}

/** The sounds at a time, in words. */
function soundsAt(/** @type {number} */ ms) {
  return distinct(sounds.filter(([start, end]) => ms >= start && ms < end).map((sound) => sound[2])).join(", ");
}

/** The list of sounds, each to jump to. */
function drawSounds() {
  byId("sounds").hidden = !sounds.length;
  if (!sounds.length) return;
  byId("sounds-title").textContent = `Sounds: ${sounds.length === 1 ? "1 place" : `${sounds.length} places`}`;
  const items = sounds.map(([start, end, label, confidence, source]) => {
    const button = make("button", "plain", `${roundClock(start)}\u2013${roundClock(Math.max(end, start + 1000))} ${label}`);
    button.setAttribute("type", "button");
    const surely = source === "given" ? "from the transcript" : `heard, ${Math.round(100 * confidence)} % sure`;
    button.setAttribute("aria-label", `Play from ${roundClock(start)}: ${label}, ${lasting(end - start)}, ${surely}`);
    button.title = surely;
    button.addEventListener("click", () => {
      seek(start);
      follow(true);
      play();
    });
    return make("li", "", button);
  });
  byId("sounds-list").replaceChildren(...items);
}

/** Paint sounds as bars in a lane of their own. */
function paintSounds(pen, /** @type {number} */ middle, /** @type {number} */ row, /** @type {number} */ width) {
  pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--quiet");
  for (const [start, end] of sounds) {
    const left = Math.floor(share(start) * width);
    pen.fillRect(left, middle - 0.1 * row, Math.max(2, Math.ceil(share(end) * width) - left), 0.2 * row);
  }
}
