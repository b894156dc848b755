// Correcting a word: its text, its feeling, who says it. Every change shows at once.

let editing = false;
const DEFAULT_LEVEL = 3; // a feeling that is chosen without a strength: 0.75, as core/emotion.py has it

/** Open the form for a word. */
function editWord(/** @type {number} */ word) {
  if (word < 0 || word >= words.text.length) return;
  media.pause();
  editing = true;
  setTabWord(word);
  showPanel(word);
  const field = /** @type {HTMLInputElement} */ (byId("fix-text"));
  field.focus();
  field.select();
}

/** Back to how the word was read. */
function stopEditing() {
  const word = pickedWord;
  editing = false;
  showPanel(word);
  spanOf(word).focus();
}

/** The word that a key of the page means. */
function wordInMind() {
  if (pickedWord >= 0) return pickedWord;
  return activeWord >= 0 ? activeWord : Math.max(0, lastAtMost(words.start, media.currentTime * 1000));
}

/** The form: nothing is sent, each field works by itself. */
function editForm(/** @type {number} */ word) {
  const form = make("form", "edit");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    stopEditing();
  });
  form.append(textField(word), speakerField(word), feelingField(word), strengthField(word), editButtons(word));
  return form;
}

/** A field under its name. */
function labelled(/** @type {string} */ text, /** @type {HTMLElement} */ field) {
  const label = make("label", "edit-field", make("span", "", text), field);
  label.setAttribute("for", field.id);
  return label;
}

/** A field for text. */
function inputField(/** @type {string} */ id, /** @type {string} */ value, /** @type {number} */ longest) {
  const field = /** @type {HTMLInputElement} */ (make("input"));
  Object.assign(field, { id, value, maxLength: longest, dir: "auto", autocomplete: "off", spellcheck: true });
  return field;
}

/** What is said. */
function textField(/** @type {number} */ word) {
  const field = inputField("fix-text", words.text[word], 500);
  field.required = true;
  field.addEventListener("change", () => {
    const text = field.value.trim();
    if (isWordText(text)) correctWord(word, { text }, `“${text}”`);
    else field.value = words.text[word];
  });
  return labelled("Word", field);
}

/** Who says the line. */
function speakerField(/** @type {number} */ word) {
  const number = utteranceOf(word);
  const [speaker] = utterances[number];
  const names = [...new Set(utterances.map((utterance) => utterance[0]))].filter(Boolean);
  const list = make("datalist", "", ...names.map((name) => Object.assign(make("option"), { value: name })));
  list.id = "fix-speakers";
  const field = inputField("fix-speaker", speaker, 200);
  field.setAttribute("list", list.id);
  const all = /** @type {HTMLInputElement} */ (make("input"));
  Object.assign(all, { type: "checkbox", id: "fix-everywhere" });
  field.addEventListener("change", () => correctSpeaker(number, field.value.trim(), all.checked));
  // Ticked after the name was typed: that line is renamed by now, the others are not.
  all.addEventListener("change", () => all.checked && renameRest(speaker, utterances[number][0]));
  const lines = utterances.filter((utterance) => utterance[0] === speaker).length;
  const parts = [labelled("Speaker of this line", field), list];
  if (speaker && lines > 1) {
    const label = make("label", "edit-check", all, `rename in all ${lines} lines`);
    parts.push(label);
  }
  const old = justRenamed(number);
  const left = utterances.filter((utterance) => old && utterance[0] === old).length;
  if (left) {
    const text = `Rename ${left} other line${left === 1 ? "" : "s"} of “${old}” too`;
    parts.push(editButton("fix-rest", text, () => renameRest(old, speaker)));
  }
  return make("div", "edit-speaker", ...parts);
}

/** A group of choices, of which one holds. */
function choices(/** @type {string} */ id, /** @type {string} */ title, /** @type {[string, string, string][]} */ options, /** @type {string} */ chosen, onPick) {
  const group = make("fieldset", "edit-choices", make("legend", "", title));
  for (const [value, text, colour] of options) {
    const radio = /** @type {HTMLInputElement} */ (make("input"));
    Object.assign(radio, { type: "radio", name: id, value, id: `${id}-${value}`, checked: value === chosen });
    radio.addEventListener("change", () => onPick(value));
    const chip = make("label", "chip", radio, make("span", "", text));
    if (colour) chip.style.setProperty("--swatch", colour);
    group.append(chip);
  }
  return group;
}

