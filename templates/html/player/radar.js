// A radar of probabilities; a table or a sentence beside it says the same in words.

const RADAR = { middle: 110, radius: 84 };

/** A point of the radar: spoke `i` of `n`, as far out as `part`. */
function radarPoint(/** @type {number} */ i, /** @type {number} */ n, /** @type {number} */ part) {
  const angle = (i / n) * 2 * Math.PI - Math.PI / 2;
  return [RADAR.middle + Math.cos(angle) * RADAR.radius * part, RADAR.middle + Math.sin(angle) * RADAR.radius * part];
}

/** A ring, or the area of probabilities, as the `points` of a polygon. */
function radarShape(/** @type {number[]} */ parts) {
  return parts.map((part, i) => radarPoint(i, parts.length, part).map((x) => x.toFixed(1)).join(",")).join(" ");
}

/** Draw the probabilities of labels. Areas grow with the root, so that small shares stay visible. */
function makeRadar(/** @type {string[]} */ labels, /** @type {Float64Array|number[]} */ probs, /** @type {number} */ top) {
  const svg = makeSvg("svg", { viewBox: "-62 8 344 204", class: "radar", "aria-hidden": "true" });
  for (const share of [0.1, 0.4, 1]) {
    svg.append(makeSvg("polygon", { class: "radar-ring", points: radarShape(Array.from(probs, () => Math.sqrt(share))) }));
  }
  probs.forEach((/** @type {number} */ _, /** @type {number} */ i) => {
    const [x, y] = radarPoint(i, probs.length, 1);
    svg.append(makeSvg("line", { class: "radar-ring", x1: RADAR.middle, y1: RADAR.middle, x2: x, y2: y }));
  });
  svg.append(makeSvg("polygon", { class: "radar-area", points: radarShape(Array.from(probs, Math.sqrt)) }));
  labels.forEach((/** @type {string} */ name, /** @type {number} */ i) => {
    const [x, y] = radarPoint(i, probs.length, 1.16);
    const anchor = Math.abs(x - RADAR.middle) < 8 ? "middle" : x > RADAR.middle ? "start" : "end";
    const text = makeSvg("text", { x, y: y + 4, "text-anchor": anchor }, spoken(name));
    if (i === top) text.setAttribute("class", "radar-top");
    svg.append(text);
  });
  return svg;
}
