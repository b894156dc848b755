// Playing: one media element, a clock that follows it exactly, and the viewer's own file.

const media = /** @type {HTMLVideoElement} */ (byId("media"));
const stage = byId("stage");
const SLOW_FPS = 20; // below this, frames come too seldom to mark words by
const HOLD_MS = 250; // a word stays marked this long into a pause
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];
let ticking = false;
let saidSecond = -1;
let objectUrl = "";

/** Draw everything that depends on the time; whole milliseconds, for 0.4 s may read 0.39999. */
function draw(/** @type {number} */ time) {
  const ms = Math.round(time);
  const near = wordAt(ms);
  const active = near >= 0 && ms < words.end[near] + HOLD_MS ? near : -1;
  drawCaptions(ms, active);
  if (active !== activeWord) drawFeeling(active);
  markActive(active, near);
  moveHead(ms);
  const second = Math.floor(ms / 1000);
  if (second === saidSecond) return;
  saidSecond = second;
  byId("now").textContent = clock(ms);
  sayPosition(ms, active < 0 ? "" : feeling(active));
}

/** Name the feeling of the moment beside the clock. */
function drawFeeling(/** @type {number} */ word) {
  const place = byId("now-feeling");
  const felt = word < 0 ? "" : feeling(word);
  place.textContent = felt;
  place.style.setProperty("--swatch", felt ? swatchOf(shownEmotion(word)) : "transparent");
}

/** Draw frame by frame while the media plays, and only then. */
function tick(/** @type {number} */ _now, /** @type {{mediaTime: number}|undefined} */ frame = undefined) {
  ticking = false;
  draw((frame?.mediaTime ?? media.currentTime) * 1000);
  if (talk.end_ms < talk.media.duration_ms && media.currentTime * 1000 >= talk.end_ms) media.pause();
  keepTicking();
}

/** Ask for the next frame: of the video where it has enough of them, else of the screen. */
function keepTicking() {
  if (ticking || media.paused || media.ended) return;
  ticking = true;
  const byFrame = "requestVideoFrameCallback" in media && media.videoWidth > 0 && talk.media.fps >= SLOW_FPS;
  if (byFrame) media.requestVideoFrameCallback(tick);
  else window.requestAnimationFrame((now) => tick(now));
}

/** Go to a time. */
function seek(/** @type {number} */ ms) {
  const to = Math.max(talk.start_ms, Math.min(talk.end_ms, ms));
  media.currentTime = to / 1000;
  stage.classList.add("started");
  draw(to);
}

/** Start or stop. */
function togglePlay() {
  if (!media.paused) {
    media.pause();
    return;
  }
  if (media.currentTime * 1000 >= talk.end_ms - 50) seek(talk.start_ms);
  play();
}

/** Play on from where the recording stands; ask for it where there is none. */
function play() {
  media.play().catch((error) => {
    if (error.name !== "AbortError") askForFile();
  });
}

/** Ask for the recording where it is not beside the page. */
function askForFile() {
  stage.classList.add("unfound");
  byId("chooser").hidden = false;
  byId("chooser-text").textContent = objectUrl
    ? "This browser cannot play that file. Try another one."
    : `“${talk.media.name}” is not beside this page, or this browser cannot play it.`;
}

/** Play a file that the viewer chose. */
function useFile(/** @type {File|undefined} */ file) {
  if (!file) return;
  if (objectUrl) URL.revokeObjectURL(objectUrl);
  objectUrl = URL.createObjectURL(file);
  media.src = objectUrl;
}

/** What to do once the media is there. */
function mediaIsThere() {
  byId("chooser").hidden = true;
  stage.classList.remove("unfound");
  if (media.currentTime * 1000 < talk.start_ms) media.currentTime = talk.start_ms / 1000;
}

/** Show whether it plays. */
function showPlaying() {
  const playing = !media.paused && !media.ended;
  stage.classList.toggle("playing", playing);
  if (playing) stage.classList.add("started");
  byId("play").setAttribute("aria-label", playing ? "Pause" : "Play");
  keepTicking();
}

/** Go `step` speeds up or down; 0 goes up, and on from the highest to the lowest. */
function changeSpeed(/** @type {number} */ step = 0) {
  const now = SPEEDS.indexOf(media.playbackRate);
  const next = SPEEDS[step ? Math.max(0, Math.min(SPEEDS.length - 1, now + step)) : (now + 1) % SPEEDS.length];
  media.playbackRate = next;
  byId("speed").textContent = `${next}×`;
  byId("speed").setAttribute("aria-label", `Speed: ${next} times`);
}

/** Show how loud it is. */
function showVolume() {
  const volume = /** @type {HTMLInputElement} */ (byId("volume"));
  volume.value = String(media.muted ? 0 : media.volume);
  byId("mute").setAttribute("aria-pressed", String(media.muted));
}

/** Make it louder or quieter, which also ends silence. */
function setVolume(/** @type {number} */ volume) {
  media.volume = Math.max(0, Math.min(1, volume));
  media.muted = false;
}

/** Whether scripts may set the volume: on iPhones only the keys at the side may. */
function canSetVolume() {
  const before = media.volume;
  media.volume = 0.5;
  const could = media.volume === 0.5;
  media.volume = before;
  return could;
}

/** Let a screen reader read each caption, or not. */
function toggleSpeaking() {
  const button = byId("speak");
  const wanted = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(wanted));
  byId("spoken").setAttribute("aria-live", wanted ? "polite" : "off");
  byId("spoken").textContent = "";
}

/** Take a file that is dropped anywhere. */
function listenToDrops() {
  window.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  window.addEventListener("dragleave", () => document.body.classList.remove("dropping"));
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    useFile(event.dataTransfer?.files[0]);
  });
}

/** Wire the player, then load the recording. */
function listenToMedia() {
  media.addEventListener("error", askForFile);
  media.addEventListener("loadedmetadata", mediaIsThere);
  for (const kind of ["play", "playing", "pause", "ended"]) media.addEventListener(kind, showPlaying);
  for (const kind of ["seeked", "timeupdate", "loadeddata"]) {
    media.addEventListener(kind, () => media.paused && draw(media.currentTime * 1000));
  }
  media.addEventListener("click", togglePlay);
  byId("big-play").addEventListener("click", togglePlay);
  byId("play").addEventListener("click", togglePlay);
  byId("speed").addEventListener("click", () => changeSpeed());
  byId("speak").addEventListener("click", toggleSpeaking);
  byId("mute").addEventListener("click", () => (media.muted = !media.muted));
  const volume = /** @type {HTMLInputElement} */ (byId("volume"));
  volume.hidden = !canSetVolume();
  volume.addEventListener("input", () => setVolume(Number(volume.value)));
  media.addEventListener("volumechange", showVolume);
  const file = /** @type {HTMLInputElement} */ (byId("file"));
  file.addEventListener("change", () => useFile(file.files?.[0]));
  listenToDrops();
  new ResizeObserver(fitCaptions).observe(byId("picture"));
  byId("total").textContent = clock(talk.end_ms);
  media.src = talk.media.href;
}