/** Which feeling it shows. */
function feelingField(/** @type {number} */ word) {
  const options = [...talk.labels, RAISED].map((/** @type {string} */ name) => [name, spoken(name), swatchOf(name)]);
  return choices("fix-feeling", "Feeling", options, shownEmotion(word), (/** @type {string} */ name) => {
    const level = name === "neutral" ? 0 : shown(word).level || DEFAULT_LEVEL;
    correctFeeling(word, name, level, `${words.text[word]}, ${spoken(name)}`);
  });
}

/** How strong the feeling is. */
function strengthField(/** @type {number} */ word) {
  const { level } = shown(word);
  const options = STRENGTHS.slice(1).map((name, i) => /** @type {[string, string, string]} */ ([String(i + 1), name, ""]));
  const group = choices("fix-strength", "Strength", options, String(level), (/** @type {string} */ value) => {
    const name = shownEmotion(word);
    const isKnown = name === RAISED || talk.labels.includes(name);
    if (isKnown) correctFeeling(word, name, Number(value), `${words.text[word]}, ${STRENGTHS[Number(value)]}`);
  });
  group.toggleAttribute("disabled", level === 0);
  return group;
}

/** A button of the form. */
function editButton(/** @type {string} */ id, /** @type {string} */ text, /** @type {() => void} */ act) {
  const button = make("button", "plain", text);
  button.id = id;
  button.setAttribute("type", "button");
  button.addEventListener("click", act);
  return button;
}

/** What else can be done with a word. */
function editButtons(/** @type {number} */ word) {
  const number = utteranceOf(word);
  const buttons = [];
  const step = (/** @type {number} */ to) => () => to >= 0 && to < words.text.length && editWord(to);
  if (word > 0) buttons.push(editButton("fix-previous", "← Word before", step(word - 1)));
  if (word < words.text.length - 1) buttons.push(editButton("fix-next", "Word after →", step(word + 1)));
  const doubtful = nextDoubtful(word);
  if (doubtful >= 0 && doubtful !== word) buttons.push(editButton("fix-doubtful", "Next doubtful word", step(doubtful)));
  if (word > utterances[number][1]) buttons.push(editButton("fix-split", "Start a line here", () => splitAt(word)));
  if (number > 0) buttons.push(editButton("fix-join", "Join to the line before", () => joinBefore(word)));
  const gone = isGone(word);
  const name = gone ? `${words.text[word]}, back` : `${words.text[word]}, removed`;
  buttons.push(editButton("fix-gone", gone ? "Put the word back" : "Remove the word", () => correctWord(word, { gone: !gone }, name)));
  return make("div", "edit-buttons", ...buttons);
}

/** Say how many corrections there are, and what was done last. */
function drawFixes(/** @type {string} */ said) {
  const count = countCorrections();
  byId("fixes").hidden = edits.length === 0;
  byId("fixes-count").textContent = `${count} correction${count === 1 ? "" : "s"}${isUnsaved() ? "" : ", saved"}`;
  byId("fixes-said").textContent = said;
  /** @type {HTMLButtonElement} */ (byId("undo")).disabled = nDone === 0;
  /** @type {HTMLButtonElement} */ (byId("redo")).disabled = nDone === edits.length;
}

/** Save the Document, and remember that it was saved. */
function saveCorrections() {
  download(documentText(), ".sentigram.json", "application/json");
  nSaved = nDone;
  drawFixes("Corrections saved as a Document.");
}

/** Wire the bar of corrections. */
function listenToEditor() {
  byId("undo").addEventListener("click", undo);
  byId("redo").addEventListener("click", redo);
  byId("save").addEventListener("click", saveCorrections);
  window.addEventListener("beforeunload", (event) => isUnsaved() && event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "s") saveCorrections();
    else if (isTyping(/** @type {HTMLElement} */ (event.target))) return; // the field has its own
    else if (key === "y" || (key === "z" && event.shiftKey)) redo();
    else if (key === "z") undo();
    else return;
    event.preventDefault();
  });
}

/** Whether an element takes text. */
function isTyping(/** @type {HTMLElement} */ target) {
  return target.matches("input:not([type=radio], [type=checkbox], [type=range]), textarea");
}
