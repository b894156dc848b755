// The transcript: plain text first, word spans when it comes near the screen. Utterances stand in
// blocks, for a browser lays out and watches a few hundred blocks with ease, thousands of rows not.

const transcript = byId("transcript");
/** @type {HTMLElement[]} */
const rows = [];
/** @type {(HTMLElement|undefined)[]} */
const wordSpans = [];
let following = true;
let activeWord = -1;
let activeUtterance = -1;
let tabWord = -1;
let printing = false;

const BLOCK = 8; // utterances
const nearby = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const first = Number(/** @type {HTMLElement} */ (target).dataset.first);
      for (let number = first; number < Math.min(first + BLOCK, rows.length); number++) {
        if (isIntersecting) buildWords(number);
        else leaveWords(number);
      }
    }
  },
  // The first margin counts where the page scrolls, the second where the transcript does.
  /** @type {any} */ ({ rootMargin: "800px 0px", scrollMargin: "800px 0px" }),
);

/** Lay out every utterance as plain text; browsers search it as it is. */
function buildTranscript() {
  nearby.disconnect();
  rows.length = 0;
  wordSpans.length = 0;
  const blocks = [];
  let nMissed = 0; // stretches without words that stand in the transcript so far
  const missedBefore = (/** @type {number} */ ms) => {
    const first = nMissed;
    while (nMissed < missed.length && missed[nMissed][0] < ms) nMissed += 1;
    return missed.slice(first, nMissed).map(missedRow);
  };
  for (let number = 0; number < utterances.length; number++) {
    const row = make("div", "u");
    row.dataset.utterance = String(number);
    rows.push(row);
    fillRow(number);
    if (number % BLOCK === 0) {
      blocks.push(make("div", "block"));
      blocks[blocks.length - 1].dataset.first = String(number);
    }
    blocks[blocks.length - 1].append(...missedBefore(words.start[utterances[number].words[0]]), row);
  }
  transcript.replaceChildren(...blocks, ...missedBefore(Infinity));
  for (const block of blocks) nearby.observe(block);
  if (!rows.length) transcript.append(make("p", "transcript-empty", "Nothing is said here."));
  activeUtterance = -1;
}

/** Time, speaker and words of an utterance, as plain text. */
function fillRow(/** @type {number} */ number) {
  const { speaker, words: list } = utterances[number];
  const line = make("span", "u-words", plainText(list));
  line.dir = "auto";
  const isNew = speaker && (number === 0 || utterances[number - 1].speaker !== speaker);
  const name = isNew ? [make("span", "u-speaker", speaker)] : [];
  const first = list.find((word) => !isGone(word)) ?? list[0];
  rows[number].replaceChildren(make("span", "u-time", clock(words.start[first])), ...name, line);
  for (const part of name) part.dir = "auto";
  for (const word of list) wordSpans[word] = undefined;
}

/** Words as running text. */
function plainText(/** @type {number[]} */ list) {
  let text = "";
  for (const word of list) {
    if (isGone(word)) continue;
    text += !text || joined.has(word) ? words.text[word] : ` ${words.text[word]}`;
  }
  return text;
}

/** Replace the plain text of an utterance by its words. */
function buildWords(/** @type {number} */ number) {
  const { words: list } = utterances[number];
  if (wordSpans[list[0]]) return;
  const line = /** @type {HTMLElement} */ (rows[number].querySelector(".u-words"));
  const parts = [];
  let before = "";
  for (const word of list) {
    const span = makeWord(word);
    wordSpans[word] = span;
    span.setAttribute("role", "button");
    span.tabIndex = word === tabWord ? 0 : -1;
    markWord(span, word);
    const felt = labelWord(span, word, before);
    if (!isGone(word)) before = felt;
    if (parts.length && !joined.has(word)) parts.push(" ");
    parts.push(span);
  }
  line.replaceChildren(...parts);
}

