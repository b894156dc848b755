// What the viewer corrected: kept apart from what was read, so that all of it can be taken back.

/**
 * @typedef {{text?: string, label?: number, level?: number, withheld?: boolean, gone?: boolean}} Fix
 * @typedef {{name: string, words: [number, Fix|undefined, Fix|undefined][],
 *   utterances: [Utterance[], Utterance[]]|null}} Edit
 */
/** @type {Map<number, Fix>} */
const fixes = new Map();
/** @type {Edit[]} */
const edits = [];
let nDone = 0; // edits beyond it were undone
let nSaved = 0;
const STORE_KEY = `sentigram:${talk.id}`;
const STORE_AFTER_MS = 400;
let storeTimer = 0;

/** Whether a word was removed. */
function isGone(/** @type {number} */ word) {
  return fixes.get(word)?.gone === true;
}

/** The label of a word: the corrected one, else the one that was read. */
function labelOf(/** @type {number} */ word) {
  return fixes.get(word)?.label ?? words.label[word];
}

/** Whether a word is a raised voice whose emotion is not known, as it was read or is corrected. */
function isRaised(/** @type {number} */ word) {
  const fix = fixes.get(word);
  if (fix?.label !== undefined) return fix.withheld === true;
  return withheld.has(word) && words.label[word] === NEUTRAL;
}

/** How strongly a word shows its emotion, from 0 to 1. */
function strengthOf(/** @type {number} */ word) {
  const fix = fixes.get(word);
  if (fix?.label !== undefined) return (fix.level ?? 0) / 4;
  return byHand.has(word) && words.intensity[word] === 0 ? BY_HAND_INTENSITY : words.intensity[word];
}

/** Whether a person set the label, here or before. */
function isByHand(/** @type {number} */ word) {
  return fixes.get(word)?.label !== undefined || byHand.has(word);
}

/** How sure it is that this word was said, from 0 to 1: what a person wrote is certain. */
function certaintyOf(/** @type {number} */ word) {
  return fixes.get(word)?.text !== undefined ? 1 : words.confidence[word];
}

/** Whether a word may have been misheard. */
function isDoubtful(/** @type {number} */ word) {
  return certaintyOf(word) < talk.doubtful_below && !isGone(word);
}

/** The next doubtful word after a word, the first one after the last; -1 where there is none. */
function nextDoubtful(/** @type {number} */ word) {
  const count = words.text.length;
  for (let step = 1; step <= count; step++) {
    const other = (word + step) % count;
    if (isDoubtful(other)) return other;
  }
  return -1;
}

/** Change a word; a change back to what was read leaves no trace. */
function correctWord(/** @type {number} */ word, /** @type {Fix} */ change, /** @type {string} */ name) {
  const before = fixes.get(word);
  const after = { ...before, ...change };
  if (after.text === talk.words.text[word]) delete after.text;
  if (!after.gone) delete after.gone;
  if (!after.withheld) delete after.withheld;
  if (JSON.stringify(after) === JSON.stringify(before ?? {})) return;
  commit({ name, words: [[word, before, Object.keys(after).length ? after : undefined]], utterances: null });
}

/** Change what a word shows: a label of the model, neutral, or `RAISED`. */
function correctFeeling(/** @type {number} */ word, /** @type {string} */ name, /** @type {number} */ level, /** @type {string} */ said) {
  const isVoice = name === RAISED;
  correctWord(word, { label: isVoice ? NEUTRAL : talk.labels.indexOf(name), level, withheld: isVoice }, said);
}

/** Change who says an utterance, or everything that this speaker says. */
function correctSpeaker(/** @type {number} */ number, /** @type {string} */ speaker, /** @type {boolean} */ everywhere) {
  const old = utterances[number][0];
  if (speaker === old) return;
  const after = utterances.map((utterance, i) =>
    i === number || (everywhere && utterance[0] === old) ? /** @type {Utterance} */ ([speaker, ...utterance.slice(1)]) : utterance,
  );
  commit({ name: "speaker", words: [], utterances: [utterances, after] });
}

/** Change the name of a speaker in all lines that still have it. */
function renameRest(/** @type {string} */ old, /** @type {string} */ speaker) {
  const number = utterances.findIndex((utterance) => utterance[0] === old);
  if (number >= 0) correctSpeaker(number, speaker, true);
}

/** Who said an utterance before the last edit, if that changed it; else "". */
function justRenamed(/** @type {number} */ number) {
  const [before, after] = edits[nDone - 1]?.utterances ?? [[], []];
  if (before.length !== after.length || before[number]?.[0] === after[number]?.[0]) return "";
  return before[number][0];
}

/** Let a new utterance begin with a word. */
function splitAt(/** @type {number} */ word) {
  const number = utteranceOf(word);
  const [speaker, first, count, id] = utterances[number];
  if (word === first) return;
  const taken = new Set(utterances.map((utterance) => utterance[3]));
  let n = utterances.length;
  while (taken.has(`u${n}`)) n += 1;
  const after = [...utterances];
  after.splice(number, 1, [speaker, first, word - first, id], [speaker, word, first + count - word, `u${n}`]);
  commit({ name: "new line", words: [], utterances: [utterances, after] });
}

