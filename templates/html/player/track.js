// Captions as other programs read them: the cues of the page with its corrections, SRT and VTT.

/**
 * @typedef {{text: string, written: string, slug: string}} Run
 * @typedef {{word: number, runs: Run[]}} TrackWord
 * @typedef {{start: number, end: number, lines: TrackWord[][], speakers: string[], openings: string[], side: string}} TrackCue
 */
const WORD_JOINER = "\u2060";
const GEORGIAN = /[\u10d0-\u10ff]/;
const BREAKS = /[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+/g;
const CONTROLS = /[\x00-\x1f\x7f-\x9f\ufeff\ufffe\uffff]/g;
const LOOK_ALIKES = /** @type {Object<string, string>} */ ({ "{": "\uff5b", "}": "\uff5d", "<": "\uff1c", ">": "\uff1e", "\\": `\\${WORD_JOINER}` });

/** Text without line breaks, control characters and broken code units. */
function oneLine(/** @type {string} */ text) {
  return text.replace(BREAKS, " ").replace(CONTROLS, "").replace(/\p{Surrogate}/gu, "\ufffd");
}

/** The cues with what is left of their words. */
function trackCues() {
  /** @type {TrackCue[]} */
  const made = [];
  cues.forEach(([start, end], number) => {
    const left = linesOf(number);
    if (!left.length || end <= start) return;
    const lines = left.map((line) => line.words.map((word) => ({ word, runs: runsOf(word) })));
    made.push({ start, end, lines, speakers: left.map((line) => line.speaker), openings: left.map((line) => line.opening), side: cues[number][6] });
  });
  return [...made, ...freeSounds(made)].sort((a, b) => a.start - b.start);
}

/** Captions of sounds, where corrections left their time free. */
function freeSounds(/** @type {TrackCue[]} */ made) {
  const free = soundCues.filter(([start, end]) => !made.some((cue) => cue.start < end && start < cue.end));
  return free.map(([start, end, text]) => {
    const runs = [{ text, written: text, slug: "neutral-0" }];
    return { start, end, lines: [[{ word: -1, runs }]], speakers: [""], openings: [""], side: "middle" };
  });
}

/** The letters of a word as they are shown and as files without type write them, with the style of each part. */
function runsOf(/** @type {number} */ word) {
  const spec = specOf(word);
  const parts = spec.length === 1 ? [words.text[word], spec[0]] : spec.slice(1);
  const drawn = parts.filter((_, i) => i % 2 === 0).map(String);
  return spellings(drawn, words.text[word]).map((spelled, i) => {
    const slug = slugOf(Number(parts[2 * i + 1]));
    const text = cased(drawn[i], readStyle(slug).transform);
    return { text, written: talk.capitals ? text : spelled, slug };
  });
}

/** What a style is called in files: that of plain words where the look draws no emotion. */
function slugOf(/** @type {number} */ number) {
  const [slug, , , , doubt, speaker, keyword, steps] = talk.styles[number];
  if (!look.plain && !look.dimensions.length) return slug;
  return `neutral-0${doubt ? "d" : ""}${speaker ? `s${speaker}` : ""}${keyword ? `k${keyword}` : ""}${steps ?? ""}`;
}

/** The spelling of each part of a word: parts hold other letters where the browser's capitals differ from the theme's. */
function spellings(/** @type {string[]} */ parts, /** @type {string} */ whole) {
  if (parts.join("") === whole) return parts;
  if (parts.join("").length !== whole.length) return parts.map((_, i) => (i ? "" : whole));
  let at = 0;
  return parts.map((part) => whole.slice(at, (at += part.length)));
}

/** Text in the case that its style shows it in, by the rules of its language. */
function cased(/** @type {string} */ text, /** @type {string} */ transform) {
  const language = talk.document.language || "und";
  if (transform === "lowercase") return text.toLocaleLowerCase(language);
  if (transform !== "uppercase") return text;
  return Array.from(text.split(/([\u10d0-\u10ff]+)/), (part) => (GEORGIAN.test(part) ? part : part.toLocaleUpperCase(language))).join("");
}

/** A time in parts that other formats put together. */
function timeParts(/** @type {number} */ ms) {
  const pad = (/** @type {number} */ n, /** @type {number} */ digits) => String(n).padStart(digits, "0");
  return { h: Math.floor(ms / 3600000), mm: pad(Math.floor(ms / 60000) % 60, 2), ss: pad(Math.floor(ms / 1000) % 60, 2), ms: pad(ms % 1000, 3) };
}

/** `01:02:03,004` with the mark that the format puts before the thousandths. */
function longTime(/** @type {number} */ ms, /** @type {string} */ mark) {
  const part = timeParts(ms);
  return `${String(part.h).padStart(2, "0")}:${part.mm}:${part.ss}${mark}${part.ms}`;
}

/** The lines of a cue, each word written by `write`. */
function cueLines(/** @type {TrackCue} */ cue, /** @type {(word: TrackWord) => string} */ write, /** @type {(text: string) => string} */ plain) {
  return cue.lines.map((line, number) => {
    return plain(cue.openings[number]) + line.map((item, i) => (i && !joined.has(item.word) ? " " : "") + write(item)).join("");
  });
}

/** SubRip: plain text; signs that players read as tags become their look-alikes. */
function srtText() {
  const plain = (/** @type {string} */ text) => oneLine(text).replaceAll("-->", "→").replace(/[{}<>\\]/g, (sign) => LOOK_ALIKES[sign]);
  const write = (/** @type {TrackWord} */ word) => plain(word.runs.map((run) => run.written).join(""));
  const blocks = trackCues().map(
    (cue, i) => `${i + 1}\n${longTime(cue.start, ",")} --> ${longTime(cue.end, ",")}\n${cueLines(cue, write, plain).join("\n")}\n`,
  );
  // Empty lines at the end say that Sentigram wrote it, and in which look, as formats/marks.py has it.
  return blocks.join("\n") + talk.srt_mark;
}

/** WebVTT: feelings as classes, speakers as voices, a time for each word. */
function vttText() {
  const plain = (/** @type {string} */ text) => oneLine(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const write = (/** @type {TrackWord} */ word) =>
    word.runs.map((run) => (isPlain(run.slug) ? plain(run.written) : `<c.${run.slug.replace(/-\d+x?d?(?:s\d+)?(?:_.*)?$/, "")}.${run.slug}>${plain(run.written)}</c>`)).join("");
  const note = `NOTE\n${madeBy()}${talk.made_in ? `\nLook: ${talk.made_in}` : ""}`;
  const blocks = trackCues().map((cue) => {
    let told = cue.start;
    const timed = (/** @type {TrackWord} */ item) => {
      const at = words.start[item.word];
      if (item.word < 0 || at <= told || at >= cue.end) return write(item);
      told = at;
      return `<${longTime(at, ".")}>${write(item)}`;
    };
    const lines = cueLines(cue, timed, plain);
    const voice = (/** @type {string} */ name, /** @type {string} */ text) => (plain(name).trim() ? `<v ${plain(name).trim()}>${text}</v>` : text);
    const isOne = distinct(cue.speakers).length < 2;
    const body = isOne ? voice(cue.speakers[0], lines.join("\n")) : lines.map((line, i) => voice(cue.speakers[i], line)).join("\n");
    return `${longTime(cue.start, ".")} --> ${longTime(cue.end, ".")}${vttSide(cue.side)}\n${body}`;
  });
  return `${["WEBVTT", note, `STYLE\n${vttStyles().join("\n")}`, ...blocks].join("\n\n")}\n`;
}

/** Settings of a cue on a side, as render/plain.py has them. */
function vttSide(/** @type {string} */ side) {
  if (side === "middle") return "";
  const edge = Math.round(50 * (1 - talk.canvas[5]));
  const size = Math.round(50 * (1 + talk.canvas[3])) - edge;
  return ` position:${side === "left" ? edge : 100 - edge}% size:${size}% align:${side}`;
}

/** One sentence for the head of a file: who made it, and what it shows. */
function madeBy() {
  const shows = look.plain ? `${oneLine(look.plain)} draws no emotion in type` : "captions that look the way the words were said";
  return `Made by Sentigram: ${shows}.`.replaceAll("-->", "→");
}

/** Whether a style is the one of plain words. */
function isPlain(/** @type {string} */ slug) {
  return slug === "neutral-0";
}

/** The rules of a VTT file: each style of the look on one line. */
function vttStyles() {
  return usedSlugs().map((slug) => {
    const style = readStyle(slug);
    const line = `color: ${style.fill}; background-color: ${style.box || style.outline}; font-weight: ${style.weight}; font-style: ${style.italic ? "italic" : "normal"}${style.underline ? "; text-decoration: underline" : ""}`;
    return isPlain(slug) ? `::cue { ${line} }` : `::cue(.${slug}) { ${line} }`;
  });
}

/** The styles that words wear now, plain first. */
function usedSlugs() {
  const used = new Set(["neutral-0"]);
  for (const word of order) {
    const spec = specOf(word);
    used.add(slugOf(spec[0]));
    for (let i = 2; i < spec.length; i += 2) used.add(slugOf(spec[i]));
  }
  return [...used];
}

/** @typedef {{family: string, weight: number, italic: boolean, size: number, fill: string, outline: string, stroke: number, box: string, spacing: number, transform: string, underline: boolean}} Style */
/** @type {Map<string, Style>} */
const styleCache = new Map();

/** A style of the present look, as the style sheet has it. */
function readStyle(/** @type {string} */ slug) {
  const known = styleCache.get(slug);
  if (known) return known;
  const probe = make("span", `probe s-${slug}`);
  document.body.append(probe);
  const style = getComputedStyle(probe);
  const own = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const box = own("--box");
  /** @type {Style} */
  const made = {
    family: firstFamily(style.fontFamily),
    weight: Number(style.fontWeight),
    italic: style.fontStyle === "italic",
    size: Number(own("--size") || 1),
    fill: own("--fill"),
    outline: own("--outline"),
    stroke: Number(own("--stroke") || 0),
    box: box === "transparent" ? "" : box,
    spacing: (Number.parseFloat(style.letterSpacing) || 0) / 100, // the probe's letters are 100 px
    transform: style.textTransform,
    underline: style.textDecorationLine.includes("underline"),
  };
  probe.remove();
  styleCache.set(slug, made);
  return made;
}

/** The first name of a list of font families. */
function firstFamily(/** @type {string} */ list) {
  const quoted = /^\s*(["'])((?:\\.|(?!\1).)*)\1/.exec(list);
  return quoted ? quoted[2].replace(/\\(.)/g, "$1") : list.split(",")[0].trim();
}
