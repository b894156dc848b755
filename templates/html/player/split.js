// Words in parts, parts in one word, words that are put in, removed, and put back.

const NO_TIME = "No time is left between these words: move their starts and ends first.";

/** Let a word say the first of several texts, and new words after it the others, each its share of the time. Gives the last one, -1 where the word is too short. */
function takeApart(/** @type {Draft} */ draft, /** @type {number} */ word, /** @type {Piece[]} */ pieces) {
  const [start, end] = spanIn(draft, word);
  if (end - start < pieces.length) return -1;
  const [own, ...others] = divided(start, end, pieces.map((piece) => piece.text));
  change(draft, word, { text: pieces[0].text, end: own[1], timing: "estimated" });
  const line = lineIn(draft, utteranceOf(word));
  const { label, level, withheld: isVoice } = { ...fixes.get(word), ...draft.changes.get(word) };
  let last = word;
  others.forEach(([from, to], i) => {
    const { text, joined: isJoined } = pieces[i + 1];
    const part = addWord({ text, start: from, end: to, joined: isJoined, reading: readingOf(word) });
    if (label !== undefined) change(draft, part, { label, level, withheld: isVoice });
    line.splice(line.indexOf(last) + 1, 0, part);
    last = part;
  });
  return last;
}

/** Let one word say a text in place of several of its line, all their time long: the one that lasts longest. */
function putTogether(/** @type {Draft} */ draft, /** @type {number[]} */ list, /** @type {string} */ text) {
  const length = (/** @type {number} */ word) => words.end[word] - words.start[word];
  const stays = list.reduce((best, word) => (length(word) > length(best) ? word : best));
  if (text !== words.text[stays]) change(draft, stays, { text });
  if (list.length === 1) return stays;
  const isGuessed = list.some((word) => (fixes.get(word)?.timing ?? (estimated.has(word) ? "estimated" : "aligned")) === "estimated");
  change(draft, stays, { start: words.start[list[0]], end: words.end[list[list.length - 1]], timing: isGuessed ? "estimated" : "aligned" });
  const line = lineIn(draft, utteranceOf(stays));
  for (const word of list) if (word !== stays) line.splice(line.indexOf(word), 1);
  return stays;
}

/** Put words into a line between two of its words, -1 for its ends. They have no reading. Says whether there was time. */
function putIn(/** @type {Draft} */ draft, /** @type {number} */ number, /** @type {number} */ before, /** @type {number} */ after, /** @type {Piece[]} */ pieces) {
  const { words: now } = utterances[number];
  const beside = [before < 0 ? saidBeside(now[0], -1) : before, after < 0 ? saidBeside(now[now.length - 1], 1) : after];
  const rewritten = beside.filter((word) => draft.changes.get(word)?.text !== undefined);
  const gap = { before: beside[0], after: beside[1], givers: rewritten.length ? rewritten : beside, leads: before < 0 };
  const spans = roomIn(draft, gap, pieces.map((piece) => piece.text));
  if (!spans) return false;
  const line = lineIn(draft, number);
  const at = before < 0 ? 0 : line.indexOf(before) + 1;
  line.splice(at, 0, ...pieces.map(({ text, joined: isJoined }, i) => addWord({ text, start: spans[i][0], end: spans[i][1], joined: isJoined, reading: BLANK })));
  return true;
}

/** Whether a text follows another one without a space. */
function isUnspaced(/** @type {string} */ before, /** @type {string} */ after) {
  return UNSPACED.test(before.slice(-1)) && UNSPACED.test(after.slice(0, 1));
}

/** Make two words of one, where the cursor stands in its text. */
function splitWord(/** @type {number} */ word, /** @type {string} */ text, /** @type {number} */ at) {
  const parts = [text.slice(0, at).trim(), text.slice(at).trim()];
  if (!parts.every(isWordText)) return "Put the cursor inside the word first.";
  const draft = newDraft(`“${parts.join("” and “")}”`);
  const pieces = parts.map((part, i) => ({ text: part, joined: i === 1 && isUnspaced(parts[0], part) }));
  if (takeApart(draft, word, pieces) < 0) return "The word is too short to be split: give it more time first.";
  finish(draft);
  return "";
}

/** Make one word of several that follow each other in a line. */
function mergeWords(/** @type {number[]} */ list) {
  const text = list.map((word) => words.text[word]).join("");
  if (!isWordText(text)) return "Together the words are too long.";
  const draft = newDraft(`“${text}”`);
  const stays = putTogether(draft, list, text);
  dropRange();
  pick(stays);
  finish(draft);
  return "";
}

/** Put a word in before or after another one. */
function insertWord(/** @type {number} */ word, /** @type {string} */ text, /** @type {1|-1} */ step) {
  const number = utteranceOf(word);
  const other = saidBeside(word, step);
  const beside = other >= 0 && utteranceOf(other) === number ? other : -1;
  const [before, after] = step > 0 ? [word, beside] : [beside, word];
  const near = words.text[before] ?? "";
  const draft = newDraft(`“${text}”`);
  const piece = { text, joined: before >= 0 && isUnspaced(near, text) };
  if (!putIn(draft, number, before, after, [piece])) return NO_TIME;
  finish(draft);
  return "";
}

/** Remove words. */
function removeWords(/** @type {number[]} */ list) {
  const draft = newDraft(`${list.length === 1 ? words.text[list[0]] : `${list.length} words`}, removed`);
  for (const word of list) change(draft, word, { gone: true });
  finish(draft);
  return "";
}

/** Put a word back that was removed: where its time was given to others, into what they leave. */
function putBack(/** @type {number} */ word) {
  const [before, after] = [saidBeside(word, -1), saidBeside(word, 1)];
  const draft = newDraft(`${words.text[word]}, back`);
  change(draft, word, { gone: false });
  const isFree = (before < 0 || words.end[before] <= words.start[word]) && (after < 0 || words.end[word] <= words.start[after]);
  if (!isFree) {
    const spans = roomIn(draft, { before, after, givers: [before, after], leads: false }, [words.text[word]]);
    if (!spans) return NO_TIME;
    change(draft, word, { start: spans[0][0], end: spans[0][1], timing: "estimated" });
  }
  finish(draft);
  return "";
}
