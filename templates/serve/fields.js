// Options as fields of a form: made of the list that the server put into the page.

import { make, spoken } from "./shared.js";

const SAYS_ALL = ["language", "motion"]; // menus that need no line of help
const MOST_CHIPS = 10; // that are shown at once; of more, the first
const FIRST_CHIPS = 6;

/**
 * @typedef {{name: string, title: string, help: string, panel: string, value: string,
 *   kind: "switch"|"one"|"some"|"number"|"text", choices: [string, string, string][],
 *   least: number|null, most: number|null}} Field
 */

/** Add the fields to a place. */
export function addFields(/** @type {HTMLElement} */ place, /** @type {Field[]} */ fields) {
  place.append(...fields.map(makeField));
}

/** Add the fields in their groups, each under its name. */
export function addGroups(/** @type {HTMLElement} */ place, /** @type {Field[]} */ fields) {
  for (const panel of new Set(fields.map((field) => field.panel))) {
    const group = make("div", "options");
    addFields(group, fields.filter((field) => field.panel === panel));
    place.append(make("h3", "", panel), group);
  }
}

/** What differs from what holds anyway, by name. */
export function chosen(/** @type {HTMLFormElement} */ form, /** @type {Field[]} */ fields) {
  const data = new FormData(form);
  /** @type {[string, string][]} */
  const values = fields.map((field) => [field.name, valueOf(field, data)]);
  return values.filter(([, value], i) => value !== fields[i].value);
}

/** The value of a field as it is sent. */
function valueOf(/** @type {Field} */ { name, kind }, /** @type {FormData} */ data) {
  if (kind === "switch") return String(data.has(name));
  if (kind === "some") return data.getAll(name).join(",");
  return String(data.get(name) ?? "").trim();
}

/** The field itself. */
function makeField(/** @type {Field} */ field) {
  if (field.kind === "some") return makeChips(field);
  if (field.kind === "switch") return makeSwitch(field);
  return field.kind === "one" ? makeMenu(field) : makeInput(field);
}

/** A menu, with a line about what is chosen. */
function makeMenu(/** @type {Field} */ field) {
  const menu = /** @type {HTMLSelectElement} */ (make("select"));
  const about = make("span", "about");
  const isTold = field.choices.some(([, , told]) => told);
  menu.name = field.name;
  for (const [value, title] of field.choices) menu.add(new Option(spoken(title), value, value === field.value, value === field.value));
  const describe = () => {
    about.textContent = isTold ? (field.choices[menu.selectedIndex]?.[2] ?? "") : SAYS_ALL.includes(field.name) ? "" : field.help;
  };
  menu.addEventListener("change", describe);
  describe();
  const label = make("label", "field", make("span", "field-name", field.title), make("span", "menu", menu));
  return make("div", "field-place", label, about);
}

/** Boxes to tick, any number of them; of a long list the first, and the rest on demand. */
function makeChips(/** @type {Field} */ field) {
  const ticked = field.value.split(",");
  const chips = field.choices.map(([value, title, about]) => {
    const box = /** @type {HTMLInputElement} */ (make("input"));
    Object.assign(box, { type: "checkbox", name: field.name, value, defaultChecked: ticked.includes(value) });
    const chip = make("label", "chip", box, make("span", "", spoken(title)));
    chip.title = about;
    return chip;
  });
  const row = make("div", "row", ...chips);
  const rest = chips.filter((chip, i) => i >= FIRST_CHIPS && !ticked.includes(field.choices[i][0]));
  if (chips.length > MOST_CHIPS) row.append(moreButton(rest));
  return make("fieldset", "chips", make("legend", "field-name", field.title), row);
}

/** A button that shows what it hides. */
function moreButton(/** @type {HTMLElement[]} */ hidden) {
  const button = make("button", "button chips-more", `${hidden.length} more`);
  button.type = "button";
  for (const chip of hidden) chip.hidden = true;
  button.addEventListener("click", () => {
    for (const chip of hidden) chip.hidden = false;
    hidden[0].querySelector("input")?.focus();
    button.remove();
  });
  return button;
}

/** Something that is so or not. */
function makeSwitch(/** @type {Field} */ field) {
  const box = /** @type {HTMLInputElement} */ (make("input"));
  Object.assign(box, { type: "checkbox", name: field.name, value: "true", defaultChecked: field.value === "true" });
  return make("label", "switch", box, make("span", "", make("span", "switch-name", field.title), make("span", "about", field.help)));
}

/** A number or a text. */
function makeInput(/** @type {Field} */ field) {
  const input = /** @type {HTMLInputElement} */ (make("input"));
  const isNumber = field.kind === "number";
  Object.assign(input, { name: field.name, type: isNumber ? "number" : "text", defaultValue: field.value, autocomplete: "off", spellcheck: false });
  if (isNumber) Object.assign(input, { min: field.least ?? "", max: field.most ?? "", step: "any" });
  else input.maxLength = 500;
  const label = make("label", "field", make("span", "field-name", field.title), input);
  return make("div", "field-place", label, make("span", "about", field.help));
}
