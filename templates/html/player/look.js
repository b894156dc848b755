// Looks: which class each word wears. All style is in the style sheet; here classes are exchanged.

let look = /** @type {Look} */ (talk.looks[0]);
let table = /** @type {number[]} */ (talk.tables[look.table]);
const slugClass = talk.styles.map((/** @type {string[]} */ style) => `s-${style[0]}`);
const STYLE_NUMBERS = new Map(talk.styles.map((/** @type {any[]} */ style, /** @type {number} */ i) => [style.slice(1).join(), i]));
const STRESS_FROM = 3; // level from which stressed letters stand out, as in style/engine.py
const STRESSED = /(\p{L})\1{2,}|[!?！？]+(?=["'”’»)\]]*$)/giu;
const NOT_KNOWN = "which emotion is not known"; // said wherever a raised voice is explained
const reducedMotion = window.matchMedia("(prefers-reduced-motion: reduce)");

/** The number of a style, undefined where the theme has none. */
function styleNumber(/** @type {string} */ emotion, /** @type {number} */ level, /** @type {boolean} */ isEmphasis = false, /** @type {number} */ doubt = 0, /** @type {number} */ speaker = 0, /** @type {number} */ keyword = 0) {
  return STYLE_NUMBERS.get([emotion, level, Number(isEmphasis), doubt, speaker, keyword].join());
}

/** How the reading of a word is drawn in the present look. */
function readSpec(/** @type {number} */ word) {
  const reading = readingOf(word);
  if (reading !== BLANK) return talk.specs[table[reading]];
  const beside = utterances[utteranceOf(word)]?.words.find((other) => readingOf(other) !== BLANK);
  const speaker = beside === undefined ? 0 : talk.styles[readSpec(beside)[0]][5]; // of the line, where speakers have colours
  return [styleNumber("neutral", 0, false, 0, speaker) ?? styleNumber("neutral", 0) ?? 0];
}

/** How a word is drawn: its style, and where its letters differ, texts with their styles. */
function specOf(/** @type {number} */ word) {
  const spec = readSpec(word);
  const fix = fixes.get(word);
  const isRewritten = fix?.text !== undefined || word >= N_READ;
  if (!isRewritten && fix?.label === undefined) return spec;
  const { emotion, level } = shown(word);
  const doubt = isRewritten ? 0 : talk.styles[spec[0]][4]; // 1 where the theme marks the word as doubtful
  const speaker = talk.styles[spec[0]][5]; // its colour, where the theme gives speakers one
  const keyword = isRewritten ? 0 : talk.styles[spec[0]][6]; // of the theme's selectors, which look at the words that were read
  const marks = /** @type {[number, number, number]} */ ([doubt, speaker, keyword]);
  const own = styleNumber(emotion, level, false, ...marks) ?? (look.plain || !level ? styleNumber("neutral", 0, false, ...marks) : undefined);
  const main = own ?? styleNumber(emotion, level, false, doubt) ?? styleNumber(emotion, level) ?? styleNumber("neutral", 0) ?? spec[0];
  const loud = level >= STRESS_FROM ? (styleNumber(emotion, level, true, doubt) ?? styleNumber(emotion, level, true)) : undefined;
  return loud === undefined ? [main] : stressed(words.text[word], main, loud);
}

/** A strong word in runs: drawn-out letters and final marks are larger. */
function stressed(/** @type {string} */ text, /** @type {number} */ main, /** @type {number} */ loud) {
  /** @type {(string|number)[]} */
  const spec = [main];
  let at = 0;
  for (const found of text.matchAll(STRESSED)) {
    if (found[1] && found[1].toUpperCase() === found[1].toLowerCase()) continue; // letters that join
    if (found.index > at) spec.push(text.slice(at, found.index), main);
    spec.push(found[0], loud);
    at = found.index + found[0].length;
  }
  if (at && at < text.length) spec.push(text.slice(at), main);
  return spec;
}

/** The style of a word: its name in the theme and its level from 0 (plain) to 4. */
function shown(/** @type {number} */ word) {
  const fix = fixes.get(word);
  if (fix?.label !== undefined) return { emotion: isRaised(word) ? RAISED : EMOTIONS[fix.label], level: fix.level ?? 0 };
  const [, emotion, level] = talk.styles[readSpec(word)[0]];
  return { emotion, level };
}

/** The emotion that a word shows; neutral at level 0. */
function shownEmotion(/** @type {number} */ word) {
  const { emotion, level } = shown(word);
  return level > 0 ? emotion : "neutral";
}

/** `strong anger`, `voice strongly raised`, or "" for a plain word. */
function feeling(/** @type {number} */ word) {
  const { emotion, level } = shown(word);
  if (level <= 0) return "";
  const at = Math.min(level, 4);
  return emotion === RAISED ? `voice ${RAISED_STRENGTHS[at]} raised` : `${STRENGTHS[at]} ${spoken(emotion)}`;
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
  const spec = specOf(word);
  const marks = [...span.classList].filter((name) => name !== "w" && name !== "gone" && !name.startsWith("s-"));
  span.className = ["w", slugClass[spec[0]], ...marks, ...(isGone(word) ? ["gone"] : [])].join(" ");
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

/** The look of a culture, an age and profiles; the nearest where there is no such one. */
function findLook(/** @type {string} */ culture, /** @type {string} */ age, /** @type {string[]} */ profiles) {
  // Each profile too many or too few counts more than culture and age together.
  const missed = (/** @type {Look} */ l) =>
    switchable.filter((name) => profilesOf(l).includes(name) !== profiles.includes(name)).length;
  const likeness = (/** @type {Look} */ l) => 2 * Number(l.culture === culture) + Number(l.age === age) - 4 * missed(l);
  return talk.looks.reduce((/** @type {Look} */ best, /** @type {Look} */ l) => (likeness(l) > likeness(best) ? l : best));
}

/** Change to the look of a culture, an age and profiles. */
function wear(/** @type {string} */ culture, /** @type {string} */ age, /** @type {string[]} */ profiles) {
  look = findLook(culture, age, profiles);
  table = talk.tables[look.table];
  const root = document.documentElement;
  root.className = look.classes;
  root.dataset.culture = look.culture;
  root.dataset.age = look.age;
  root.dataset.profile = look.profile;
  for (const span of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-word]"))) {
    drawWord(span, Number(span.dataset.word));
  }
}

/** Every emotion of a look: its name, the class of its full style, and the style in words. */
function legendOf(/** @type {Look} */ { legend }) {
  return /** @type {[string, string, string][]} */ (legend.map((number) => talk.legend[number]));
}

/** The class that carries the colour of an emotion in the present look. */
function emotionClass(/** @type {string} */ emotion) {
  const entry = legendOf(look).find(([name]) => name === emotion);
  return entry ? `s-${entry[1]}` : "";
}

/** Write every emotion in its style, and the style in words. */
function drawLegend() {
  if (look.plain) {
    const told = `${spoken(look.plain)} draws no emotion in type: all words look alike.`;
    const sample = make("span", "sample s-neutral-0", "every word");
    byId("legend-list").replaceChildren(make("div", "", make("dt", "", sample), make("dd", "", told)));
    return;
  }
  if (look.dimensions.length) {
    const ends = look.dimensions.map(([name, slug, text]) => {
      const sample = make("span", `sample s-${slug}`, name);
      return make("div", "", make("dt", "", sample), make("dd", "", make("b", "", name), text));
    });
    byId("legend-list").replaceChildren(...ends);
    return;
  }
  const rows = legendOf(look).map(([name, slug, text]) => {
    const sample = make("span", `sample s-${slug}`, spoken(name));
    const note = name === RAISED ? `${NOT_KNOWN}: ` : "";
    return make("div", "", make("dt", "", sample), make("dd", "", make("b", "", spoken(name)), note + text));
  });
  byId("legend-list").replaceChildren(...rows);
}
