// What the viewer corrected: kept apart from what was read, so that all of it can be taken back.

/**
 * @typedef {{text?: string, label?: number, level?: number, withheld?: boolean, gone?: boolean,
 *   start?: number, end?: number, timing?: "aligned"|"estimated"}} Fix
 * @typedef {{text: string, start: number, end: number, joined: boolean, reading: number}} Added
 * @typedef {{name: string, words: [number, Fix|undefined, Fix|undefined][],
 *   utterances: [Utterance[], Utterance[]]|null}} Edit
 */
/** @type {Map<number, Fix>} */
const fixes = new Map();
/** @type {Added[]} */
const added = []; // words that nobody read, in the order of their numbers; lines say which of them there are
/** @type {Edit[]} */
const edits = [];
let nDone = 0; // edits beyond it were undone
let nSaved = 0;

/** Whose reading a word has: its own, that of the word it was a part of, or none. */
function readingOf(/** @type {number} */ word) {
  return word < N_READ ? word : added[word - N_READ].reading;
}

/** What a word said, and when, before it was corrected. */
function firstOf(/** @type {number} */ word) {
  if (word >= N_READ) return added[word - N_READ];
  return { text: talk.words.text[word], start: talk.words.start[word], end: talk.words.end[word] };
}

/** Whether a word was removed. */
function isGone(/** @type {number} */ word) {
  return fixes.get(word)?.gone === true;
}

/** The label of a word: the corrected one, else the one that was read. */
function labelOf(/** @type {number} */ word) {
  return fixes.get(word)?.label ?? words.label[readingOf(word)];
}

/** Whether a word is a raised voice whose emotion is not known, as it was read or is corrected. */
function isRaised(/** @type {number} */ word) {
  const fix = fixes.get(word);
  if (fix?.label !== undefined) return fix.withheld === true;
  return withheld.has(readingOf(word)) && words.label[readingOf(word)] === NEUTRAL;
}

/** How strongly a word shows its emotion, from 0 to 1. */
function strengthOf(/** @type {number} */ word) {
  const fix = fixes.get(word);
  if (fix?.label !== undefined) return (fix.level ?? 0) / 4;
  const reading = readingOf(word);
  return byHand.has(reading) && words.intensity[reading] === 0 ? BY_HAND_INTENSITY : words.intensity[reading];
}

/** Whether a person set the label, here or before. */
function isByHand(/** @type {number} */ word) {
  return fixes.get(word)?.label !== undefined || byHand.has(readingOf(word));
}

/** Whether a word has no reading, because nobody read it. */
function isBlank(/** @type {number} */ word) {
  const reading = readingOf(word);
  return reading === BLANK || unread.has(reading);
}

/** Whether nobody read a word, and no person said what it shows either: it is no neutral one. */
function isUnread(/** @type {number} */ word) {
  return isBlank(word) && !isByHand(word);
}

/** How sure it is that this word was said, from 0 to 1: what a person wrote is certain. */
function certaintyOf(/** @type {number} */ word) {
  return fixes.get(word)?.text !== undefined || word >= N_READ ? 1 : words.confidence[word];
}

/** Whether a word may have been misheard. */
function isDoubtful(/** @type {number} */ word) {
  return certaintyOf(word) < talk.doubtful_below && !isGone(word);
}

/** The next doubtful word after a word, the first one after the last; -1 where there is none. */
function nextDoubtful(/** @type {number} */ word) {
  for (let step = 1; step <= order.length; step++) {
    const other = order[(places[word] + step) % order.length];
    if (isDoubtful(other)) return other;
  }
  return -1;
}

/** A change of a word as a part of an edit; a change back to what was read leaves no trace. */
function fixed(/** @type {number} */ word, /** @type {Fix} */ fix) {
  const before = fixes.get(word);
  const after = { ...before, ...fix };
  const first = firstOf(word);
  if (after.text === first.text) delete after.text;
  if (after.start === first.start) delete after.start;
  if (after.end === first.end) delete after.end;
  if (after.start === undefined && after.end === undefined) delete after.timing;
  if (!after.gone) delete after.gone;
  if (!after.withheld) delete after.withheld;
  return /** @type {[number, Fix|undefined, Fix|undefined]} */ ([word, before, Object.keys(after).length ? after : undefined]);
}

