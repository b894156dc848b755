// The transcript: plain text first, word spans when an utterance comes near the screen.

const transcript = byId("transcript");
/** @type {HTMLElement[]} */
const rows = [];
/** @type {(HTMLElement|undefined)[]} */
const wordSpans = new Array(words.text.length);
let following = true;
let activeWord = -1;
let activeUtterance = -1;
let tabWord = -1;

const nearby = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) if (entry.isIntersecting) buildWords(Number(/** @type {HTMLElement} */ (entry.target).dataset.utterance));
  },
  { rootMargin: "800px 0px" },
);

/** Lay out every utterance as plain text; browsers search and print it as it is. */
function buildTranscript() {
  let before = "";
  utterances.forEach(([speaker, first, count], number) => {
    const row = make("div", "u", make("span", "u-time", clock(words.start[first])));
    if (speaker && speaker !== before) row.append(make("span", "u-speaker", speaker));
    before = speaker;
    const line = make("span", "u-words", plainText(first, count));
    line.dir = "auto";
    row.append(line);
    row.dataset.utterance = String(number);
    rows.push(row);
    nearby.observe(row);
  });
  transcript.replaceChildren(...rows);
  if (!rows.length) transcript.append(make("p", "transcript-empty", "Nothing is said here."));
  else setTabWord(0);
}

/** Words as running text. */
function plainText(/** @type {number} */ first, /** @type {number} */ count) {
  let text = "";
  for (let word = first; word < first + count; word++) {
    text += word === first || joined.has(word) ? words.text[word] : ` ${words.text[word]}`;
  }
  return text;
}

/** Replace the plain text of an utterance by its words, once. */
function buildWords(/** @type {number} */ number) {
  const [, first, count] = utterances[number];
  if (wordSpans[first]) return;
  nearby.unobserve(rows[number]);
  const line = /** @type {HTMLElement} */ (rows[number].querySelector(".u-words"));
  const parts = [];
  for (let word = first; word < first + count; word++) {
    const span = makeWord(word);
    wordSpans[word] = span;
    span.setAttribute("role", "button");
    span.tabIndex = -1;
    labelWord(span, word);
    span.classList.toggle("kept", isKept(word));
    span.classList.toggle("hit", isHit(word));
    if (word > first && !joined.has(word)) parts.push(" ");
    parts.push(span);
  }
  line.replaceChildren(...parts);
}

/** Say the feeling of a word to screen readers. */
function labelWord(/** @type {HTMLElement} */ span, /** @type {number} */ word) {
  const felt = feeling(word);
  if (felt) span.setAttribute("aria-label", `${words.text[word]}, ${felt}`);
  else span.removeAttribute("aria-label");
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
    const top = row.offsetTop - (transcript.clientHeight - row.offsetHeight) / 3;
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
  const to = Math.max(0, Math.min(words.text.length - 1, word));
  setTabWord(to);
  follow(false);
  spanOf(to).focus();
}

/** Put the labels of the present look on all words that are built. */
function relabelWords() {
  wordSpans.forEach((span, word) => span && labelWord(span, word));
}

/** Wire clicks and keys of the transcript. */
function listenToTranscript() {
  transcript.addEventListener("click", (event) => {
    const span = /** @type {HTMLElement|null} */ (/** @type {HTMLElement} */ (event.target).closest("[data-word]"));
    if (span && !window.getSelection()?.toString()) chooseWord(Number(span.dataset.word));
  });
  transcript.addEventListener("keydown", (event) => {
    const span = /** @type {HTMLElement|null} */ (/** @type {HTMLElement} */ (event.target).closest("[data-word]"));
    if (!span || event.ctrlKey || event.metaKey || event.altKey) return;
    const word = Number(span.dataset.word);
    const number = utteranceOf(word);
    const first = (/** @type {number} */ n) => utterances[Math.max(0, Math.min(utterances.length - 1, n))][1];
    /** @type {Object<string, () => void>} */
    const moves = {
      ArrowRight: () => moveFocus(word + 1),
      ArrowLeft: () => moveFocus(word - 1),
      ArrowDown: () => moveFocus(first(number + 1)),
      ArrowUp: () => moveFocus(first(number - 1)),
      Home: () => moveFocus(0),
      End: () => moveFocus(words.text.length - 1),
      Enter: () => chooseWord(word),
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    moves[event.key]();
  });
  for (const kind of ["wheel", "touchmove"]) {
    transcript.addEventListener(kind, () => follow(false), { passive: true });
  }
  byId("follow").addEventListener("click", () => follow(true));
}
