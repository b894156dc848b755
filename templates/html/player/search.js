// Finding words: by text, and by feeling.

/** @type {Set<string>} */
const wanted = new Set();
/** @type {number[]} */
let matches = [];
/** @type {Set<number>} */
let hits = new Set();
let match = -1;
let longText = "";
/** @type {number[]} */
let longStarts = [];

/** One long text of all words in small letters, and where each word begins in it. */
function indexText() {
  const parts = [];
  let length = 0;
  longStarts = [];
  for (const word of order) {
    const piece = isGone(word) ? "" : (length && !joined.has(word) ? " " : "") + words.text[word].toLowerCase();
    longStarts.push(length + (piece.startsWith(" ") ? 1 : 0));
    parts.push(piece);
    length += piece.length;
  }
  longText = parts.join("");
}

/** Mark every place where the words hold a text. */
function search(/** @type {string} */ query, /** @type {boolean} */ goes = true) {
  const text = query.trim().toLowerCase();
  if (!longText) indexText();
  matches = [];
  hits = new Set();
  for (let at = text ? longText.indexOf(text) : -1; at >= 0; at = longText.indexOf(text, at + text.length)) {
    const first = lastAtMost(longStarts, at);
    const last = lastAtMost(longStarts, at + text.length - 1);
    matches.push(order[first]);
    for (let place = first; place <= last; place++) hits.add(order[place]);
  }
  wordSpans.forEach((span, word) => span?.classList.toggle("hit", hits.has(word)));
  match = -1;
  for (const id of ["search-previous", "search-next"]) byId(id).hidden = matches.length < 2;
  if (matches.length && goes) stepMatch(1);
  else sayMatches(text);
}

/** Go to the next match, or the one before. */
function stepMatch(/** @type {number} */ step) {
  if (!matches.length) return;
  document.querySelector(".chosen-hit")?.classList.remove("chosen-hit");
  match = (match + step + matches.length) % matches.length;
  follow(false);
  const span = spanOf(matches[match]);
  rows[utteranceOf(matches[match])].classList.remove("apart");
  span.classList.add("chosen-hit");
  span.scrollIntoView({ block: "center" });
  sayMatches("found");
}

/** Look again after a correction, without leaving the place. */
function searchAgain() {
  longText = "";
  if (matches.length || hits.size) search(/** @type {HTMLInputElement} */ (byId("search")).value, false);
}

/** Say how many places there are. */
function sayMatches(/** @type {string} */ text) {
  const count = matches.length ? `${Math.max(1, match + 1)} of ${matches.length}` : "not found";
  byId("search-count").textContent = text ? count : "";
}

/** Whether a word holds the text that is looked for. */
function isHit(/** @type {number} */ word) {
  return hits.has(word);
}

/** Whether a word has a feeling that is looked for. */
function isKept(/** @type {number} */ word) {
  return wanted.size === 0 || wanted.has(shownEmotion(word));
}

/** Show only utterances that hold the wanted feelings; none wanted shows all. */
function filter() {
  transcript.classList.toggle("filtering", wanted.size > 0);
  utterances.forEach(({ words: list }, number) => {
    rows[number].classList.toggle("apart", !list.some(isKept));
  });
  wordSpans.forEach((span, word) => span?.classList.toggle("kept", isKept(word)));
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("button.score-name"))) {
    button.setAttribute("aria-pressed", String(wanted.has(button.dataset.emotion ?? "")));
  }
}

/** Wire the search field. */
function listenToSearch() {
  const field = /** @type {HTMLInputElement} */ (byId("search"));
  field.addEventListener("input", () => search(field.value));
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") stepMatch(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape" && field.value) {
      field.value = "";
      search("");
    } else if (event.key === "Escape") field.blur();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  byId("search-next").addEventListener("click", () => stepMatch(1));
  byId("search-previous").addEventListener("click", () => stepMatch(-1));
}
