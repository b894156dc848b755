// The affect of the whole talk: valence as an area around its middle, arousal as a line.

const curve = /** @type {HTMLCanvasElement} */ (byId("curve-canvas"));
// Points over the whole talk: not closer than words are, nor than a screen can show.
const CURVE_STEPS = Math.round(Math.max(8, Math.min(320, (talk.end_ms - talk.start_ms) / 400)));
const CURVE_BLUR = 3; // points to each side that a point is averaged with
const CURVE_FULL = 0.7; // valence or arousal that reaches the edge: speech seldom goes further

/** Mean valence and arousal at steps of the talk, each word counted as long as it lasts. */
function affectSteps() {
  const sums = [new Float64Array(CURVE_STEPS), new Float64Array(CURVE_STEPS), new Float64Array(CURVE_STEPS)];
  for (const word of order) {
    const vad = vadOf(word);
    if (!vad) continue;
    const step = Math.min(CURVE_STEPS - 1, Math.floor(share((words.start[word] + words.end[word]) / 2) * CURVE_STEPS));
    const length = words.end[word] - words.start[word];
    sums[0][step] += vad[0] * length;
    sums[1][step] += vad[1] * length;
    sums[2][step] += length;
  }
  const [valence, arousal, length] = sums.map(blurred);
  return [valence, arousal].map((sum) => Array.from(sum, (x, i) => (length[i] > 0 ? x / length[i] : NaN)));
}

/** Each number with its neighbours, nearer ones counting more. */
function blurred(/** @type {Float64Array} */ numbers) {
  return numbers.map((_, i) => {
    let sum = 0;
    for (let d = -CURVE_BLUR; d <= CURVE_BLUR; d++) sum += (numbers[i + d] ?? 0) * (CURVE_BLUR + 1 - Math.abs(d));
    return sum;
  });
}

/** Paint both curves; nothing where nobody speaks. */
function paintCurve() {
  const box = /** @type {HTMLElement} */ (curve.parentElement);
  box.hidden = order.every((word) => vadOf(word) === null);
  byId("curve-names").hidden = box.hidden;
  const scale = window.devicePixelRatio || 1;
  curve.width = Math.round(box.clientWidth * scale);
  curve.height = Math.round(box.clientHeight * scale);
  const pen = curve.getContext("2d");
  if (!pen || box.hidden) return;
  const style = getComputedStyle(document.documentElement);
  const [valence, arousal] = affectSteps();
  pen.fillStyle = style.getPropertyValue("--hairline");
  pen.fillRect(0, Math.round(curve.height / 2), curve.width, scale);
  const place = (/** @type {number[]} */ values, /** @type {number} */ i) => [
    ((i + 0.5) / CURVE_STEPS) * curve.width,
    (curve.height / 2) * (1 - 0.94 * Math.max(-1, Math.min(1, values[i] / CURVE_FULL))),
  ];
  pen.fillStyle = style.getPropertyValue("--accent");
  pen.globalAlpha = 0.35;
  const width = curve.width / CURVE_STEPS;
  pen.beginPath(); // one area: parts that are filled by themselves would show their seams
  valence.forEach((value, i) => {
    if (Number.isNaN(value)) return;
    const [x, y] = place(valence, i);
    pen.rect(x - width / 2, Math.min(y, curve.height / 2), width + 0.5, Math.abs(y - curve.height / 2));
  });
  pen.fill();
  pen.globalAlpha = 1;
  pen.strokeStyle = style.getPropertyValue("--ink");
  pen.lineWidth = 1.5 * scale;
  pen.lineJoin = "round";
  pen.beginPath();
  let isDrawing = false;
  arousal.forEach((value, i) => {
    const [x, y] = place(arousal, i);
    if (Number.isNaN(value)) isDrawing = false;
    else if (isDrawing) pen.lineTo(x, y);
    else pen.moveTo(x, y);
    isDrawing = !Number.isNaN(value);
  });
  pen.stroke();
}

/** The score in words: how much of the speech shows which feeling, and the mean affect. */
function describeScore() {
  /** @type {Map<string, number>} */
  const lengths = new Map(lanes.map((emotion) => [emotion, 0]));
  const sums = [0, 0, 0];
  let all = 0;
  for (const word of order) {
    if (isUnread(word)) continue;
    const length = words.end[word] - words.start[word];
    const emotion = shownEmotion(word);
    lengths.set(emotion, (lengths.get(emotion) ?? 0) + length);
    all += length;
    const vad = vadOf(word);
    if (!vad) continue;
    sums[0] += vad[0] * length;
    sums[1] += vad[1] * length;
    sums[2] += length;
  }
  if (!all) return order.length ? "Emotions were not read." : "";
  const shares = [...lengths].map(([emotion, length]) => `${spoken(emotion)} ${Math.round((100 * length) / all)} %`);
  const sides = new Set([0, 1].map((axis) => sideOf(axis, sums[axis] / sums[2])));
  const affectText = sums[2] ? ` On average it is read as ${[...sides].join(" and ")}.` : "";
  return `Of the speech: ${shares.join(", ")}.${affectText}`;
}

/** A value of valence (0), arousal (1) or dominance (2) in a word. */
function sideOf(/** @type {number} */ axis, /** @type {number} */ value) {
  const [, low, high] = AXES[axis];
  const side = value < 0 ? low : high;
  return Math.abs(value) < 0.08 ? "even" : Math.abs(value) < 0.3 ? `slightly ${side}` : side;
}
