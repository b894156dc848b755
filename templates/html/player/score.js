// The score: a picture of the whole talk, one line per emotion, to click on.

const field = byId("score-field");
const canvas = /** @type {HTMLCanvasElement} */ (byId("score-canvas"));
const BRIDGE_MS = 500; // gaps between words of one feeling that are drawn as one
/** @type {string[]} */
let lanes = [];

/** The feelings that occur, the longest first, then raised voices, plain speech last. */
function findLanes() {
  /** @type {Map<string, number>} */
  const lengths = new Map();
  for (const word of order) {
    if (isUnread(word)) continue;
    const emotion = shownEmotion(word);
    lengths.set(emotion, (lengths.get(emotion) ?? 0) + words.end[word] - words.start[word]);
  }
  const rank = (/** @type {string} */ name) => [RAISED, "neutral"].indexOf(name); // emotions come first, at -1
  lanes = [...lengths.keys()].sort((a, b) => rank(a) - rank(b) || (lengths.get(b) ?? 0) - (lengths.get(a) ?? 0));
}

/** Draw names and lines for the present look. */
function drawScore() {
  swatches.clear();
  findLanes();
  const names = lanes.map((emotion) => {
    const button = make("button", "score-name", spoken(emotion));
    button.setAttribute("type", "button");
    button.setAttribute("aria-pressed", String(wanted.has(emotion)));
    button.dataset.emotion = emotion;
    button.style.setProperty("--swatch", swatchOf(emotion));
    return button;
  });
  if (sounds.length) names.push(make("span", "score-name score-sounds", "sounds"));
  byId("score-names").replaceChildren(...names);
  byId("score-text").textContent = describeScore();
  paint();
}

/** @type {Map<string, string>} */
const swatches = new Map();

/** The colour of an emotion on the page; asked for at every word, so it is kept. */
function swatchOf(/** @type {string} */ emotion) {
  const known = swatches.get(emotion);
  if (known !== undefined) return known;
  const colour = readSwatch(emotion);
  swatches.set(emotion, colour);
  return colour;
}

/** Ask the style sheet for the colour of an emotion. */
function readSwatch(/** @type {string} */ emotion) {
  const probe = make("span", emotionClass(emotion));
  probe.hidden = true;
  document.body.append(probe);
  const style = getComputedStyle(probe);
  const colour = style.getPropertyValue("--swatch") || style.getPropertyValue("--quiet");
  probe.remove();
  return colour.trim();
}

/** Colours that were asked for hold for one scheme: ask again for the other. */
function recolour() {
  drawScore();
  drawFeeling(activeWord);
  if (pickedWord >= 0) showPanel(pickedWord);
}

/** Paint lanes and curves. */
function paint() {
  paintLanes();
  paintCurve();
}

/** Where a time lies on the score, from 0 to 1. */
function share(/** @type {number} */ ms) {
  return Math.max(0, Math.min(1, (ms - talk.start_ms) / (talk.end_ms - talk.start_ms)));
}

/** Paint every word as a bar: as long as it lasts, as high as it is intense. */
function paintLanes() {
  const scale = window.devicePixelRatio || 1;
  const width = Math.round(field.clientWidth * scale);
  const height = Math.round(field.clientHeight * scale);
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d");
  if (!pen || !(lanes.length || missed.length || sounds.length)) return;
  const row = height / (lanes.length + Number(sounds.length > 0));
  const line = getComputedStyle(document.documentElement).getPropertyValue("--hairline");
  lanes.forEach((emotion, lane) => {
    pen.fillStyle = line;
    pen.fillRect(0, Math.round((lane + 0.5) * row), width, scale);
    pen.fillStyle = swatchOf(emotion);
    paintLane(pen, emotion, (lane + 0.5) * row, row, width);
  });
  if (sounds.length) paintSounds(pen, (lanes.length + 0.5) * row, row, width);
  paintMissed(pen, width, height, scale);
}