/** Put the marks on a word that search, filter, clock and choice give it. */
function markWord(/** @type {HTMLElement} */ span, /** @type {number} */ word) {
  span.classList.toggle("kept", isKept(word));
  span.classList.toggle("hit", isHit(word));
  span.classList.toggle("chosen-hit", match >= 0 && matches[match] === word);
  span.classList.toggle("doubtful", isDoubtful(word));
  span.classList.toggle("on", word === activeWord);
  span.classList.toggle("picked", word === pickedWord);
  if (isInRange(word)) span.classList.add("ranged");
  if (word === activeWord) span.setAttribute("aria-current", "true");
}

/** Give the words of an utterance back to plain text once it is far away, unless it is in use. */
function leaveWords(/** @type {number} */ number) {
  const { words: list } = utterances[number];
  if (!wordSpans[list[0]] || printing || [activeWord, pickedWord, tabWord].some((word) => list.includes(word))) return;
  fillRow(number);
}

/** Say the feeling of a word to screen readers, and in print where it differs from the one before. */
function labelWord(/** @type {HTMLElement} */ span, /** @type {number} */ word, /** @type {string} */ before) {
  const felt = feeling(word);
  const marks = isGone(word) ? ["removed"] : [felt, isDoubtful(word) ? "doubtful" : ""].filter(Boolean);
  const said = marks.length ? [words.text[word], ...marks].join(", ") : "";
  if (said) span.setAttribute("aria-label", said);
  else span.removeAttribute("aria-label");
  if (felt !== before && !isGone(word)) span.dataset.felt = `[${felt || "plain"}] `;
  else delete span.dataset.felt;
  return felt;
}

/** The span of a word, built if need be. */
function spanOf(/** @type {number} */ word) {
  buildWords(utteranceOf(word));
  return /** @type {HTMLElement} */ (wordSpans[word]);
}

/** Mark the word that is said, and keep it in sight unless the reader scrolled away. */
function markActive(/** @type {number} */ word, /** @type {number} */ near) {
  if (word !== activeWord) {
    const before = wordSpans[activeWord];
    before?.classList.remove("on");
    before?.removeAttribute("aria-current");
    activeWord = word;
    if (word >= 0) {
      const span = spanOf(word);
      span.classList.add("on");
      span.setAttribute("aria-current", "true");
    }
  }
  const utterance = near < 0 ? -1 : utteranceOf(near);
  if (utterance === activeUtterance) return;
  rows[activeUtterance]?.classList.remove("current");
  activeUtterance = utterance;
  rows[utterance]?.classList.add("current");
  if (following) showUtterance(utterance);
}

/** Scroll an utterance into the middle of the transcript. */
function showUtterance(/** @type {number} */ number) {
  const row = rows[number];
  if (!row || row.classList.contains("apart")) return;
  const isPane = getComputedStyle(transcript).overflowY === "auto";
  if (isPane) {
    const away = row.getBoundingClientRect().top - transcript.getBoundingClientRect().top;
    const top = transcript.scrollTop + away - (transcript.clientHeight - row.offsetHeight) / 3;
    transcript.scrollTo({ top, behavior: isCalm() ? "auto" : "smooth" });
  } else if (!media.paused && isReading()) {
    row.scrollIntoView({ block: "start", behavior: isCalm() ? "auto" : "smooth" });
  }
}

/** On small screens the page itself scrolls: it follows only readers who came to the transcript. */
function isReading() {
  return transcript.getBoundingClientRect().top < 0.75 * window.innerHeight;
}

/** Whether nothing may move by itself. */
function isCalm() {
  return document.documentElement.dataset.motion === "none" || document.hidden;
}

/** Follow the speech, or stay where the reader is. */
function follow(/** @type {boolean} */ wanted) {
  following = wanted;
  byId("follow").hidden = wanted;
  if (wanted) showUtterance(activeUtterance);
}

