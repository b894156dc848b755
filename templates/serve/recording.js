// Recording: the browser's own recorder, a meter of what it hears, and a clock that stops it.

const SOUNDS = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus", "audio/webm"];
const PICTURES = ["video/webm;codecs=vp9,opus", "video/webm;codecs=vp8,opus", "video/mp4", "video/webm"];
const PIECE_MS = 1000; // what was recorded is handed over this often, so that none is lost
const TICK_MS = 200;
const SILENCE = 0.004; // root mean square; a quiet room is about a tenth of quiet speech
const VIDEO_BITS = 2_000_000;
const REASONS = /** @type {Record<string, string>} */ ({
  NotAllowedError: "The browser was not allowed to. Allow it in the address bar or in the settings of the system, then press again.",
  SecurityError: "The browser does not allow recording on this page.",
  NotFoundError: "No such device was found. Connect one, then press again.",
  NotReadableError: "Another program uses the device. Close it, then press again.",
  OverconstrainedError: "No device fits. Connect another one, then press again.",
});

/** Why nothing can be recorded here; "" where it can. */
export function lacking() {
  if (!window.isSecureContext) return "Browsers record only on pages that come by https, or from this very machine.";
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) return "This browser cannot record. Record with another program, and bring the file.";
  return "";
}

/** What a failure to begin means for a person. */
export function reason(/** @type {any} */ error) {
  return REASONS[error?.name] ?? "It could not be recorded here. Record with another program, and bring the file.";
}

/**
 * A recording on its way.
 * @typedef {object} Recording
 * @property {MediaStream} stream
 * @property {() => void} pause
 * @property {() => void} resume
 * @property {() => boolean} isPaused
 * @property {() => number} ms
 * @property {() => number} level of the sound now, root mean square
 * @property {() => boolean} isSilent nothing was heard so far
 * @property {() => Promise<File>} stop
 * @property {() => void} cancel
 */

/**
 * Begin to record; asks for the permission, so only a press may call it.
 * @param {{picture: boolean, longestMs: number, mostBytes: number, onTick: (recording: Recording) => void, onFull: (why: string) => void}} wanted
 * @returns {Promise<Recording>}
 */
export async function record({ picture, longestMs, mostBytes, onTick, onFull }) {
  const video = picture ? { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: "user" } : false;
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, autoGainControl: true }, video });
  const mimeType = (picture ? PICTURES : SOUNDS).find((type) => MediaRecorder.isTypeSupported(type));
  /** @type {MediaRecorder} */
  let recorder;
  try {
    recorder = new MediaRecorder(stream, { mimeType, ...(picture ? { videoBitsPerSecond: VIDEO_BITS } : {}) });
  } catch (error) {
    release(stream);
    throw error;
  }
  /** @type {Blob[]} */
  const pieces = [];
  const lock = await navigator.wakeLock?.request("screen").catch(() => null); // a phone that sleeps hears nothing
  const context = new AudioContext();
  const meter = context.createAnalyser();
  const samples = new Float32Array((meter.fftSize = 1024));
  context.createMediaStreamSource(stream).connect(meter);
  let bytes = 0;
  let loudest = 0;
  let before = 0; // milliseconds before the last pause
  let since = performance.now();
  const ms = () => before + (recorder.state === "recording" ? performance.now() - since : 0);
  const level = () => {
    meter.getFloatTimeDomainData(samples);
    const rms = Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
    loudest = Math.max(loudest, rms);
    return rms;
  };
  recorder.addEventListener("dataavailable", ({ data }) => {
    if (data.size) pieces.push(data);
    bytes += data.size;
    if (bytes > mostBytes && recorder.state !== "inactive") onFull("It is as large as the server takes.");
  });
  recorder.start(PIECE_MS);
  /** @type {Recording} */
  const recording = {
    stream,
    pause: () => {
      before = ms();
      recorder.pause();
    },
    resume: () => {
      since = performance.now();
      recorder.resume();
    },
    isPaused: () => recorder.state === "paused",
    ms,
    level,
    isSilent: () => loudest < SILENCE,
    stop: async () => {
      await halt();
      const type = recorder.mimeType || mimeType || "";
      return new File(pieces, `${nameNow()}.${endingOf(type)}`, { type: type.split(";")[0] });
    },
    cancel: () => void halt(),
  };
  const ticking = window.setInterval(() => {
    onTick(recording);
    if (ms() >= longestMs) onFull("It is as long as the server takes.");
  }, TICK_MS);
  for (const track of stream.getTracks()) track.addEventListener("ended", () => recorder.state !== "inactive" && onFull("The device was taken away."));

  /** Stop everything; resolves when all that was recorded is there. */
  function halt() {
    window.clearInterval(ticking);
    const stopped = new Promise((done) => {
      if (recorder.state === "inactive") done(undefined);
      else recorder.addEventListener("stop", () => done(undefined), { once: true });
    });
    before = ms();
    if (recorder.state !== "inactive") recorder.stop();
    return stopped.then(() => {
      release(stream);
      lock?.release().catch(() => {}); // let go already where the page was hidden
      if (context.state !== "closed") return context.close();
    });
  }
  return recording;
}

/** Let go of the devices: their lights go out. */
function release(/** @type {MediaStream} */ stream) {
  for (const track of stream.getTracks()) track.stop();
}

/** `recording 2026-01-31 14.05`. */
function nameNow() {
  const now = new Date();
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return `recording ${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())} ${two(now.getHours())}.${two(now.getMinutes())}`;
}

/** What a file of a type is called after its name. */
function endingOf(/** @type {string} */ type) {
  if (type.includes("webm")) return "webm";
  if (type.includes("ogg")) return "ogg";
  return type.startsWith("audio") ? "m4a" : "mp4";
}
