// Correcting a word: its text, its feeling, who says it. Every change shows at once.

let editing = false;
const DEFAULT_LEVEL = 3; // a feeling that is chosen without a strength: 0.75, as core/emotion.py has it

/** Open the form for a word, at one of its fields. */
function editWord(/** @type {number} */ word, fieldId = "fix-text") {
  if (word < 0) return;
  media.pause();
  dropRange();
  editing = true;
  setTabWord(word);
  showPanel(word);
  const field = /** @type {HTMLInputElement} */ (byId(fieldId));
  field.focus();
  field.select();
}

/** Back to how the word was read. */
function stopEditing() {
  const word = pickedWord;
  editing = false;
  dropRange();
  showPanel(word);
  spanOf(word).focus();
}

/** The word that a key of the page means. */
function wordInMind() {
  if (pickedWord >= 0) return pickedWord;
  const near = activeWord >= 0 ? activeWord : wordAt(media.currentTime * 1000);
  return near >= 0 ? near : (order[0] ?? -1);
}

/** The form: nothing is sent, each field works by itself. */
function editForm(/** @type {number} */ word) {
  const form = make("form", "edit");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    stopEditing();
  });
  if (rangeFrom >= 0) form.append(feelingField(word), strengthField(word), rangeButtons());
  else if (isGone(word)) form.append(editButtons(word));
  else {
    const times = make("div", "edit-times", timeField(word, "start"), timeField(word, "end"));
    form.append(textField(word), speakerField(word), lineField(word), times, feelingField(word), strengthField(word), insertField(word), editButtons(word));
  }
  return form;
}

/** Do something, and say why where it cannot be done. */
function attempt(/** @type {() => string} */ act) {
  const failure = act();
  byId("fixes-said").textContent = failure || byId("fixes-said").textContent;
  byId("fixes-failed").textContent = failure;
  byId("fixes").hidden = !failure && edits.length === 0;
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
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    splitHere(word);
  });
  return labelled("Word", field);
}

/** Split a word where the cursor stands in its field. */
function splitHere(/** @type {number} */ word) {
  const field = /** @type {HTMLInputElement} */ (byId("fix-text"));
  attempt(() => splitWord(word, field.value, field.selectionStart ?? 0));
}

/** The whole line. */
function lineField(/** @type {number} */ word) {
  const number = utteranceOf(word);
  const text = plainText(utterances[number].words);
  const field = /** @type {HTMLTextAreaElement} */ (make("textarea"));
  Object.assign(field, { id: "fix-line", value: text, rows: 2, dir: "auto", spellcheck: true });
  field.addEventListener("change", () => attempt(() => (correctLine(number, field.value) ? "" : NO_TIME)));
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // a line has no breaks: Enter is done
    field.blur();
    if (editing) stopEditing();
  });
  const label = labelled("Whole line", field);
  label.classList.add("edit-line");
  return label;
}

/** A word to put in beside this one. */
function insertField(/** @type {number} */ word) {
  const field = inputField("fix-new", "", 500);
  const put = (/** @type {1|-1} */ step) => () => {
    const text = field.value.trim();
    attempt(() => (isWordText(text) ? insertWord(word, text, step) : "Write the new word first."));
  };
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    put(1)();
  });
  const row = make("div", "edit-insert", field, editButton("fix-before", "Put in before", put(-1)), editButton("fix-after", "Put in after", put(1)));
  const label = make("label", "", "New word");
  label.setAttribute("for", field.id);
  return make("div", "edit-field edit-line", label, row);
}

