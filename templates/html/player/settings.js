// What the viewer may change while it plays; nothing reloads.

const cultureMenu = /** @type {HTMLSelectElement} */ (byId("culture"));
const ageMenu = /** @type {HTMLSelectElement} */ (byId("age"));
const profileMenu = /** @type {HTMLSelectElement} */ (byId("profile"));
const motionMenu = /** @type {HTMLSelectElement} */ (byId("motion"));
const textMenu = /** @type {HTMLSelectElement} */ (byId("text-size"));
const AGES = ["child", "teen", "adult", "senior"];

/** Fill a menu with names; hide it where there is nothing to choose. */
function fillMenu(/** @type {HTMLSelectElement} */ menu, /** @type {string[]} */ names, /** @type {string} */ chosen) {
  for (const name of names) {
    const text = name ? spoken(name).replaceAll("+", " + ") : "none";
    const option = /** @type {HTMLOptionElement} */ (make("option", "", text));
    option.value = name;
    menu.append(option);
  }
  menu.value = chosen;
  /** @type {HTMLElement} */ (menu.parentElement).hidden = names.length < 2;
}

/** Each different value once. */
function distinct(/** @type {string[]} */ names) {
  return [...new Set(names)];
}

/** Change culture, age and profile everywhere. */
function changeLook() {
  wear(cultureMenu.value, ageMenu.value, profileMenu.value);
  [cultureMenu.value, ageMenu.value, profileMenu.value] = [look.culture, look.age, look.profile];
  relabelWords();
  drawLegend();
  drawScore();
  filter();
  fitCaptions();
  drawFeeling(activeWord);
  if (pickedWord >= 0) showPanel(pickedWord);
}

/** Change how much may move. */
function changeMotion(/** @type {string} */ motion) {
  document.documentElement.dataset.motion = motion;
  motionMenu.value = motion;
}

/** Fill and wire the menus. */
function listenToSettings() {
  const known = (/** @type {string} */ age) => (AGES.includes(age) ? AGES.indexOf(age) : AGES.length);
  const ages = distinct(talk.looks.map((/** @type {Look} */ l) => l.age)).sort((a, b) => known(a) - known(b));
  const cultures = distinct(talk.looks.map((/** @type {Look} */ l) => l.culture)).sort();
  fillMenu(cultureMenu, cultures, look.culture);
  fillMenu(ageMenu, ages, look.age);
  fillMenu(profileMenu, distinct(talk.looks.map((/** @type {Look} */ l) => l.profile)), look.profile);
  profileMenu.addEventListener("change", changeLook);
  changeMotion(reducedMotion.matches ? "none" : talk.motion);
  reducedMotion.addEventListener("change", () => changeMotion(reducedMotion.matches ? "none" : talk.motion));
  cultureMenu.addEventListener("change", changeLook);
  ageMenu.addEventListener("change", changeLook);
  motionMenu.addEventListener("change", () => changeMotion(motionMenu.value));
  textMenu.addEventListener("change", () => {
    document.documentElement.style.setProperty("--text-size", textMenu.value);
    fitCaptions();
  });
  byId("settings").addEventListener("submit", (event) => event.preventDefault());
}

/** Wire the dialogs. */
function listenToDialogs() {
  for (const id of ["legend", "help", "export"]) {
    const dialog = /** @type {HTMLDialogElement} */ (byId(id));
    byId(`open-${id}`).addEventListener("click", () => dialog.showModal());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }
  const parts = talk.document.engine.map(
    (/** @type {{role: string, id: string, version: string}} */ part) => `${part.role}: ${part.id} ${part.version}`.trim(),
  );
  byId("engine").textContent = parts.length ? `Made by ${parts.join("; ")}.` : "";
}
