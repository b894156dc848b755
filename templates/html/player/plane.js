// Valence and arousal as a plane: where a word lies, and the words around it. Bars say it in words.

const PLANE = { middle: 100, radius: 76, around: 8 };

/** Where valence and arousal lie on the plane. */
function planePoint(/** @type {Float64Array} */ vad) {
  return [PLANE.middle + vad[0] * PLANE.radius, PLANE.middle - vad[1] * PLANE.radius];
}

/** Draw a word among its neighbours; the dot is the larger, the more in control the speaker sounds. */
function makePlane(/** @type {number} */ word) {
  const svg = makeSvg("svg", { viewBox: "-58 -6 316 212", class: "plane", "aria-hidden": "true" });
  const { middle, radius } = PLANE;
  svg.append(makeSvg("rect", { class: "radar-ring", x: middle - radius, y: middle - radius, width: 2 * radius, height: 2 * radius, rx: 10 }));
  svg.append(makeSvg("path", { class: "radar-ring", d: `M${middle - radius} ${middle}h${2 * radius}M${middle} ${middle - radius}v${2 * radius}` }));
  const near = [];
  for (const other of order.slice(Math.max(0, places[word] - PLANE.around), places[word] + PLANE.around + 1)) {
    const vad = vadOf(other);
    if (vad) near.push([other, ...planePoint(vad)]);
  }
  svg.append(makeSvg("polyline", { class: "plane-way", points: near.map(([, x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ") }));
  for (const [i, x, y] of near) if (i !== word) svg.append(makeSvg("circle", { class: "plane-near", cx: x, cy: y, r: 2.5 }));
  const vad = vadOf(word);
  if (vad) {
    const [cx, cy] = planePoint(vad);
    svg.append(makeSvg("circle", { class: "plane-word", cx, cy, r: 7 + 3 * vad[2] }));
  }
  const names = [["excited", middle, 14], ["calm", middle, 197]];
  for (const [name, x, y] of names) svg.append(makeSvg("text", { x, y, "text-anchor": "middle" }, name));
  svg.append(makeSvg("text", { x: 18, y: middle - 6, "text-anchor": "end" }, "unpleasant"));
  svg.append(makeSvg("text", { x: 182, y: middle - 6, "text-anchor": "start" }, "pleasant"));
  return svg;
}
