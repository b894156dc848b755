// The recording of a new job: a file that is chosen or dropped, or one that is made here.

import { byId, clock } from "./shared.js";
import { size, tell } from "./asking.js";
import { drawLevel } from "./level.js";
import { lacking, reason, record } from "./recording.js";

const TRANSCRIPT = /\.(srt|vtt|ass|ssa|ttml|xml|dfxp|txt|sub|mpl|srv3)$/i;
const DOCUMENT = /\.sentigram\.json$/i;
const PLAYABLE = /^(audio|video)\//;
const LAST_MS = 60_000; // of the longest recording: said once
const QUIET_AFTER_MS = 4000;

/** @type {File|null} */
let source = null;
/** @type {File|null} */
let transcript = null;
let isOnlyHere = false; // recorded, and nowhere else yet
/** @type {import("./recording.js").Recording|null} */
let recording = null;
let stopDrawing = () => {};
let address = "";
let tellChange = () => {};
let limits = { upload_mb: 0, longest_minutes: 0 };

/** What was chosen: the recording, and the words if there are any. */
export function chosenFiles() {
  return { source, transcript };
}

/** Whether leaving the page would lose something. */
export function isPrecious() {
  return recording !== null || (source !== null && isOnlyHere);
}

/** Whether a recording is being made. */
export function isRecording() {
  return recording !== null;
}

/** The recording is on the server: it may be left. */
export function markSent() {
  isOnlyHere = false;
}

/** Wire everything that a recording is chosen with. */
export function listenToSource(/** @type {{upload_mb: number, longest_minutes: number}} */ told, /** @type {() => void} */ onChange) {
  limits = told;
  tellChange = onChange;
  byId("file").addEventListener("change", () => take(byId("file").files?.[0]));
  byId("transcript").addEventListener("change", () => takeTranscript(byId("transcript").files?.[0] ?? null));
  byId("transcript-remove").addEventListener("click", () => takeTranscript(null));
  byId("remove").addEventListener("click", takeNone);
  byId("record-sound").addEventListener("click", () => begin(false));
  byId("record-picture").addEventListener("click", () => begin(true));
  byId("stop").addEventListener("click", () => finish(""));
  byId("pause").addEventListener("click", togglePause);
  byId("throw").addEventListener("click", throwAway);
  const why = lacking();
  if (why) {
    byId("record-note").textContent = why;
    byId("record-sound").disabled = byId("record-picture").disabled = true;
  }
  listenToDrops();
}

/** Files may be dropped anywhere; a transcript is known by its name. */
function listenToDrops() {
  let depth = 0; // entering a child comes before leaving its parent
  const mark = (/** @type {number} */ step) => {
    depth = Math.max(0, depth + step);
    document.body.classList.toggle("dropping", depth > 0);
  };
  const holdsFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files");
  window.addEventListener("dragenter", (event) => holdsFiles(event) && mark(1));
  window.addEventListener("dragleave", (event) => holdsFiles(event) && mark(-1));
  window.addEventListener("dragover", (event) => event.preventDefault());
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(-depth);
    if (recording) return;
    const files = [...(event.dataTransfer?.files ?? [])];
    const words = files.find((file) => TRANSCRIPT.test(file.name));
    if (words) takeTranscript(words);
    const other = files.find((file) => file !== words);
    if (other) take(other);
  });
}

/** Choose a file. */
function take(/** @type {File|undefined} */ file, isRecorded = false) {
  if (!file) return;
  source = file;
  isOnlyHere = isRecorded;
  byId("ways").hidden = true;
  byId("recorder").hidden = true;
  byId("chosen").hidden = false;
  byId("chosen-name").textContent = file.name;
  byId("chosen-size").textContent = DOCUMENT.test(file.name) ? `${size(file.size)} · a Document: it is drawn, and nothing is heard` : size(file.size);
  byId("remove").textContent = isRecorded ? "Discard" : "Take another one";
  const isTooLarge = file.size > limits.upload_mb * 1e6;
  tell(byId("chosen-problem"), isTooLarge ? `This is larger than the ${limits.upload_mb} MB that the server takes.` : file.size ? "" : "This file is empty.");
  if (isTooLarge || !file.size) source = null;
  listen(file);
  tellChange();
  byId("chosen-name").focus();
}