/** Join the utterance of a word to the one before. */
function joinBefore(/** @type {number} */ word) {
  const number = utteranceOf(word);
  if (number < 1) return;
  const [speaker, first, count, id] = utterances[number - 1];
  const after = [...utterances];
  after.splice(number - 1, 2, [speaker, first, count + utterances[number][2], id]);
  commit({ name: "joined lines", words: [], utterances: [utterances, after] });
}

/** Do an edit, and forget those that were undone. */
function commit(/** @type {Edit} */ edit) {
  edits.length = nDone;
  if (nSaved > nDone) nSaved = -1;
  edits.push(edit);
  nDone += 1;
  apply(edit, true);
}

/** Take back the last edit, or do it again. */
function undo() {
  if (nDone > 0) apply(edits[--nDone], false);
}
function redo() {
  if (nDone < edits.length) apply(edits[nDone++], true);
}

/** Put an edit in force, or take it back, and show it. */
function apply(/** @type {Edit} */ edit, /** @type {boolean} */ forward) {
  for (const [word, before, after] of edit.words) {
    const fix = forward ? after : before;
    if (fix) fixes.set(word, fix);
    else fixes.delete(word);
    words.text[word] = fix?.text ?? talk.words.text[word];
  }
  if (edit.utterances) {
    utterances = edit.utterances[forward ? 1 : 0];
    utteranceFirsts = utterances.map((utterance) => utterance[1]);
  }
  window.clearTimeout(storeTimer);
  storeTimer = window.setTimeout(store, STORE_AFTER_MS);
  showEdit(edit, `${forward ? "Corrected" : "Undone"}: ${edit.name}`);
}

/** How many corrections are in force. */
function countCorrections() {
  let count = fixes.size;
  /** @type {Map<string, Utterance>} */
  const before = new Map(talk.utterances.map((/** @type {Utterance} */ u) => [u[3], u]));
  if (utterances === talk.utterances) return count;
  for (const utterance of utterances) {
    const same = before.get(utterance[3]);
    if (!same || same[0] !== utterance[0] || same[1] !== utterance[1]) count += 1;
    before.delete(utterance[3]);
  }
  return count + before.size;
}

/** Whether something would be lost if the page were closed. */
function isUnsaved() {
  return nDone !== nSaved && (nDone > 0 || nSaved > 0);
}

/** Keep the corrections in the browser, where it allows that for pages from a disk. */
function store() {
  try {
    if (!fixes.size && utterances === talk.utterances) window.localStorage.removeItem(STORE_KEY);
    else {
      const changed = utterances === talk.utterances ? null : utterances;
      window.localStorage.setItem(STORE_KEY, JSON.stringify({ fixes: [...fixes], utterances: changed }));
    }
  } catch {
    // No storage here: saving the Document is the way to keep corrections.
  }
}

/** Bring back what an earlier visit to this very page corrected, as one edit. */
function restore() {
  let kept;
  try {
    kept = JSON.parse(window.localStorage.getItem(STORE_KEY) ?? "null");
  } catch {
    return false;
  }
  const changes = readChanges(kept);
  if (!changes || (!changes.words.length && !changes.utterances)) return false;
  commit({ name: "kept corrections", ...changes });
  return true;
}

/** Stored corrections as parts of an edit; null where they do not fit this page. */
function readChanges(/** @type {any} */ kept) {
  if (!kept || !Array.isArray(kept.fixes)) return null;
  const isWord = (/** @type {any} */ n) => Number.isInteger(n) && n >= 0 && n < words.text.length;
  const isVoice = (/** @type {any} */ f) => f.withheld === undefined || (f.withheld === true && f.label === NEUTRAL && f.level > 0);
  const isFix = (/** @type {any} */ f) =>
    f && (f.text === undefined || isWordText(f.text)) && (f.label === undefined || f.label in talk.labels) && (f.level ?? 0) in STRENGTHS && isVoice(f);
  if (!kept.fixes.every((/** @type {any} */ row) => isWord(row?.[0]) && isFix(row[1]))) return null;
  let next = 0;
  for (const [speaker, first, count, id] of kept.utterances ?? []) {
    if (typeof speaker !== "string" || typeof id !== "string" || first !== next || !(count > 0)) return null;
    next += count;
  }
  if (kept.utterances && next !== words.text.length) return null;
  /** @type {[number, undefined, Fix][]} */
  const changed = kept.fixes.map((/** @type {[number, Fix]} */ [word, fix]) => [word, undefined, fix]);
  return { words: changed, utterances: kept.utterances ? /** @type {[Utterance[], Utterance[]]} */ ([utterances, kept.utterances]) : null };
}

/** Whether a text may be a word of a Document. */
function isWordText(/** @type {any} */ text) {
  return typeof text === "string" && text.length <= 500 && /\S/.test(text) && !/[\n\r\u2028\u2029]/.test(text);
}
