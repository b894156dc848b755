// Looks: which class each word wears. All style is in the style sheet; here classes are exchanged.

let look = /** @type {Look} */ (talk.looks[0]);
let table = /** @type {number[]} */ (talk.tables[look.table]);
const slugClass = talk.styles.map((/** @type {string[]} */ style) => `s-${style[0]}`);
const reducedMotion = window.matchMedia("(prefers-reduced-motion: reduce)");

/** The style of a word: its name in the theme and its level from 0 (plain) to 4. */
function shown(/** @type {number} */ word) {
  const [, emotion, level] = talk.styles[talk.specs[table[word]][0]];
  return { emotion, level };
}

/** The emotion that a word shows; neutral at level 0. */
function shownEmotion(/** @type {number} */ word) {
  const { emotion, level } = shown(word);
  return level > 0 ? emotion : "neutral";
}

/** `strong anger`, or "" for a plain word. */
function feeling(/** @type {number} */ word) {
  const { emotion, level } = shown(word);
  return level > 0 ? `${STRENGTHS[Math.min(level, 4)]} ${spoken(emotion)}` : "";
}

/** The class of a word in the present look. */
function wordClass(/** @type {number} */ word) {
  return slugClass[talk.specs[table[word]][0]];
}

/** Make the span of a word, with inner spans where its letters differ. */
function makeWord(/** @type {number} */ word) {
  const span = make("span", "");
  span.dataset.word = String(word);
  drawWord(span, word);
  return span;
}

/** Fill a word's span for the present look; marks that it carries stay. */
function drawWord(/** @type {HTMLElement} */ span, /** @type {number} */ word) {
  const spec = talk.specs[table[word]];
  const marks = [...span.classList].filter((name) => name !== "w" && !name.startsWith("s-"));
  span.className = ["w", slugClass[spec[0]], ...marks].join(" ");
  if (spec.length === 1) {
    span.textContent = words.text[word];
    return;
  }
  const parts = [];
  for (let i = 1; i < spec.length; i += 2) {
    parts.push(spec[i + 1] === spec[0] ? spec[i] : make("span", `r ${slugClass[spec[i + 1]]}`, spec[i]));
  }
  span.replaceChildren(...parts);
}

/** Change to the look of a culture and an age. */
function wear(/** @type {string} */ culture, /** @type {string} */ age) {
  look = talk.looks.find((/** @type {Look} */ l) => l.culture === culture && l.age === age) ?? look;
  table = talk.tables[look.table];
  const root = document.documentElement;
  root.dataset.culture = look.culture;
  root.dataset.age = look.age;
  for (const span of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-word]"))) {
    drawWord(span, Number(span.dataset.word));
  }
}

/** The class that carries the colour of an emotion in the present look. */
function emotionClass(/** @type {string} */ emotion) {
  const entry = look.legend.find(([name]) => name === emotion);
  return entry ? `s-${entry[1]}` : "";
}

/** Write every emotion in its style, and the style in words. */
function drawLegend() {
  const rows = look.legend.map(([name, slug, text]) => {
    const sample = make("span", `sample s-${slug}`, spoken(name));
    return make("div", "", make("dt", "", sample), make("dd", "", make("b", "", spoken(name)), text));
  });
  byId("legend-list").replaceChildren(...rows);
}
