// A whole line corrected at once: its words are matched with the text that a person wrote.

/**
 * A step of the match: words of the line, and the pieces of the text that stand in their place.
 * One word and one piece: it stays, or says something else. Several of one kind: a word in parts, or parts
 * in one word. None: put in, or removed.
 * @typedef {{words: number[], pieces: Piece[]}} Match
 * @typedef {{text: string, joined: boolean}} Piece
 */
const MOST_PARTS = 4; // that a word is taken apart into, or put together from
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
// What steps cost. A word that was misheard is another word in its place, not one less and one more.
const REMOVED = 1;
const PUT_IN = 1;
const CHANGED = 0.9;
const UNLIKE = 0.8; // added to CHANGED as far as two words have nothing in common
const REGROUPED = 0.5;

/** The letters and digits of a text, small: what two spellings of one word have in common. */
function bare(/** @type {string} */ text) {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

/** How far two words differ, from 0 to 1: what lies between a common beginning and a common end. */
function unlikeness(/** @type {string} */ one, /** @type {string} */ other) {
  const [a, b] = [bare(one), bare(other)];
  const short = Math.min(a.length, b.length);
  let same = 0;
  while (same < short && a[same] === b[same]) same += 1;
  let ends = 0;
  while (ends < short - same && a[a.length - 1 - ends] === b[b.length - 1 - ends]) ends += 1;
  return 1 - (same + ends) / Math.max(1, a.length, b.length);
}

/** The pieces of a text: at its spaces, and where the words of the line are written without any, at those words. */
function piecesOf(/** @type {string} */ text, /** @type {number[]} */ line) {
  const chunks = text.trim().split(/\s+/).filter(Boolean);
  return chunks.flatMap((chunk) => {
    const parts = UNSPACED.test(chunk) ? unspacedParts(chunk, line) : [chunk];
    return parts.map((part, i) => /** @type {Piece} */ ({ text: part, joined: i > 0 }));
  });
}

/** A text without spaces in parts: words of the line where it has them in this order, between them as language has it. */
function unspacedParts(/** @type {string} */ chunk, /** @type {number[]} */ line) {
  const known = longestRun(chunk, line.map((word) => words.text[word]));
  const parts = [];
  let at = 0;
  for (const [from, text] of [...known, /** @type {[number, string]} */ ([chunk.length, ""])]) {
    if (from > at) parts.push(...wordsOf(chunk.slice(at, from)));
    if (text) parts.push(text);
    at = from + text.length;
  }
  return parts;
}

/** Words that stand in a text one after the other, those with the most letters in all, and where. */
function longestRun(/** @type {string} */ chunk, /** @type {string[]} */ texts) {
  // best[at]: most letters of words before `at`, with the last of them.
  /** @type {{letters: number, last: {from: number, text: string, before: any}|null}[]} */
  let best = Array.from({ length: chunk.length + 1 }, () => ({ letters: 0, last: null }));
  for (const text of texts) {
    const next = best.slice();
    for (let from = chunk.indexOf(text); from >= 0; from = chunk.indexOf(text, from + 1)) {
      const letters = best[from].letters + text.length;
      const end = from + text.length;
      if (letters > next[end].letters) next[end] = { letters, last: { from, text, before: best[from].last } };
    }
    for (let at = 1; at < next.length; at++) if (next[at - 1].letters > next[at].letters) next[at] = next[at - 1];
    best = next;
  }
  /** @type {[number, string][]} */
  const run = [];
  for (let step = best[chunk.length].last; step; step = step.before) run.unshift([step.from, step.text]);
  return run;
}

/** Words of a text without spaces, as the browser knows the language; the text itself where it does not. */
function wordsOf(/** @type {string} */ text) {
  const segmenter = "Segmenter" in Intl && new Intl.Segmenter(talk.document.language || "und", { granularity: "word" });
  if (!segmenter) return [text];
  /** @type {string[]} */
  const parts = [];
  for (const { segment, isWordLike } of segmenter.segment(text)) {
    if (isWordLike || !parts.length) parts.push(segment);
    else parts[parts.length - 1] += segment; // marks stay with the word before them
  }
  return parts;
}

/** Match words with pieces, so that as much as can be stays as it is. */
function matchLine(/** @type {number[]} */ line, /** @type {Piece[]} */ pieces) {
  let head = 0;
  const isSame = (/** @type {number} */ i, /** @type {number} */ j) => words.text[line[i]] === pieces[j].text;
  while (head < Math.min(line.length, pieces.length) && isSame(head, head)) head += 1;
  let tail = 0;
  while (tail < Math.min(line.length, pieces.length) - head && isSame(line.length - 1 - tail, pieces.length - 1 - tail)) tail += 1;
  const pair = (/** @type {number} */ i, /** @type {number} */ j) => ({ words: [line[i]], pieces: [pieces[j]] });
  const starts = Array.from({ length: head }, (_, i) => pair(i, i));
  const ends = Array.from({ length: tail }, (_, i) => pair(line.length - tail + i, pieces.length - tail + i));
  return /** @type {Match[]} */ ([...starts, ...cheapest(line.slice(head, line.length - tail), pieces.slice(head, pieces.length - tail)), ...ends]);
}

/** The cheapest way from words to pieces: dynamic programming over both. */
function cheapest(/** @type {number[]} */ line, /** @type {Piece[]} */ pieces) {
  const wide = pieces.length + 1;
  const costs = new Float64Array((line.length + 1) * wide).fill(Infinity);
  /** @type {[number, number][]} */
  const steps = new Array(costs.length);
  const said = line.map((word) => bare(words.text[word]));
  const written = pieces.map((piece) => bare(piece.text));
  costs[0] = 0;
  for (let i = 0; i <= line.length; i++) {
    for (let j = 0; j <= pieces.length; j++) {
      const here = costs[i * wide + j];
      const go = (/** @type {number} */ di, /** @type {number} */ dj, /** @type {number} */ cost) => {
        const to = (i + di) * wide + j + dj;
        if (here + cost >= costs[to]) return;
        costs[to] = here + cost;
        steps[to] = [di, dj];
      };
      if (i < line.length) go(1, 0, REMOVED);
      if (j < pieces.length) go(0, 1, PUT_IN);
      if (i === line.length || j === pieces.length) continue;
      const [word, piece] = [words.text[line[i]], pieces[j].text];
      go(1, 1, word === piece ? 0 : CHANGED + UNLIKE * unlikeness(word, piece));
      for (let n = 2; n <= MOST_PARTS; n++) {
        if (i + n <= line.length && said[i] && said.slice(i, i + n).join("") === written[j]) go(n, 1, REGROUPED);
        if (j + n <= pieces.length && written[j] && written.slice(j, j + n).join("") === said[i]) go(1, n, REGROUPED);
      }
    }
  }
  /** @type {Match[]} */
  const found = [];
  for (let i = line.length, j = pieces.length; i || j; ) {
    const [di, dj] = steps[i * wide + j];
    [i, j] = [i - di, j - dj];
    found.unshift({ words: line.slice(i, i + di), pieces: pieces.slice(j, j + dj) });
  }
  return found;
}

/** Let a line say a text; words that stay keep all that is known of them. Says whether there was time for all of it. */
function correctLine(/** @type {number} */ number, /** @type {string} */ text) {
  const said = utterances[number].words.filter((word) => !isGone(word));
  const draft = newDraft(`line “${text.trim()}”`);
  /** @type {Piece[]} */
  let waiting = [];
  let before = -1; // the last word of the line so far
  const matches = matchLine(said, piecesOf(text, said));
  for (const { words: old, pieces } of [...matches, { words: [-1], pieces: [] }]) {
    if (!old.length) {
      waiting.push(...pieces);
      continue;
    }
    if (!pieces.length && old[0] >= 0) {
      for (const word of old) change(draft, word, { gone: true });
      continue;
    }
    const word = pieces.length === 1 ? putTogether(draft, old, pieces[0].text) : old[0];
    if (waiting.length && !putIn(draft, number, before, word, waiting)) return false;
    waiting = [];
    before = pieces.length > 1 ? takeApart(draft, word, pieces) : word;
    if (before < 0 && word >= 0) return false;
  }
  finish(draft);
  return true;
}
