// A range of words, from the one that was chosen to another one: what is done then is done to all.

let rangeFrom = -1;
let rangeTo = -1;
let selecting = false; // the next word that is chosen ends the range: for fingers, which have no Shift

/** Forget the range. */
function dropRange() {
  const list = rangeFrom < 0 ? [] : pickedWords();
  rangeFrom = rangeTo = -1;
  for (const word of list) markRange(word);
}

/** Whether a word is in the range. */
function isInRange(/** @type {number} */ word) {
  if (rangeFrom < 0) return false;
  const [low, high] = [places[rangeFrom], places[rangeTo]].sort((a, b) => a - b);
  return places[word] >= low && places[word] <= high;
}

/** The words of the range, else the chosen word: what a correction is about. */
function pickedWords() {
  if (rangeFrom < 0) return [pickedWord];
  return order.filter(isInRange);
}

/** Show whether a word is in the range, to eyes and screen readers. */
function markRange(/** @type {number} */ word) {
  const span = wordSpans[word];
  span?.classList.toggle("ranged", isInRange(word));
  if (isInRange(word)) span?.setAttribute("aria-pressed", "true");
  else span?.removeAttribute("aria-pressed");
}

/** Let the range reach from the chosen word to this one, and open the form for it. */
function selectTo(/** @type {number} */ word) {
  const from = rangeFrom >= 0 ? rangeFrom : pickedWord >= 0 ? pickedWord : tabWord;
  dropRange();
  selecting = false;
  media.pause();
  editing = true;
  [rangeFrom, rangeTo] = from === word ? [-1, -1] : [from, word];
  setTabWord(word);
  showPanel(word);
  for (const one of pickedWords()) {
    spanOf(one);
    markRange(one);
  }
  spanOf(word).focus();
}

/** The words of the range that stand in one line and were not removed; none where it reaches over lines. */
function rangeInLine() {
  const list = pickedWords();
  return list.every((word) => utteranceOf(word) === utteranceOf(list[0])) ? list.filter((word) => !isGone(word)) : [];
}

/** The range in words, and when it is said. */
function rangeHead() {
  const list = pickedWords();
  const when = `${fineClock(words.start[list[0]])} – ${fineClock(words.end[list[list.length - 1]])}`;
  const text = make("div", "", make("p", "panel-feeling", `${list.length} words`), make("p", "quiet", `${when} · ${plainText(list)}`));
  return make("div", "panel-head", text);
}

/** A button that lets the next word that is chosen end a range. */
function selectButton() {
  const button = editButton("fix-select", "Select up to …", () => {
    selecting = !selecting;
    button.setAttribute("aria-pressed", String(selecting));
  });
  button.setAttribute("aria-pressed", String(selecting));
  return button;
}

/** What can be done with all words of the range. */
function rangeButtons() {
  const buttons = [editButton("fix-gone", "Remove the words", () => attempt(() => removeWords(pickedWords())))];
  const list = rangeInLine();
  if (list.length > 1) buttons.unshift(editButton("fix-merge", "Merge into one word", () => attempt(() => mergeWords(list))));
  return make("div", "edit-buttons", ...buttons);
}