/** Make one word the transcript's only tab stop. */
function setTabWord(/** @type {number} */ word) {
  const before = wordSpans[tabWord];
  if (before) before.tabIndex = -1;
  tabWord = word;
  spanOf(word).tabIndex = 0;
}

/** Move the focus by words, or by utterances. */
function moveFocus(/** @type {number} */ word) {
  if (word < 0) return;
  setTabWord(word);
  follow(false);
  spanOf(word).focus();
}

/** Put the labels of the present look on all words that are built. */
function relabelWords() {
  for (const { words: list } of utterances) {
    if (!wordSpans[list[0]]) continue;
    let before = "";
    for (const word of list) {
      const span = wordSpans[word];
      const felt = span ? labelWord(span, word, before) : "";
      if (!isGone(word)) before = felt;
    }
  }
}

/** Show corrected words and lines where they stand. */
function redrawTranscript(/** @type {Edit} */ edit) {
  const numbers = new Set(edit.words.map(([word]) => utteranceOf(word)).filter((number) => number >= 0));
  const [before, after] = edit.utterances ?? [[], []];
  if (tabWord >= 0 && places[tabWord] < 0) tabWord = order[0] ?? -1;
  const isSameRows = before.length === after.length && before.every((u, i) => u.id === after[i].id);
  if (edit.utterances && !isSameRows) {
    const top = transcript.scrollTop;
    buildTranscript();
    filter();
    transcript.scrollTop = top;
  } else {
    before.forEach((u, i) => u !== after[i] && numbers.add(i).add(Math.min(i + 1, before.length - 1)));
    for (const number of numbers) {
      const isBuilt = rows[number].querySelector("[data-word]") !== null;
      for (const word of before[number]?.words ?? []) wordSpans[word] = undefined;
      fillRow(number);
      if (isBuilt) buildWords(number);
    }
  }
  if (tabWord >= 0) spanOf(tabWord);
}

/** Wire clicks and keys of the transcript. */
function listenToTranscript() {
  transcript.addEventListener("click", (event) => {
    const span = wordSpanOf(event);
    if (!span) return;
    const word = Number(span.dataset.word);
    if (event.shiftKey || selecting) {
      window.getSelection()?.removeAllRanges(); // Shift also selects text
      selectTo(word);
    } else if (window.getSelection()?.toString()) return;
    else if (event.ctrlKey || event.metaKey) chooseWord(word, false);
    else chooseWord(word);
  });
  transcript.addEventListener("keydown", (event) => {
    const span = wordSpanOf(event);
    if (!span || event.altKey) return;
    const onlyShows = event.ctrlKey || event.metaKey;
    if (onlyShows && event.key !== "Enter") return;
    const word = Number(span.dataset.word);
    const number = utteranceOf(word);
    const first = (/** @type {number} */ n) => utterances[Math.max(0, Math.min(utterances.length - 1, n))].words[0];
    const go = (/** @type {number} */ to) => (event.shiftKey && to >= 0 ? selectTo(to) : moveFocus(to));
    /** @type {Object<string, () => void>} */
    const moves = {
      ArrowRight: () => go(neighbour(word, 1)),
      ArrowLeft: () => go(neighbour(word, -1)),
      ArrowDown: () => go(first(number + 1)),
      ArrowUp: () => go(first(number - 1)),
      Home: () => go(order[0]),
      End: () => go(order[order.length - 1]),
      Enter: () => (onlyShows ? chooseWord(word, false) : chooseWord(word)),
      e: () => editWord(word),
      E: () => editWord(word, event.shiftKey ? "fix-line" : "fix-text"),
    };
    if (!Object.hasOwn(moves, event.key) || (event.key.toLowerCase() === "e" && !singleKeys())) return;
    event.preventDefault();
    event.stopPropagation();
    moves[event.key]();
  });
  for (const kind of ["wheel", "touchmove"]) {
    transcript.addEventListener(kind, () => follow(false), { passive: true });
  }
  byId("follow").addEventListener("click", () => follow(true));
}
