// An edit in the making: what it changes of words, and what lines hold after it.

/**
 * @typedef {{name: string, changes: Map<number, Fix>, lines: Map<number, number[]>}} Draft
 */

/** Begin an edit. */
function newDraft(/** @type {string} */ name) {
  return /** @type {Draft} */ ({ name, changes: new Map(), lines: new Map() });
}

/** Change a word, beside what the draft changes of it already. */
function change(/** @type {Draft} */ draft, /** @type {number} */ word, /** @type {Fix} */ fix) {
  draft.changes.set(word, { ...draft.changes.get(word), ...fix });
}

/** When a word is said after the draft. */
function spanIn(/** @type {Draft} */ draft, /** @type {number} */ word) {
  const fix = draft.changes.get(word);
  return [fix?.start ?? words.start[word], fix?.end ?? words.end[word]];
}

/** The words of a line after the draft: a list that may be changed. */
function lineIn(/** @type {Draft} */ draft, /** @type {number} */ number) {
  const line = draft.lines.get(number) ?? utterances[number].words.slice();
  draft.lines.set(number, line);
  return line;
}

/** Do the edit; says whether it changed anything. */
function finish(/** @type {Draft} */ draft) {
  const changed = [...draft.changes].map(([word, fix]) => fixed(word, fix)).filter(([, before, after]) => !isSameFix(before, after));
  const after = utterances.map((utterance, number) => (draft.lines.has(number) ? { ...utterance, words: draft.lines.get(number) ?? [] } : utterance));
  if (!changed.length && !draft.lines.size) return false;
  commit({ name: draft.name, words: changed, utterances: draft.lines.size ? [utterances, after] : null });
  return true;
}

/** Put a word in that nobody read, or a part of one that somebody did; gives its number. */
function addWord(/** @type {Added} */ word) {
  added.push(word);
  words.text.push(word.text);
  words.start.push(word.start);
  words.end.push(word.end);
  const number = words.text.length - 1;
  if (word.joined) joined.add(number);
  estimated.add(number);
  given.add(number);
  return number;
}