/** Let the recording be heard before it is sent. */
function listen(/** @type {File} */ file) {
  const player = byId("listen");
  if (address) URL.revokeObjectURL(address);
  address = PLAYABLE.test(file.type) ? URL.createObjectURL(file) : "";
  player.hidden = !address;
  player.classList.toggle("sound", file.type.startsWith("audio/"));
  player.onerror = () => {
    player.hidden = true; // this browser cannot play it; the server may well read it
  };
  if (address) player.src = address;
  else player.removeAttribute("src");
}

/** Back to the beginning. */
function takeNone() {
  source = null;
  isOnlyHere = false;
  byId("file").value = "";
  byId("listen").pause();
  byId("listen").removeAttribute("src");
  byId("chosen").hidden = true;
  byId("ways").hidden = false;
  tellChange();
  byId("file").focus();
}

/** Choose a transcript, or none. */
function takeTranscript(/** @type {File|null} */ file) {
  transcript = file;
  if (!file) byId("transcript").value = "";
  else byId("words-given").open = true;
  byId("transcript-name").textContent = file ? `${file.name} (${size(file.size)})` : "";
  byId("transcript-remove").hidden = !file;
  tellChange();
}

/** Begin to record. */
async function begin(/** @type {boolean} */ picture) {
  if (recording) return;
  tell(byId("record-problem"), "");
  const longestMs = limits.longest_minutes * 60_000;
  for (const id of ["record-sound", "record-picture"]) byId(id).disabled = true;
  try {
    recording = await record({ picture, longestMs, mostBytes: limits.upload_mb * 1e6, onTick: showTime, onFull: finish });
  } catch (error) {
    tell(byId("record-problem"), reason(error));
    return;
  } finally {
    for (const id of ["record-sound", "record-picture"]) byId(id).disabled = false;
  }
  byId("ways").hidden = true;
  byId("recorder").hidden = false;
  byId("longest").textContent = clock(longestMs);
  byId("recorder-said").textContent = "";
  showTime(recording);
  showPause();
  const preview = byId("preview");
  preview.hidden = !picture;
  if (picture) {
    preview.srcObject = recording.stream;
    preview.play().catch(() => {}); // muted video plays; where it does not, it is only not seen
  }
  stopDrawing = drawLevel(byId("level"), recording);
  byId("stop").focus();
  tellChange();
}

/** The clock, and what there is to say about it. */
function showTime(/** @type {import("./recording.js").Recording} */ now) {
  const ms = now.ms();
  byId("timer").textContent = clock(ms);
  const isLast = ms > limits.longest_minutes * 60_000 - LAST_MS && limits.longest_minutes > 1;
  const said = now.isSilent() && ms > QUIET_AFTER_MS ? "Nothing is heard so far. Is it the right microphone, and is it on?" : isLast ? "Less than a minute is left." : "";
  if (byId("recorder-said").textContent !== said) byId("recorder-said").textContent = said;
}

/** Pause, or go on. */
function togglePause() {
  if (recording?.isPaused()) recording.resume();
  else recording?.pause();
  showPause();
}

/** Say whether it records. */
function showPause() {
  const paused = recording?.isPaused() ?? false;
  byId("pause").setAttribute("aria-pressed", String(paused));
  byId("pause").textContent = paused ? "Go on" : "Pause";
  byId("recorder").classList.toggle("paused", paused);
  byId("recorder-state").textContent = paused ? "Paused" : "Recording";
}

/** Stop, and choose what was recorded. */
async function finish(/** @type {string} */ why) {
  const done = recording;
  if (!done) return;
  recording = null;
  stopDrawing();
  const length = clock(done.ms());
  const file = await done.stop();
  byId("preview").srcObject = null;
  take(file, true);
  byId("chosen-size").textContent = `${length} · ${size(file.size)}${why ? `. ${why}` : ""}`;
}

/** Stop, and keep nothing. */
function throwAway() {
  recording?.cancel();
  recording = null;
  stopDrawing();
  byId("preview").srcObject = null;
  byId("recorder").hidden = true;
  takeNone();
  byId("record-sound").focus();
}
