// The Document with the corrections, written as Sentigram writes it: one word a line.

/** Labels of the model, and emotions beside them that a person chose: their probability is 0 everywhere. */
function writtenLabels() {
  const chosen = new Set(saidWords.map(labelOf));
  return EMOTIONS.filter((_, i) => i < N_LABELS || chosen.has(i));
}

/** The whole Document as JSON. */
function documentText() {
  const { media: recording, language, engine, lines: told } = talk.document;
  const labels = writtenLabels();
  const zeros = labels.slice(N_LABELS).map(() => 0);
  const head = Object.entries({ schema: "sentigram/1", media: recording, language, engine, labels });
  const lines = head.map(([name, value]) => `  ${JSON.stringify(name)}: ${jsonOf(value)},`).concat(told);
  const body = utterances.map((utterance) => utteranceText(utterance, zeros)).filter(Boolean).join(",\n");
  return `{\n${lines.join("\n")}\n  "utterances": ${body ? `[\n${body}\n  ]` : "[]"}\n}\n`;
}

/** An utterance with its words; "" where all of them were removed. */
function utteranceText(/** @type {Utterance} */ { speaker, words: line, id }, /** @type {number[]} */ zeros) {
  const kept = line.filter((word) => !isGone(word));
  if (!kept.length) return "";
  const head = jsonOf({ id, start_ms: words.start[kept[0]], end_ms: words.end[kept[kept.length - 1]], speaker });
  return `    ${head.slice(0, -1)}, "words": [\n${kept.map((word) => `      ${wordText(word, zeros)}`).join(",\n")}\n    ]}`;
}

/** A word with its reading; `zeros` are the probabilities of labels that the model does not have. */
function wordText(/** @type {number} */ word, /** @type {number[]} */ zeros) {
  const { text, timing } = fixes.get(word) ?? {};
  const values = {
    text: jsonOf(words.text[word]),
    start_ms: words.start[word],
    end_ms: words.end[word],
    confidence: real(certaintyOf(word)),
    source: text !== undefined || given.has(word) ? '"given"' : '"heard"',
    timing: jsonOf(timing ?? (estimated.has(word) ? "estimated" : "aligned")),
    ...(joined.has(word) ? { joined: true } : {}),
    ...(prosodyOf(word).length ? { prosody: prosodyText(word) } : {}),
    emotion: readingText(word, zeros),
  };
  return members(values);
}

/** How a word is said; null for what is not known of it. */
function prosodyText(/** @type {number} */ word) {
  const known = prosodyOf(word).map((value) => (value === null ? "null" : real(value)));
  return members(Object.fromEntries(PROSODY.map((name, i) => [name, known[i]])));
}

/** The reading of a word, or what a person says instead. */
function readingText(/** @type {number} */ word, /** @type {number[]} */ zeros) {
  const vad = vadOf(word);
  const evidence = evidenceOf(word);
  const decided = decidedByHand(word);
  const probs = [...probsOf(word), ...zeros];
  return members({
    label: jsonOf(EMOTIONS[labelOf(word)]),
    ...(decided && !decided.keepsProbs ? {} : { probs: reals(probs) }),
    intensity: real(decided ? decided.intensity : words.intensity[readingOf(word)]),
    vad: vad ? reals(vad) : "null",
    ...(evidence ? { evidence: members({ text: real(evidence[0]), audio: real(evidence[1]) }) } : {}),
    ...((decided ? isRaised(word) : withheld.has(readingOf(word))) ? { withheld: true } : {}),
  });
}

/**
 * How a label set here is written; null where none was. Sentigram takes a label for a person's when
 * it is not the most probable one, or has no intensity. A label that the model favoured too, at a
 * strength of its own, goes without probabilities: it is then certain. So does a raised voice.
 */
function decidedByHand(/** @type {number} */ word) {
  const fix = fixes.get(word);
  if (fix?.label === undefined) return null;
  const level = fix.level ?? 0;
  const isRaised = fix.withheld === true;
  if (level === 0 || (fix.label === NEUTRAL && !isRaised)) return { intensity: 0, keepsProbs: true };
  const probs = probsOf(word);
  if (!isRaised && (probs[fix.label] ?? 0) < Math.max(...probs)) return { intensity: level / 4, keepsProbs: true };
  if (level / 4 === BY_HAND_INTENSITY) return { intensity: 0, keepsProbs: true };
  return { intensity: level / 4, keepsProbs: false };
}

/** A number with a point, as Python writes it. */
function real(/** @type {number} */ number) {
  return Number.isInteger(number) ? `${number}.0` : String(number).replace(/e-(\d)$/, "e-0$1");
}

/** A list of numbers. */
function reals(/** @type {number[]|Float64Array} */ numbers) {
  return `[${Array.from(numbers, real).join(", ")}]`;
}

/** An object of values that are JSON already. */
function members(/** @type {Object<string, string|number|boolean>} */ values) {
  return `{${Object.entries(values).map(([name, value]) => `"${name}": ${value}`).join(", ")}}`;
}

/** JSON with a space after each comma and colon. */
function jsonOf(/** @type {any} */ value) {
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, x]) => `${JSON.stringify(name)}: ${jsonOf(x)}`).join(", ")}}`;
}
