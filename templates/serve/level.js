// The meter: the last seconds of a recording as a band of bars, the newest at the right.

const BAR_PX = 3;
const STEP_PX = 5;
const QUIETEST_DB = -60;
const EACH_MS = 50;

/** Draw what a recording hears until `stop` is called. */
export function drawLevel(/** @type {HTMLCanvasElement} */ canvas, /** @type {{level: () => number, isPaused: () => boolean}} */ recording) {
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  /** @type {number[]} */
  const past = [];
  let last = 0;
  let frame = requestAnimationFrame(step);

  function step(/** @type {number} */ now) {
    frame = requestAnimationFrame(step);
    if (now - last < EACH_MS) return;
    last = now;
    const width = canvas.clientWidth;
    const loud = heightOf(recording.level());
    if (!recording.isPaused()) past.push(loud);
    past.splice(0, Math.max(0, past.length - Math.floor(width / STEP_PX)));
    draw(width, canvas.clientHeight, loud);
  }

  function draw(/** @type {number} */ width, /** @type {number} */ height, /** @type {number} */ loud) {
    const scale = window.devicePixelRatio || 1;
    canvas.width = width * scale;
    canvas.height = height * scale;
    const brush = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    brush.scale(scale, scale);
    brush.fillStyle = getComputedStyle(canvas).color;
    if (calm.matches) {
      brush.fillRect(0, height / 2 - 4, width * loud, 8); // one bar: nothing runs by
      return;
    }
    past.forEach((bar, i) => {
      const tall = Math.max(2, bar * height);
      brush.fillRect(width - (past.length - i) * STEP_PX, (height - tall) / 2, BAR_PX, tall);
    });
  }
  return () => cancelAnimationFrame(frame);
}

/** From root mean square to a share of the height: decibels, as ears hear. */
function heightOf(/** @type {number} */ rms) {
  const db = 20 * Math.log10(Math.max(rms, 1e-6));
  return Math.min(1, Math.max(0, 1 - db / QUIETEST_DB) * 1.15);
}
