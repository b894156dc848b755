// Corrections outlive a reload: kept in the browser, where it allows that for pages from a disk.

const STORE_KEY = `sentigram:${talk.id}`;
const STORE_AFTER_MS = 400;
let storeTimer = 0;

/** Keep the corrections soon: several edits in a row are kept once. */
function storeSoon() {
  window.clearTimeout(storeTimer);
  storeTimer = window.setTimeout(store, STORE_AFTER_MS);
}

/** Keep the corrections. */
function store() {
  try {
    if (!fixes.size && utterances === readUtterances) window.localStorage.removeItem(STORE_KEY);
    else window.localStorage.setItem(STORE_KEY, JSON.stringify({ fixes: [...fixes], added, utterances: changedLines() }));
  } catch {
    // No storage here: saving the Document is the way to keep corrections.
  }
}

/** The lines as rows, null where they are as they were read. */
function changedLines() {
  return utterances === readUtterances ? null : utterances.map(({ speaker, words: line, id }) => [speaker, line, id]);
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

/** Stored corrections as parts of an edit; null, and nothing is changed, where they do not fit this page. */
function readChanges(/** @type {any} */ kept) {
  const put = kept?.added ?? [];
  if (!Array.isArray(kept?.fixes) || !Array.isArray(put) || !put.every(isAdded)) return null;
  const count = N_READ + put.length;
  const isWord = (/** @type {any} */ n) => Number.isInteger(n) && n >= 0 && n < count;
  if (!kept.fixes.every((/** @type {any} */ row) => isWord(row?.[0]) && isFix(row[1]))) return null;
  const lines = kept.utterances && readLines(kept.utterances, isWord);
  if (kept.utterances ? !lines : put.length) return null;
  if (!isInOrder(lines ?? utterances, new Map(kept.fixes), put)) return null;
  put.forEach(addWord);
  /** @type {[number, undefined, Fix][]} */
  const changed = kept.fixes.map((/** @type {[number, Fix]} */ [word, fix]) => [word, undefined, fix]);
  return { words: changed, utterances: lines ? /** @type {[Utterance[], Utterance[]]} */ ([utterances, lines]) : null };
}

/** Stored rows as lines that hold each word at most once; null where they do not. */
function readLines(/** @type {any} */ rows, /** @type {(n: any) => boolean} */ isWord) {
  if (!Array.isArray(rows) || !rows.every(Array.isArray)) return null;
  // Rows of four are those of older pages: first word and count.
  const isOld = (/** @type {any[]} */ row) => row.length === 4 && isWord(row[1]) && isWord(row[1] + row[2] - 1);
  const lines = rows.map((row) => (isOld(row) ? asUtterance(/** @type {any} */ (row)) : { speaker: row[0], words: row[1], id: row[2] }));
  const isLine = (/** @type {any} */ line) => typeof line.speaker === "string" && typeof line.id === "string" && Array.isArray(line.words) && line.words.length && line.words.every(isWord);
  if (!lines.every(isLine)) return null;
  const all = lines.flatMap((line) => line.words);
  const isWhole = !rows.every(isOld) || all.length === N_READ;
  return isWhole && new Set(all).size === all.length && all.length ? /** @type {Utterance[]} */ (lines) : null;
}

/** Whether words that are kept are said one after the other. */
function isInOrder(/** @type {Utterance[]} */ lines, /** @type {Map<number, Fix>} */ kept, /** @type {Added[]} */ put) {
  let end = 0;
  for (const word of lines.flatMap((line) => line.words)) {
    const fix = kept.get(word);
    if (fix?.gone) continue;
    const first = word < N_READ ? firstOf(word) : put[word - N_READ];
    const [from, to] = [fix?.start ?? first.start, fix?.end ?? first.end];
    if (from < end || to <= from) return false;
    end = to;
  }
  return true;
}

/** Whether something stored is a fix. */
function isFix(/** @type {any} */ fix) {
  if (!fix || !isTime(fix.start ?? 0) || !isTime(fix.end ?? 0)) return false;
  const isVoice = fix.withheld === undefined || (fix.withheld === true && fix.label === NEUTRAL && fix.level > 0);
  const isTimed = [undefined, "aligned", "estimated"].includes(fix.timing);
  return (fix.text === undefined || isWordText(fix.text)) && (fix.label === undefined || (Number.isInteger(fix.label) && fix.label in EMOTIONS)) && (fix.level ?? 0) in STRENGTHS && isVoice && isTimed;
}

/** Whether something stored is a word that was put in. */
function isAdded(/** @type {any} */ word) {
  const isReading = Number.isInteger(word?.reading) && word.reading >= 0 && word.reading <= BLANK;
  return isReading && isWordText(word.text) && isTime(word.start) && isTime(word.end) && typeof word.joined === "boolean";
}

/** Whether something stored is a time that a Document can hold. */
function isTime(/** @type {any} */ ms) {
  return Number.isInteger(ms) && ms >= 0 && ms <= LATEST_MS;
}

/** Whether a text may be a word of a Document. */
function isWordText(/** @type {any} */ text) {
  return typeof text === "string" && text.length <= 500 && /\S/.test(text) && !/[\n\r\u2028\u2029]/.test(text);
}
