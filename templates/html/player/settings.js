// What the viewer may change while it plays; nothing reloads.

const cultureMenu = /** @type {HTMLSelectElement} */ (byId("culture"));
const ageMenu = /** @type {HTMLSelectElement} */ (byId("age"));
const motionMenu = /** @type {HTMLSelectElement} */ (byId("motion"));
const textMenu = /** @type {HTMLSelectElement} */ (byId("text-size"));
const AGES = ["child", "teen", "adult", "senior"];

/** Fill a menu with names; hide it where there is nothing to choose. */
function fillMenu(/** @type {HTMLSelectElement} */ menu, /** @type {string[]} */ names, /** @type {string} */ chosen) {
  for (const name of names) {
    const option = /** @type {HTMLOptionElement} */ (make("option", "", spoken(name)));
    option.value = name;
    menu.append(option);
  }
  menu.value = chosen;
  /** @type {HTMLElement} */ (menu.parentElement).hidden = names.length < 2;
}

/** Change culture, age and profiles everywhere. */
function changeLook() {
  wear(cultureMenu.value, ageMenu.value, wantedProfiles());
  [cultureMenu.value, ageMenu.value] = [look.culture, look.age];
  tickProfiles();
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
  listenToProfiles();
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