/** Who says the line. */
function speakerField(/** @type {number} */ word) {
  const number = utteranceOf(word);
  const { speaker } = utterances[number];
  const names = distinct(utterances.map((utterance) => utterance.speaker)).filter(Boolean);
  const list = make("datalist", "", ...names.map((name) => Object.assign(make("option"), { value: name })));
  list.id = "fix-speakers";
  const field = inputField("fix-speaker", speaker, 200);
  field.setAttribute("list", list.id);
  const all = /** @type {HTMLInputElement} */ (make("input"));
  Object.assign(all, { type: "checkbox", id: "fix-everywhere" });
  field.addEventListener("change", () => correctSpeaker(number, field.value.trim(), all.checked));
  // Ticked after the name was typed: that line is renamed by now, the others are not.
  all.addEventListener("change", () => all.checked && renameRest(speaker, utterances[number].speaker));
  const lines = utterances.filter((utterance) => utterance.speaker === speaker).length;
  const parts = [labelled("Speaker of this line", field), list];
  if (speaker && lines > 1) {
    const label = make("label", "edit-check", all, `rename in all ${lines} lines`);
    parts.push(label);
  }
  const old = justRenamed(number);
  const left = utterances.filter((utterance) => old && utterance.speaker === old).length;
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
  const options = [...EMOTIONS, RAISED].map((/** @type {string} */ name) => [name, spoken(name), swatchOf(name)]);
  const chosen = isUnread(word) ? "" : shownEmotion(word); // nobody chose neutral
  return choices("fix-feeling", "Feeling", options, chosen, (/** @type {string} */ name) => {
    const level = name === "neutral" ? 0 : shown(word).level || DEFAULT_LEVEL;
    correctFeeling(pickedWords(), name, level, `${saidOf(pickedWords())}, ${spoken(name)}`);
  });
}

/** How strong the feeling is. */
function strengthField(/** @type {number} */ word) {
  const { level } = shown(word);
  const options = STRENGTHS.slice(1).map((name, i) => /** @type {[string, string, string]} */ ([String(i + 1), name, ""]));
  const group = choices("fix-strength", "Strength", options, String(level), (/** @type {string} */ value) => {
    const name = shownEmotion(word);
    const isKnown = name === RAISED || EMOTIONS.includes(name);
    if (isKnown) correctFeeling(pickedWords(), name, Number(value), `${saidOf(pickedWords())}, ${STRENGTHS[Number(value)]}`);
  });
  group.toggleAttribute("disabled", level === 0);
  return group;
}

/** What an edit is about: a word by its text, several by their number. */
function saidOf(/** @type {number[]} */ list) {
  return list.length === 1 ? words.text[list[0]] : `${list.length} words`;
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
  const step = (/** @type {number} */ to) => () => editWord(to);
  const [before, after] = [neighbour(word, -1), neighbour(word, 1)];
  if (before >= 0) buttons.push(editButton("fix-previous", "← Word before", step(before)));
  if (after >= 0) buttons.push(editButton("fix-next", "Word after →", step(after)));
  const doubtful = nextDoubtful(word);
  if (doubtful >= 0 && doubtful !== word) buttons.push(editButton("fix-doubtful", "Next doubtful word", step(doubtful)));
  if (isGone(word)) buttons.push(editButton("fix-gone", "Put the word back", () => attempt(() => putBack(word))));
  else buttons.push(...wordButtons(word));
  if (word !== utterances[number].words[0]) buttons.push(editButton("fix-split", "Start a line here", () => splitAt(word)));
  if (number > 0) buttons.push(editButton("fix-join", "Join to the line before", () => joinBefore(word)));
  return make("div", "edit-buttons", ...buttons);
}

/** What can be done with a word that is there. */
function wordButtons(/** @type {number} */ word) {
  const next = saidBeside(word, 1);
  const buttons = [editButton("fix-parts", "Split at the cursor", () => splitHere(word))];
  if (next >= 0 && utteranceOf(next) === utteranceOf(word)) {
    buttons.push(editButton("fix-merge", `Merge with “${words.text[next]}”`, () => attempt(() => mergeWords([word, next]))));
  }
  return [...buttons, selectButton(), editButton("fix-gone", "Remove the word", () => attempt(() => removeWords([word])))];
}

/** Say how many corrections there are, and what was done last. */
function drawFixes(/** @type {string} */ said) {
  const count = countCorrections();
  byId("fixes").hidden = edits.length === 0;
  byId("fixes-count").textContent = `${count} correction${count === 1 ? "" : "s"}${isUnsaved() ? "" : ", saved"}`;
  byId("fixes-said").textContent = said;
  byId("fixes-failed").textContent = "";
  /** @type {HTMLButtonElement} */ (byId("undo")).disabled = nDone === 0;
  /** @type {HTMLButtonElement} */ (byId("redo")).disabled = nDone === edits.length;
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