/** Hatch the stretches in which somebody speaks and no words are known, over all lanes. */
function paintMissed(pen, /** @type {number} */ width, /** @type {number} */ height, /** @type {number} */ scale) {
  pen.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--quiet");
  pen.lineWidth = scale;
  for (const [start, end] of missed) {
    const left = Math.floor(share(start) * width);
    const wide = Math.max(3 * scale, Math.ceil(share(end) * width) - left);
    pen.save();
    pen.beginPath();
    pen.rect(left, 0, wide, height);
    pen.clip();
    pen.beginPath();
    for (let x = left - height; x < left + wide; x += 6 * scale) {
      pen.moveTo(x, height);
      pen.lineTo(x + height, 0);
    }
    pen.rect(left, 0, wide, height);
    pen.stroke();
    pen.restore();
  }
}

/** Paint the bars of one emotion around a middle line. */
function paintLane(pen, /** @type {string} */ emotion, /** @type {number} */ middle, /** @type {number} */ row, /** @type {number} */ width) {
  for (const word of saidWords) {
    if (isUnread(word) || shownEmotion(word) !== emotion) continue;
    const next = saidBeside(word, 1);
    const touches = next >= 0 && words.start[next] - words.end[word] < BRIDGE_MS && shownEmotion(next) === emotion;
    const left = share(words.start[word]) * width;
    const right = share(touches ? words.start[next] : words.end[word]) * width;
    const size = emotion === "neutral" ? 0.14 : 0.2 + 0.52 * strengthOf(word);
    pen.fillRect(Math.floor(left), middle - (size * row) / 2, Math.max(1, Math.ceil(right) - Math.floor(left)), size * row);
  }
}

/** Move the line that shows where we are. */
function moveHead(/** @type {number} */ ms) {
  byId("score-head").style.left = `${share(ms) * 100}%`;
}

/** Say where we are, for screen readers; at most once a second. */
function sayPosition(/** @type {number} */ ms, /** @type {string} */ felt) {
  field.setAttribute("aria-valuemax", String(Math.round((talk.end_ms - talk.start_ms) / 1000)));
  field.setAttribute("aria-valuenow", String(Math.round((ms - talk.start_ms) / 1000)));
  field.setAttribute("aria-valuetext", `${clock(ms)} of ${clock(talk.end_ms)}${felt ? `, ${felt}` : ""}`);
}

/** The time under the pointer. */
function timeAt(/** @type {PointerEvent} */ event) {
  const box = field.getBoundingClientRect();
  const part = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
  return talk.start_ms + part * (talk.end_ms - talk.start_ms);
}

/** Show time and words under the pointer. */
function hover(/** @type {PointerEvent} */ event) {
  const ms = timeAt(event);
  const word = wordAt(ms);
  const hint = byId("score-hover");
  const near = word >= 0 && ms - words.end[word] < 1500 ? plainText(order.slice(places[word], places[word] + 5)) : "";
  const text = near || (missedAt(ms) ? "speech without words" : soundsAt(ms));
  hint.textContent = text ? `${clock(ms)}  ${text}` : clock(ms);
  hint.hidden = false;
  const half = hint.offsetWidth / 2;
  const at = share(ms) * field.clientWidth;
  hint.style.left = `${Math.max(half, Math.min(field.clientWidth - half, at))}px`;
}

/** Wire the score: click, drag, hover, and the names as filters. */
function listenToScore() {
  const area = byId("score-area"); // lanes and curves: one ground to point at
  area.addEventListener("pointerdown", (event) => {
    area.setPointerCapture(event.pointerId);
    seek(timeAt(event));
  });
  area.addEventListener("pointermove", (event) => {
    hover(event);
    if (event.buttons & 1) seek(timeAt(event));
  });
  area.addEventListener("pointerleave", () => (byId("score-hover").hidden = true));
  byId("score-names").addEventListener("click", (event) => {
    const emotion = /** @type {HTMLElement|null} */ (/** @type {HTMLElement} */ (event.target).closest("[data-emotion]"))?.dataset.emotion;
    if (!emotion) return;
    if (!wanted.delete(emotion)) wanted.add(emotion);
    filter();
  });
  new ResizeObserver(paint).observe(field);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
}
