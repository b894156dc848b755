// Profiles of the viewer: boxes to tick, as many as there are looks for together.

/** The profiles of a look. */
function profilesOf(/** @type {Look} */ { profile }) {
  return profile.split("+").filter(Boolean);
}

/** Whether no look wears both of two profiles: palettes take each other's place. */
function excludes(/** @type {string} */ one, /** @type {string} */ other) {
  return one !== other && !talk.looks.some((/** @type {Look} */ l) => profilesOf(l).includes(one) && profilesOf(l).includes(other));
}

/** Those that only some looks wear: what can be switched; those that go with all others come first. */
const switchable = distinct(talk.looks.flatMap(profilesOf))
  .filter((name) => !talk.looks.every((/** @type {Look} */ l) => profilesOf(l).includes(name)))
  .sort((one, other) => nExcluded(one) - nExcluded(other));

/** How many profiles cannot be worn beside one. */
function nExcluded(/** @type {string} */ name) {
  return distinct(talk.looks.flatMap(profilesOf)).filter((other) => excludes(name, other)).length;
}

/** The box of a profile. */
function profileBox(/** @type {string} */ name) {
  return /** @type {HTMLInputElement} */ (byId(`profile-${name}`));
}

/** The profiles that are ticked. */
function wantedProfiles() {
  return switchable.filter((name) => profileBox(name).checked);
}

/** Tick what the present look wears, and name it. */
function tickProfiles() {
  const worn = profilesOf(look);
  for (const name of switchable) profileBox(name).checked = worn.includes(name);
  byId("profile-names").textContent = worn.map(spoken).join(" + ") || "none";
}

/** Make the boxes; one that is ticked takes away those that it excludes. */
function listenToProfiles() {
  const menu = /** @type {HTMLDetailsElement} */ (byId("profiles"));
  menu.hidden = !switchable.length;
  for (const name of switchable) {
    const box = /** @type {HTMLInputElement} */ (make("input"));
    Object.assign(box, { type: "checkbox", id: `profile-${name}` });
    box.addEventListener("change", () => {
      for (const other of switchable) if (box.checked && excludes(name, other)) profileBox(other).checked = false;
      changeLook();
    });
    byId("profile-list").append(make("label", "edit-check", box, spoken(name)));
  }
  tickProfiles();
  document.addEventListener("pointerdown", ({ target }) => menu.contains(/** @type {Node} */ (target)) || (menu.open = false));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    /** @type {HTMLElement} */ (menu.firstElementChild).focus();
    event.stopPropagation();
  });
}