/** Whether two fixes say the same. */
function isSameFix(/** @type {Fix|undefined} */ one, /** @type {Fix|undefined} */ other) {
  const told = (/** @type {Fix|undefined} */ fix) => JSON.stringify(Object.entries(fix ?? {}).sort());
  return told(one) === told(other);
}

/** Change a word. */
function correctWord(/** @type {number} */ word, /** @type {Fix} */ fix, /** @type {string} */ name) {
  const draft = newDraft(name);
  change(draft, word, fix);
  finish(draft);
}

/** Change what words show: an emotion, neutral, or `RAISED`. */
function correctFeeling(/** @type {number[]} */ list, /** @type {string} */ name, /** @type {number} */ level, /** @type {string} */ said) {
  const isVoice = name === RAISED;
  const draft = newDraft(said);
  for (const word of list) change(draft, word, { label: isVoice ? NEUTRAL : EMOTIONS.indexOf(name), level, withheld: isVoice });
  finish(draft);
}

/** Change who says an utterance, or everything that this speaker says. */
function correctSpeaker(/** @type {number} */ number, /** @type {string} */ speaker, /** @type {boolean} */ everywhere) {
  const old = utterances[number].speaker;
  if (speaker === old) return;
  const after = utterances.map((utterance, i) => (i === number || (everywhere && utterance.speaker === old) ? { ...utterance, speaker } : utterance));
  commit({ name: "speaker", words: [], utterances: [utterances, after] });
}

/** Change the name of a speaker in all lines that still have it. */
function renameRest(/** @type {string} */ old, /** @type {string} */ speaker) {
  const number = utterances.findIndex((utterance) => utterance.speaker === old);
  if (number >= 0) correctSpeaker(number, speaker, true);
}

/** Who said an utterance before the last edit, if that changed it; else "". */
function justRenamed(/** @type {number} */ number) {
  const [before, after] = edits[nDone - 1]?.utterances ?? [[], []];
  if (before.length !== after.length || before[number]?.speaker === after[number]?.speaker) return "";
  return before[number].speaker;
}

/** Let a new utterance begin with a word. */
function splitAt(/** @type {number} */ word) {
  const number = utteranceOf(word);
  const { speaker, words: line, id } = utterances[number];
  const at = line.indexOf(word);
  if (at < 1) return;
  const taken = new Set(utterances.map((utterance) => utterance.id));
  let n = utterances.length;
  while (taken.has(`u${n}`)) n += 1;
  const after = [...utterances];
  after.splice(number, 1, { speaker, words: line.slice(0, at), id }, { speaker, words: line.slice(at), id: `u${n}` });
  commit({ name: "new line", words: [], utterances: [utterances, after] });
}

/** Join the utterance of a word to the one before. */
function joinBefore(/** @type {number} */ word) {
  const number = utteranceOf(word);
  if (number < 1) return;
  const before = utterances[number - 1];
  const after = [...utterances];
  after.splice(number - 1, 2, { ...before, words: [...before.words, ...utterances[number].words] });
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
    const first = firstOf(word);
    words.text[word] = fix?.text ?? first.text;
    words.start[word] = fix?.start ?? first.start;
    words.end[word] = fix?.end ?? first.end;
  }
  if (edit.utterances) utterances = edit.utterances[forward ? 1 : 0];
  reorder();
  storeSoon();
  showEdit(edit, `${forward ? "Corrected" : "Undone"}: ${edit.name}`);
}

/** How many corrections are in force: of words, of names (of however many lines), and of how many lines there are. */
function countCorrections() {
  const count = new Set([...fixes.keys(), ...order.filter((word) => word >= N_READ)]).size;
  if (utterances === readUtterances) return count;
  const speakers = new Map(readUtterances.map((utterance) => [utterance.id, utterance.speaker]));
  const known = utterances.filter(({ id }) => speakers.has(id));
  const renamed = known.filter(({ id, speaker }) => speakers.get(id) !== speaker);
  const names = distinct(renamed.map(({ id, speaker }) => JSON.stringify([speakers.get(id), speaker])));
  const ids = new Set(utterances.map((utterance) => utterance.id));
  return count + names.length + utterances.length - known.length + readUtterances.filter(({ id }) => !ids.has(id)).length;
}

/** Whether something would be lost if the page were closed. */
function isUnsaved() {
  return nDone !== nSaved && (nDone > 0 || nSaved > 0);
}
