// ASS for editors, written from the look on the page: one event per cue, named styles, no fonts inside.

const OPENERS = new Map([..."\u202a\u202b\u202d\u202e"].map((sign) => [sign, "\u202c"]));
for (const sign of "\u2066\u2067\u2068") OPENERS.set(sign, "\u2069");
const CLOSERS = new Set(OPENERS.values());
const STYLE_FORMAT =
  "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, " +
  "ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding";
const BOX_PADDING_EM = 0.12;
const BOLD_FROM = 600;
const USUAL_SIZE_PER_EM = 1.2;

/** The captions of the present look as ASS. */
function assText() {
  const [width, height] = talk.canvas;
  const list = trackCues();
  const isFirst = look === talk.looks[0];
  const head = [
    "[Script Info]",
    `; ${madeBy()}`,
    `; Theme: ${lookName()}`,
    ...(talk.made_in ? [`; Look: ${talk.made_in}`] : []),
    "; No fonts are inside: install those that the styles name.",
    `Title: ${oneLine(talk.title).trim()}`,
    "ScriptType: v4.00+",
    `PlayResX: ${width}`,
    `PlayResY: ${height}`,
    `LayoutResX: ${width}`,
    `LayoutResY: ${height}`,
    // Lines were broken for the first look; under another one a line may need to wrap.
    `WrapStyle: ${isFirst ? 2 : 0}`,
    "ScaledBorderAndShadow: yes",
    "YCbCr Matrix: None",
    "Kerning: yes",
  ];
  const isRightToLeft = list.some((cue) => cue.lines.some((line) => line.some(({ runs }) => runs.some((run) => RIGHT_TO_LEFT.test(run.text)))));
  const rows = usedSlugs().map((slug) => assStyle(slug, isRightToLeft ? -1 : 1));
  const format = "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text";
  return `${[...head, "", "[V4+ Styles]", STYLE_FORMAT, ...rows, "", "[Events]", format, ...list.map(assEvent)].join("\n")}\n`;
}

/** What a style is called: plain is what ASS calls Default. */
function assName(/** @type {string} */ slug) {
  return isPlain(slug) ? "Default" : slug;
}

/** A line of the styles. */
function assStyle(/** @type {string} */ slug, /** @type {number} */ charset) {
  const [width, height, base, safe, bottom] = talk.canvas;
  const style = readStyle(slug);
  const em = style.size * base;
  const face = talk.faces.find((/** @type {any[]} */ row) => row[0] === style.family && row[1] === style.weight && row[2] === style.italic);
  const side = Math.round(((1 - safe) / 2) * width);
  const line = assColour(style.box || style.outline);
  const values = [
    assName(slug), assField(style.family), short(em * (face?.[3] ?? USUAL_SIZE_PER_EM)), assColour(style.fill), assColour(style.fill), line, line,
    style.weight >= BOLD_FROM ? -1 : 0, style.italic ? -1 : 0, style.underline ? -1 : 0, 0, 100, 100, short(style.spacing * em), 0,
    style.box ? 3 : 1, short((style.box ? BOX_PADDING_EM : style.stroke) * base), 0, 2, side, side, Math.round(bottom * height), charset,
  ];
  return `Style: ${values.join(",")}`;
}

/** An event: the style of the cue, and a tag wherever it changes. */
function assEvent(/** @type {TrackCue} */ cue) {
  const slugs = new Set(cue.lines.flat().flatMap((item) => item.runs.map((run) => run.slug)));
  if (cue.openings.some(Boolean)) slugs.add("neutral-0");
  const base = slugs.size === 1 ? [...slugs][0] : "neutral-0";
  let now = base;
  const turn = (/** @type {string} */ slug) => {
    if (slug === now) return "";
    now = slug;
    return slug === base ? "{\\r}" : `{\\r${assName(slug)}}`;
  };
  const lines = cue.lines.map((line, number) => {
    const runs = line.flatMap((item, i) =>
      item.runs.map((run, k) => ({ text: assEscape(run.text), slug: run.slug, gap: i && !k && !joined.has(item.word) ? " " : "" })),
    );
    const opening = cue.openings[number];
    if (opening) {
      runs[0].gap = opening.endsWith(" ") ? " " : "";
      runs.unshift({ text: assEscape(opening.trimEnd()), slug: "neutral-0", gap: "" });
    }
    balance(runs);
    keepEdges(runs);
    return runs.map((run) => run.gap + turn(run.slug) + run.text).join("");
  });
  const margin = cue.side === "middle" ? 0 : Math.round(((1 - talk.canvas[5]) / 2) * talk.canvas[0]);
  const place = margin ? `{\\an${cue.side === "left" ? 1 : 3}}` : "";
  return `Dialogue: 0,${assTime(cue.start)},${assTime(cue.end)},${assName(base)},${assSpeakers(cue.speakers)},${margin},${margin},0,,${place}${lines.join("\\N")}`;
}

/** Text without anything that ASS gives a meaning to. */
function assEscape(/** @type {string} */ text) {
  return oneLine(text).replace(/[{}\\]/g, (sign) => LOOK_ALIKES[sign]);
}

/** Close embeddings where the line ends, and drop closers that close nothing. */
function balance(/** @type {{text: string}[]} */ runs) {
  /** @type {string[]} */
  const expected = [];
  for (const run of runs) {
    run.text = [...run.text]
      .filter((sign) => {
        const closer = OPENERS.get(sign);
        if (closer) expected.push(closer);
        else if (CLOSERS.has(sign)) return expected.at(-1) === sign && expected.pop() !== undefined;
        return true;
      })
      .join("");
  }
  if (expected.length && runs.length) runs[runs.length - 1].text += expected.reverse().join("");
}

/** Hard spaces at the two ends of a line, which players would trim. */
function keepEdges(/** @type {{text: string}[]} */ runs) {
  if (!runs.length) return;
  const last = runs[runs.length - 1];
  const hard = (/** @type {string} */ spaces) => "\\h".repeat(spaces.length);
  runs[0].text = runs[0].text.replace(/^ +/, hard);
  last.text = last.text.replace(/ +$/, hard);
}

/** Who speaks, two as `Jane / Tom`, as formats/ass_speech.py has it. */
function assSpeakers(/** @type {string[]} */ speakers) {
  const names = distinct(speakers.filter(Boolean).map(assField));
  return names.length < 2 ? names.join("") : names.map((name) => name.replaceAll(" / ", "/")).join(" / ");
}

/** Text for a field: no commas, no line breaks. */
function assField(/** @type {string} */ text) {
  return oneLine(text).replaceAll(",", ";").trim();
}

/** `#rrggbb` as ASS writes it. */
function assColour(/** @type {string} */ rgb) {
  return `&H00${rgb.slice(5, 7)}${rgb.slice(3, 5)}${rgb.slice(1, 3)}`.toUpperCase();
}

/** A time in hundredths. */
function assTime(/** @type {number} */ ms) {
  const part = timeParts(Math.floor((ms + 5) / 10) * 10);
  return `${part.h}:${part.mm}:${part.ss}.${part.ms.slice(0, 2)}`;
}

/** A number without needless digits. */
function short(/** @type {number} */ number) {
  return String(Number(number.toFixed(2)));
}
